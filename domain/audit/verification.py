"""Verification of the audit chain: rows changed, removed, moved or inserted, with their position."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from domain.audit import rules, store
from domain.audit.facts import (
    CHAIN_START,
    ChainEntry,
    ChainFault,
    ChainFinding,
    ChainHead,
    ChainLink,
    ChainPosition,
    Seal,
)
from domain.ports import Db

VerifySignature = Callable[[bytes, bytes], bool]
"""Checks a signature of bytes against the public key of the chain."""

_SEALS_PER_READ: Final = 20
"""Seals loaded per query."""


@dataclass(slots=True)
class VerificationState:
    """Progress of a verification: last seal number, head, position and count of checked rows.

    `expected_head` is the head computed for the last seal: if the stored one differs, the next seal may follow from
    either. `unsealed` counts the rows waiting for the next seal.
    """

    number: int = 0
    head: bytes = rules.GENESIS_HEAD
    expected_head: bytes = rules.GENESIS_HEAD
    position: ChainPosition = CHAIN_START
    rows: int = 0
    unsealed: int = 0


async def verify_chain(
    db: Db, state: VerificationState, verify_signature: VerifySignature, trusted_head: ChainHead | None = None
) -> AsyncIterator[ChainFinding]:
    """All faults of the chain, in its order; `state` holds the progress.

    Args:
        db: a transaction with access to all rows.
        state: the starting point; a new one begins at the start of the chain.
        verify_signature: True for a signature of the key.
        trusted_head: a head stored elsewhere, against which a truncated or rewritten chain is detected.
    """
    while seals := await store.load_seals(db, state.number, _SEALS_PER_READ):
        for seal in seals:
            for finding in _check_seal(state, seal, verify_signature):
                yield finding
            for finding in _check_trusted_head(seal, trusted_head):
                yield finding
            made = rules.seal_head(state.head, seal.number, seal.at, seal.rows)
            async for finding in _check_sealed_rows(db, state, seal):
                yield finding
            state.number, state.head, state.expected_head = seal.number, seal.head, made
    if trusted_head is not None and (
        trusted_head.number > state.number
        or not verify_signature(_head_statement(trusted_head), trusted_head.signature)
    ):
        yield ChainFinding(ChainFault.HEAD, trusted_head.number)
    state.unsealed = await store.count_unsealed_rows(db, state.position)


def _check_seal(state: VerificationState, seal: Seal, verify_signature: VerifySignature) -> Iterator[ChainFinding]:
    for number in range(state.number + 1, min(seal.number, state.number + 1 + _SEALS_PER_READ)):
        yield ChainFinding(ChainFault.SEAL_REMOVED, number)
    if rules.seal_head(state.expected_head, seal.number, seal.at, seal.rows) == seal.head:
        state.head = state.expected_head
    elif (
        seal.number == state.number + 1 and rules.seal_head(state.head, seal.number, seal.at, seal.rows) != seal.head
    ):
        yield ChainFinding(ChainFault.SEAL_CHANGED, seal.number)
    if not verify_signature(rules.seal_statement(seal.number, seal.head), seal.signature):
        yield ChainFinding(ChainFault.SIGNATURE, seal.number)


def _check_trusted_head(seal: Seal, trusted_head: ChainHead | None) -> Iterator[ChainFinding]:
    if trusted_head is not None and trusted_head.number == seal.number and trusted_head.head != seal.head:
        yield ChainFinding(ChainFault.HEAD, seal.number)


async def _check_sealed_rows(db: Db, state: VerificationState, seal: Seal) -> AsyncIterator[ChainFinding]:
    try:
        sealed = rules.unpack_links(seal.rows)
    except ValueError:
        return  # the head has told already that the seal was changed
    ends = [each.position for each in sealed]
    if not ends or ends[0] <= state.position or any(first >= second for first, second in pairwise(ends)):
        yield ChainFinding(ChainFault.SEAL_CHANGED, seal.number)
        return
    # A seal that is gone leaves its rows before the first of the next, and these are not to be called inserted.
    gap = seal.number != state.number + 1
    entries = {each.position: each for each in await store.load_entries_through(db, state.position, ends[-1])}
    for finding in _compare_entries(state.head, sealed, entries, seal.number, ends[0] if gap else CHAIN_START):
        yield finding
    state.position, state.rows = ends[-1], state.rows + len(sealed)


def _compare_entries(
    before: bytes,
    sealed: Sequence[ChainLink],
    entries: Mapping[ChainPosition, ChainEntry],
    number: int,
    first_checked: ChainPosition,
) -> Iterator[ChainFinding]:
    for place, each in enumerate(sealed):
        entry = entries.get(each.position)
        if entry is None:
            yield ChainFinding(ChainFault.REMOVED, number, each.position)
        elif rules.link_digest(before, entry.canonical) != each.digest and not (
            place == 0 and first_checked != CHAIN_START
        ):
            yield ChainFinding(ChainFault.CHANGED, number, each.position)
        before = each.digest
    sealed_marks = {each.position for each in sealed}
    for mark in sorted(entries.keys() - sealed_marks):
        if mark >= first_checked:
            yield ChainFinding(ChainFault.INSERTED, number, mark)


def _head_statement(head: ChainHead) -> bytes:
    return rules.seal_statement(head.number, head.head)
