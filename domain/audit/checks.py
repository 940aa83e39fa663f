"""Looking over the chain: what was changed, removed, put elsewhere or added, and where."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from domain.audit import rules, store
from domain.audit.facts import START, Entry, Fault, Finding, Head, Mark, Seal, Sealed
from domain.ports import Db

Holds = Callable[[bytes, bytes], bool]
"""Whether a signature is that of bytes, by the key of the chain."""

_AT_ONCE: Final = 20
"""How many seals are read at once."""


@dataclass(slots=True)
class Walk:
    """How far a walk along the chain has come: its last number, head and mark, and how many rows it passed.

    `made` is the head that the last seal should have: where it has another, the next may follow from either.
    `unsealed` are the rows that wait for the next seal.
    """

    number: int = 0
    head: bytes = rules.GENESIS
    made: bytes = rules.GENESIS
    mark: Mark = START
    rows: int = 0
    unsealed: int = 0


async def findings(db: Db, walk: Walk, holds: Holds, kept: Head | None = None) -> AsyncIterator[Finding]:
    """All that is wrong with the chain, in its order; `walk` tells how far it came.

    Args:
        db: a transaction that sees all rows.
        walk: from where; a new one begins at the start.
        holds: tells whether a signature is the key's.
        kept: a head that was kept elsewhere, by which a chain that was cut off or written anew is found.
    """
    while seals := await store.seals(db, walk.number, _AT_ONCE):
        for seal in seals:
            for finding in _of_seal(walk, seal, holds):
                yield finding
            for finding in _of_kept(seal, kept):
                yield finding
            made = rules.head(walk.head, seal.number, seal.at, seal.rows)
            async for finding in _of_rows(db, walk, seal):
                yield finding
            walk.number, walk.head, walk.made = seal.number, seal.head, made
    if kept is not None and (kept.number > walk.number or not holds(_told(kept), kept.signature)):
        yield Finding(Fault.HEAD, kept.number)
    walk.unsealed = await store.waiting(db, walk.mark)


def _of_seal(walk: Walk, seal: Seal, holds: Holds) -> Iterator[Finding]:
    for number in range(walk.number + 1, min(seal.number, walk.number + 1 + _AT_ONCE)):
        yield Finding(Fault.SEAL_REMOVED, number)
    if rules.head(walk.made, seal.number, seal.at, seal.rows) == seal.head:
        walk.head = walk.made
    elif seal.number == walk.number + 1 and rules.head(walk.head, seal.number, seal.at, seal.rows) != seal.head:
        yield Finding(Fault.SEAL_CHANGED, seal.number)
    if not holds(rules.statement(seal.number, seal.head), seal.signature):
        yield Finding(Fault.SIGNATURE, seal.number)


def _of_kept(seal: Seal, kept: Head | None) -> Iterator[Finding]:
    if kept is not None and kept.number == seal.number and kept.head != seal.head:
        yield Finding(Fault.HEAD, seal.number)


async def _of_rows(db: Db, walk: Walk, seal: Seal) -> AsyncIterator[Finding]:
    try:
        sealed = rules.unpacked(seal.rows)
    except ValueError:
        return  # the head has told already that the seal was changed
    ends = [each.mark for each in sealed]
    if not ends or ends[0] <= walk.mark or any(first >= second for first, second in pairwise(ends)):
        yield Finding(Fault.SEAL_CHANGED, seal.number)
        return
    # A seal that is gone leaves its rows before the first of the next, and these are not to be called inserted.
    gap = seal.number != walk.number + 1
    entries = {each.mark: each for each in await store.through(db, walk.mark, ends[-1])}
    for finding in _compared(walk.head, sealed, entries, seal.number, ends[0] if gap else START):
        yield finding
    walk.mark, walk.rows = ends[-1], walk.rows + len(sealed)


def _compared(
    before: bytes, sealed: Sequence[Sealed], entries: Mapping[Mark, Entry], number: int, known: Mark
) -> Iterator[Finding]:
    for place, each in enumerate(sealed):
        entry = entries.get(each.mark)
        if entry is None:
            yield Finding(Fault.REMOVED, number, each.mark)
        elif rules.link(before, entry.canonical) != each.link and not (place == 0 and known != START):
            yield Finding(Fault.CHANGED, number, each.mark)
        before = each.link
    sealed_marks = {each.mark for each in sealed}
    for mark in sorted(entries.keys() - sealed_marks):
        if mark >= known:
            yield Finding(Fault.INSERTED, number, mark)


def _told(kept: Head) -> bytes:
    return rules.statement(kept.number, kept.head)
