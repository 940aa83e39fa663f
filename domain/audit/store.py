"""Queries for sealing and verifying the audit chain."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from domain.audit import rules
from domain.audit.facts import CHAIN_START, ChainEntry, ChainPosition, ChainTable, Seal
from domain.audit.tables import AccessEntryRow, AuditEntryRow, AuditSealRow
from domain.event.store import OLDEST_OPEN_TRANSACTION
from domain.ports import Db

_SEALER_LOCK: Final = 0x6175646974  # "audit"
_NO_LIMIT: Final = 2**31 - 1
_MAX_NUMBER: Final = 2**63 - 1

_ACCESS_COLUMNS: Final = (
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
_AUDIT_COLUMNS: Final = (
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


_AFTER_POSITION: Final = sa.tuple_(
    sa.bindparam("xid", type_=sa.BigInteger), sa.bindparam("number", type_=sa.BigInteger)
)


_LAST_POSITION: Final = sa.tuple_(
    sa.bindparam("last_xid", type_=sa.BigInteger), sa.bindparam("last_number", type_=sa.BigInteger)
)


def _select_between(xid: Any, number: Any, columns: Sequence[Any]) -> Any:
    return (
        sa.select(xid, number, *columns)
        .where(sa.tuple_(xid, number) > _AFTER_POSITION, sa.tuple_(xid, number) <= _LAST_POSITION)
        .order_by(xid, number)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


_SELECT_ENTRIES: Final[Mapping[ChainTable, Any]] = {
    ChainTable.ACCESS: _select_between(col(AccessEntryRow.xid), col(AccessEntryRow.id), _ACCESS_COLUMNS),
    ChainTable.AUDIT: _select_between(col(AuditEntryRow.xid), col(AuditEntryRow.id), _AUDIT_COLUMNS),
}
_COUNT_UNSEALED: Final[Mapping[ChainTable, Any]] = {
    ChainTable.ACCESS: sa.select(sa.func.count()).where(
        sa.tuple_(col(AccessEntryRow.xid), col(AccessEntryRow.id)) > _AFTER_POSITION
    ),
    ChainTable.AUDIT: sa.select(sa.func.count()).where(
        sa.tuple_(col(AuditEntryRow.xid), col(AuditEntryRow.id)) > _AFTER_POSITION
    ),
}
_SELECT_SEAL: Final = sa.select(
    col(AuditSealRow.number),
    col(AuditSealRow.at),
    col(AuditSealRow.rows),
    col(AuditSealRow.head),
    col(AuditSealRow.signature),
)
_SELECT_SEALS: Final = (
    _SELECT_SEAL.where(col(AuditSealRow.number) > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(col(AuditSealRow.number))
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_SELECT_LAST_SEAL: Final = _SELECT_SEAL.order_by(col(AuditSealRow.number).desc()).limit(1)


async def try_lock_sealer(db: Db) -> bool:
    """Try to lock the sealing until the transaction ends; True on success."""
    ((got,),) = await db.fetch_all(sa.select(sa.func.pg_try_advisory_xact_lock(_SEALER_LOCK)))
    return bool(got)


async def load_last_seal(db: Db) -> Seal | None:
    """The last seal, or None."""
    found = await db.fetch_one(_SELECT_LAST_SEAL)
    return None if found is None else Seal(*found)


async def load_seals(db: Db, after: int, limit: int) -> Sequence[Seal]:
    """The seals after a number, at most `limit`."""
    return [Seal(*found) for found in await db.fetch_all(_SELECT_SEALS, {"after": after, "most": limit})]


async def load_oldest_open_transaction(db: Db) -> int:
    """The oldest open transaction: every transaction with a lower number has ended."""
    ((number,),) = await db.fetch_all(sa.select(OLDEST_OPEN_TRANSACTION))
    return number


async def count_unsealed_rows(db: Db, after: ChainPosition) -> int:
    """The number of rows after a chain position."""
    counts = [await db.fetch_one(_COUNT_UNSEALED[source], _beyond_position(source, after)) for source in ChainTable]
    return sum(count[0] for count in counts if count)


async def load_unsealed_entries(db: Db, after: ChainPosition, below: int, limit: int) -> list[ChainEntry]:
    """Unsealed entries of both tables after a position, in chain order.

    Only transactions with numbers under `below` are read, at most `limit` rows of each table. If a table has more,
    rows of the other after its last one are left out.
    """
    until = ChainPosition(below - 1, ChainTable.AUDIT, _MAX_NUMBER)
    found = {source: await _load_table_entries(db, source, after, until, limit) for source in ChainTable}
    ends = [listed[-1].position for listed in found.values() if len(listed) >= limit]
    end = min(ends, default=None)
    both = [each for listed in found.values() for each in listed if end is None or each.position <= end]
    return sorted(both, key=lambda entry: entry.position)


async def load_entries_through(db: Db, after: ChainPosition, last: ChainPosition) -> list[ChainEntry]:
    """All entries after one position, up to and including another."""
    found = [each for source in ChainTable for each in await _load_table_entries(db, source, after, last, _NO_LIMIT)]
    return sorted(found, key=lambda entry: entry.position)


async def _load_table_entries(
    db: Db, table: ChainTable, after: ChainPosition, end: ChainPosition, limit: int
) -> list[ChainEntry]:
    last = _beyond_position(table, end)
    values = {**_beyond_position(table, after), "last_xid": last["xid"], "last_number": last["number"], "most": limit}
    found = await db.fetch_all(_SELECT_ENTRIES[table], values)
    return [_build_chain_entry(ChainPosition(xid, table, number), columns) for xid, number, *columns in found]


def _build_chain_entry(position: ChainPosition, columns: Sequence[Any]) -> ChainEntry:
    return ChainEntry(position, rules.canonical_bytes(position, columns))


def _beyond_position(table: ChainTable, after: ChainPosition) -> dict[str, int]:
    """Transaction and number of a position, adapted for comparison with the rows of a table."""
    number = after.number
    if table != after.table:
        number = -1 if table > after.table else _MAX_NUMBER
    return {"xid": after.xid, "number": number}


def seal_end_position(seal: Seal | None) -> ChainPosition:
    """The position of the last row in a seal; the chain's start without one."""
    return CHAIN_START if seal is None else rules.unpack_links(seal.rows[-rules.SEALED_ROW_BYTES :])[-1].position
