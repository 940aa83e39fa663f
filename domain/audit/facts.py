"""Who was shown whose records, and the seals over all that was written down."""

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
    """The two tables that the chain seals, in the order of rows of one transaction."""

    ACCESS = "access_entry"
    """Answers that showed others' records."""
    AUDIT = "audit_entry"
    """What was done."""


@dataclass(slots=True)
class ViewedPeople:
    """Whose risk and whose record one answer shows, by the numbers of persons; it grows while the answer is made."""

    risk: set[int] = field(default_factory=set)
    record: set[int] = field(default_factory=set)

    def add(self, looked: ViewKind, persons: Iterable[int]) -> None:
        """Some of a kind were shown."""
        (self.risk if looked is ViewKind.RISK else self.record).update(persons)

    def others(self, person_id: int | None, audited_person_ids: AbstractSet[int] = frozenset()) -> "ViewedOthers":
        """All but the person who looked, and those whose record they changed: the trail names these already."""
        mine = {person_id}
        return ViewedOthers(tuple(sorted(self.risk - mine)), tuple(sorted(self.record - mine - audited_person_ids)))


@dataclass(frozen=True, slots=True)
class ViewedOthers:
    """Whose risk and whose record somebody was shown: distinct, ascending, themselves left out."""

    risk: tuple[int, ...]
    record: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.risk or self.record)


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One answer that showed others' records: who asked, in which role, for whom and by which document.

    `origin` is the id of the request and the address that it came from; `sha256` that of the document's text.
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
    """Where a row stands in the chain: the transaction that wrote it, its table, its number.

    Numbers alone are no order to seal in: of two transactions the one with the lower number may commit last.
    """

    xid: int
    table: ChainTable
    number: int


CHAIN_START: Final = ChainPosition(0, ChainTable.ACCESS, 0)
"""Before all rows."""


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One row that is to be sealed: where it stands, and its canonical bytes."""

    position: ChainPosition
    canonical: bytes


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One row that is sealed: where it stands, and the link of the chain that was made of it."""

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
    """Something wrong: what, and in which seal; the row where it is one."""

    fault: ChainFault
    seal: int
    position: ChainPosition | None = None
