"""Every single change of the text that chooses rows, and of cursors, breaks a property told in plain Python."""

from collections.abc import Mapping
from random import Random

import asyncpg
import pytest

from domain.actor import SYSTEM_ACTOR
from resolvers.planner import cursors, row_query
from tests.corpus import exact_texts, forged_cursors, row_oracle, row_properties, source_faults
from tests.corpus.comparison_worlds import ComparisonWorld

ROWS, CURSORS = row_query.__name__, cursors.__name__
TEXT_CHECKS = {ROWS: exact_texts.check_row_query_texts, CURSORS: exact_texts.check_cursor_texts}
EQUIVALENT_CHANGES: Mapping[str, str] = {
    "condition → True in `filter_.second_fragment.render_sql(above": "the build gives every filter UNDER its path",
}
"""Changes that change nothing that can be asked for, by how their descriptions begin, and why."""
FAULT_ERRORS = (
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
    exact_texts.check_row_query_texts(row_query)
    exact_texts.check_cursor_texts(cursors)


@pytest.mark.long
@pytest.mark.parametrize("module", [ROWS, CURSORS])
async def test_every_change_is_noticed(small: ComparisonWorld, module: str) -> None:
    kept = await row_oracle.load_all_rows(small)
    assert not await _is_fault_noticed(small, kept, module, source_faults.read_source(module))
    noticed, alike, missed = 0, 0, []
    for mutant in source_faults.generate_mutants(module):
        reason = next(
            (why for start, why in EQUIVALENT_CHANGES.items() if mutant.description.startswith(start)), None
        )
        if reason is not None:
            alike += 1
            print(f"  left out, since {reason}: line {mutant.line}, {mutant.description}")
        elif await _is_fault_noticed(small, kept, module, mutant.text):
            noticed += 1
        else:
            missed.append(mutant.description)
            print(f"  MISSED: line {mutant.line}, {mutant.description}")
    print(f"{module}: {noticed} of {noticed + len(missed)} changes noticed, {alike} left out")
    assert not missed


async def _is_fault_noticed(small: ComparisonWorld, kept: row_oracle.Rows, module: str, text: str) -> bool:
    try:
        planner, whole = (
            source_faults.load_faulty_modules(module, text),
            source_faults.load_faulty_modules(module, text, source_faults.EXECUTOR_MODULES),
        )
        TEXT_CHECKS[module](planner[module])
        for world in (small.replace_planner(planner), small.replace_reference(whole)):
            await forged_cursors.check_forged_cursors(world, row_oracle.RowOracle(world, SYSTEM_ACTOR, kept))
            for actor in small.actors:
                await row_properties.check_all_properties(world, row_oracle.RowOracle(world, actor, kept), Random(1))
    except FAULT_ERRORS:
        return True
    return False
