"""What sealing and looking over the chain read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from domain.audit import rules
from domain.audit.facts import START, Entry, Mark, Seal, Source
from domain.audit.tables import AccessEntryRow, AuditSealRow
from domain.event.store import OLDEST_OPEN
from domain.journal.tables import AuditEntryRow
from domain.ports import Db

_ONE_SEALER: Final = 0x6175646974  # "audit"
_ALL: Final = 2**31 - 1
_LAST: Final = 2**63 - 1

_ACCESS: Final = (
    col(AccessEntryRow.at),
    col(AccessEntryRow.principal),
    col(AccessEntryRow.actor_id),
    col(AccessEntryRow.role),
    col(AccessEntryRow.risk),
    col(AccessEntryRow.record),
    col(AccessEntryRow.operation),
    col(AccessEntryRow.sha256),
    col(AccessEntryRow.origin),
)
_AUDIT: Final = (
    col(AuditEntryRow.at),
    col(AuditEntryRow.principal),
    col(AuditEntryRow.actor_id),
    col(AuditEntryRow.action),
    col(AuditEntryRow.subject),
    col(AuditEntryRow.subject_id),
    col(AuditEntryRow.person_id),
    col(AuditEntryRow.unit_path),
    col(AuditEntryRow.reason),
    sa.cast(col(AuditEntryRow.details), sa.Text),
    col(AuditEntryRow.origin),
)


_AFTER: Final = sa.tuple_(sa.bindparam("xid", type_=sa.BigInteger), sa.bindparam("number", type_=sa.BigInteger))


_UNTIL: Final = sa.tuple_(
    sa.bindparam("last_xid", type_=sa.BigInteger), sa.bindparam("last_number", type_=sa.BigInteger)
)


def _between(xid: Any, number: Any, columns: Sequence[Any]) -> Any:
    return (
        sa.select(xid, number, *columns)
        .where(sa.tuple_(xid, number) > _AFTER, sa.tuple_(xid, number) <= _UNTIL)
        .order_by(xid, number)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


_ENTRIES: Final[Mapping[Source, Any]] = {
    Source.ACCESS: _between(col(AccessEntryRow.xid), col(AccessEntryRow.id), _ACCESS),
    Source.AUDIT: _between(col(AuditEntryRow.xid), col(AuditEntryRow.id), _AUDIT),
}
_WAITING: Final[Mapping[Source, Any]] = {
    Source.ACCESS: sa.select(sa.func.count()).where(
        sa.tuple_(col(AccessEntryRow.xid), col(AccessEntryRow.id)) > _AFTER
    ),
    Source.AUDIT: sa.select(sa.func.count()).where(sa.tuple_(col(AuditEntryRow.xid), col(AuditEntryRow.id)) > _AFTER),
}
_SEAL: Final = sa.select(
    col(AuditSealRow.number),
    col(AuditSealRow.at),
    col(AuditSealRow.rows),
    col(AuditSealRow.head),
    col(AuditSealRow.signature),
)
_SEALS: Final = (
    _SEAL.where(col(AuditSealRow.number) > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(col(AuditSealRow.number))
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_LAST_SEAL: Final = _SEAL.order_by(col(AuditSealRow.number).desc()).limit(1)


async def alone(db: Db) -> bool:
    """Whether this is the one sealer; if so, until the transaction ends."""
    ((got,),) = await db.fetch(sa.select(sa.func.pg_try_advisory_xact_lock(_ONE_SEALER)))
    return bool(got)


async def last(db: Db) -> Seal | None:
    """The last seal."""
    found = await db.first(_LAST_SEAL)
    return None if found is None else Seal(*found)


async def seals(db: Db, after: int, most: int) -> Sequence[Seal]:
    """The seals after a number, at most so many."""
    return [Seal(*found) for found in await db.fetch(_SEALS, {"after": after, "most": most})]


async def oldest_open(db: Db) -> int:
    """The number below which every transaction has ended."""
    ((number,),) = await db.fetch(sa.select(OLDEST_OPEN))
    return number


async def waiting(db: Db, after: Mark) -> int:
    """How many rows there are beyond a mark."""
    counts = [await db.first(_WAITING[source], _beyond(source, after)) for source in Source]
    return sum(count[0] for count in counts if count)


async def entries(db: Db, after: Mark, below: int, most: int) -> list[Entry]:
    """The entries of both tables after a mark, of transactions below a number, in the order of the chain.

    At most `most` of each table, and none beyond the last of a table of which there may be more.
    """
    until = Mark(below - 1, Source.AUDIT, _LAST)
    found = {source: await _entries(db, source, after, until, most) for source in Source}
    ends = [listed[-1].mark for listed in found.values() if len(listed) >= most]
    end = min(ends, default=None)
    both = [each for listed in found.values() for each in listed if end is None or each.mark <= end]
    return sorted(both, key=lambda entry: entry.mark)


async def through(db: Db, after: Mark, until: Mark) -> list[Entry]:
    """All entries after a mark, up to and with another."""
    found = [each for source in Source for each in await _entries(db, source, after, until, _ALL)]
    return sorted(found, key=lambda entry: entry.mark)


async def _entries(db: Db, source: Source, after: Mark, until: Mark, most: int) -> list[Entry]:
    last = _beyond(source, until)
    values = {**_beyond(source, after), "last_xid": last["xid"], "last_number": last["number"], "most": most}
    found = await db.fetch(_ENTRIES[source], values)
    return [_entry(Mark(xid, source, number), columns) for xid, number, *columns in found]


def _entry(mark: Mark, columns: Sequence[Any]) -> Entry:
    return Entry(mark, rules.canonical(mark, columns))


def _beyond(source: Source, after: Mark) -> dict[str, int]:
    """The transaction and number beyond which the rows of a table come after a mark."""
    number = after.number
    if source != after.source:
        number = -1 if source > after.source else _LAST
    return {"xid": after.xid, "number": number}


def end(seal: Seal | None) -> Mark:
    """Where a seal ends."""
    return START if seal is None else rules.unpacked(seal.rows[-rules.WIDTH :])[-1].mark
