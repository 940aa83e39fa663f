"""Every single change of the text that chooses rows, and of cursors, breaks a property told in plain Python."""

from collections.abc import Mapping
from random import Random

import asyncpg
import pytest

from domain.actor import SYSTEM
from resolvers.planner import cursors, rows
from tests.corpus import faults, forged, meaning, plain, written
from tests.corpus.worlds import World

ROWS, CURSORS = rows.__name__, cursors.__name__
WRITTEN = {ROWS: written.rows, CURSORS: written.cursors}
ALIKE: Mapping[str, str] = {
    "condition → True in `filter_.last.text(above": "the build gives every filter UNDER its path",
}
"""Changes that change nothing that can be asked for, by how their descriptions begin, and why."""
SEEN = (
    AssertionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NameError,
    TypeError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
"""How a fault shows: a property that does not hold, or a statement or a cursor that cannot be written."""


def test_what_is_written_is_so_to_the_letter() -> None:
    written.rows(rows)
    written.cursors(cursors)


@pytest.mark.long
@pytest.mark.parametrize("module", [ROWS, CURSORS])
async def test_every_change_is_noticed(small: World, module: str) -> None:
    kept = await plain.load(small)
    assert not await _noticed(small, kept, module, faults.source(module))
    noticed, alike, missed = 0, 0, []
    for mutant in faults.mutants(module):
        reason = next((why for start, why in ALIKE.items() if mutant.what.startswith(start)), None)
        if reason is not None:
            alike += 1
            print(f"  left out, since {reason}: line {mutant.line}, {mutant.what}")
        elif await _noticed(small, kept, module, mutant.text):
            noticed += 1
        else:
            missed.append(mutant.what)
            print(f"  MISSED: line {mutant.line}, {mutant.what}")
    print(f"{module}: {noticed} of {noticed + len(missed)} changes noticed, {alike} left out")
    assert not missed


async def _noticed(small: World, kept: plain.Rows, module: str, text: str) -> bool:
    try:
        planner, whole = faults.planted(module, text), faults.planted(module, text, faults.WHOLE)
        WRITTEN[module](planner[module])
        for world in (small.answered_by(planner), small.referred_to(whole)):
            await forged.refused(world, plain.Plain(world, SYSTEM, kept))
            for actor in small.actors:
                await meaning.everything(world, plain.Plain(world, actor, kept), Random(1))
    except SEEN:
        return True
    return False
