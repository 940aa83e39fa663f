"""Facts of the audit: views of records, and the seals over both tables."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.actor import Role


class ViewKind(StrEnum):
    """Kind of personal data shown in a response."""

    RISK = "RISK"
    """Risk score, or its reasons (risiko)."""
    RECORD = "RECORD"
    """Plans, evaluations, monitoring or training (riwayat kinerja)."""


class ChainTable(StrEnum):
    """The two sealed tables, in the order of rows of one transaction."""

    ACCESS = "access_entry"
    """Answers that showed others' records."""
    AUDIT = "audit_entry"
    """What was done."""


@dataclass(slots=True)
class ViewedPeople:
    """People with risk or record in one answer; it grows with the answer."""

    risk: set[int] = field(default_factory=set)
    record: set[int] = field(default_factory=set)

    def add(self, looked: ViewKind, persons: Iterable[int]) -> None:
        """Some of a kind were shown."""
        (self.risk if looked is ViewKind.RISK else self.record).update(persons)

    def others(self, person_id: int | None, audited_person_ids: AbstractSet[int] = frozenset()) -> "ViewedOthers":
        """All but the viewer, and the people changed by them: the trail names these already."""
        mine = {person_id}
        return ViewedOthers(tuple(sorted(self.risk - mine)), tuple(sorted(self.record - mine - audited_person_ids)))


@dataclass(frozen=True, slots=True)
class ViewedOthers:
    """People with risk or record shown to somebody: distinct, ascending, without themselves."""

    risk: tuple[int, ...]
    record: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.risk or self.record)


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """An answer with others' records: viewer, role, people and document.

    `origin` is the id and the address of the request; `sha256` that of the document's text.
    """

    at: datetime
    principal: str
    actor_id: int | None
    role: Role
    others: ViewedOthers
    operation: str | None
    sha256: str
    origin: str


@dataclass(frozen=True, slots=True, order=True)
class ChainPosition:
    """Position of a row in the chain: its transaction, table and number.

    Numbers alone are no order to seal in: of two transactions the one with the lower number may commit last.
    """

    xid: int
    table: ChainTable
    number: int


CHAIN_START: Final = ChainPosition(0, ChainTable.ACCESS, 0)
"""Before all rows."""


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One row to be sealed: its position and canonical bytes."""

    position: ChainPosition
    canonical: bytes


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One sealed row: its position, and its link of the chain."""

    position: ChainPosition
    digest: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """A stretch of the chain: rows in their order, then a head over all before it, and a signature over the head."""

    number: int
    at: datetime
    rows: bytes
    head: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The end of a chain, to be kept elsewhere: number and head of the last seal, signed."""

    number: int
    head: bytes
    signature: bytes


class ChainFault(StrEnum):
    """What is wrong at a place of the chain."""

    CHANGED = "CHANGED"
    """The row is not the one that was sealed."""
    REMOVED = "REMOVED"
    """The row that was sealed is gone."""
    INSERTED = "INSERTED"
    """The row was never sealed, and stands where all rows are."""
    SEAL_CHANGED = "SEAL_CHANGED"
    """The seal does not follow from its rows and the seal before it."""
    SEAL_REMOVED = "SEAL_REMOVED"
    """The seal is gone."""
    SIGNATURE = "SIGNATURE"
    """The seal was not signed by the key."""
    HEAD = "HEAD"
    """The chain does not hold the head that was kept elsewhere: it was cut off or written anew."""


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """A finding: fault and seal; the row, if it is one."""

    fault: ChainFault
    seal: int
    position: ChainPosition | None = None
