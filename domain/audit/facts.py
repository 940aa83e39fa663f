"""Facts of the audit chain: views of records, and the seals over both tables."""

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
    """People with risk scores or records in one response, collected while it is built."""

    risk: set[int] = field(default_factory=set)
    record: set[int] = field(default_factory=set)

    def add(self, looked: ViewKind, persons: Iterable[int]) -> None:
        """Add people shown with a kind of data."""
        (self.risk if looked is ViewKind.RISK else self.record).update(persons)

    def others(self, person_id: int | None, audited_person_ids: AbstractSet[int] = frozenset()) -> "ViewedOthers":
        """The people shown, except the viewer and the people already named by the audit trail."""
        mine = {person_id}
        return ViewedOthers(tuple(sorted(self.risk - mine)), tuple(sorted(self.record - mine - audited_person_ids)))


@dataclass(frozen=True, slots=True)
class ViewedOthers:
    """Other people with risk scores or records shown to a viewer.

    Each list is distinct, ascending and without the viewer.
    """

    risk: tuple[int, ...]
    record: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.risk or self.record)


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """An access log entry: a response with other people's records, and its viewer.

    `origin` is the id and the address of the request; `sha256` is the hash of the document's text.
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

    Numbers alone give no order for sealing: of two transactions the one with the lower number may commit last.
    """

    xid: int
    table: ChainTable
    number: int


CHAIN_START: Final = ChainPosition(0, ChainTable.ACCESS, 0)
"""The position before all rows."""


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """A row to be sealed: its position and canonical bytes."""

    position: ChainPosition
    canonical: bytes


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A sealed row: its position, and its link of the hash chain."""

    position: ChainPosition
    digest: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal: packed rows in chain order, a head and a signature.

    The head is a hash over all rows so far; the signature signs the head.
    """

    number: int
    at: datetime
    rows: bytes
    head: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class ChainHead:
    """A trusted head, for storage elsewhere: number, head and signature of the last seal."""

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
    """A finding of the verification: fault and seal, and the position of a faulty row."""

    fault: ChainFault
    seal: int
    position: ChainPosition | None = None
