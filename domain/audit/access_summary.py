"""Access summary per viewer, person and day, from the access log and the audit trail.

A person named by the audit trail is not repeated in the access log, so both are read.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.audit.facts import ChainPosition, ChainTable, ViewKind
from domain.audit.tables import AccessEntryRow, AccessSummaryRow, AuditEntryRow
from domain.people.tables import PersonRow
from domain.ports import Db

_ACTOR_PERSON = aliased(PersonRow, name="actor")


def _position_binds(xid: str, number: str) -> sa.Tuple:
    return sa.tuple_(sa.bindparam(xid, type_=sa.BigInteger), sa.bindparam(number, type_=sa.BigInteger))


def _in_stretch(xid: Any, number: Any) -> sa.ColumnElement[bool]:
    """The condition for rows between two chain positions."""
    place: sa.ColumnElement[Any] = sa.tuple_(xid, number)
    return (place >= _position_binds("first", "first_number")) & (place <= _position_binds("last", "last_number"))


def _access_views(looked: ViewKind, persons: Any) -> sa.Select[*tuple[Any, ...]]:
    """One row for each person of an access entry between two chain positions."""
    return sa.select(
        col(AccessEntryRow.at),
        col(AccessEntryRow.principal),
        col(AccessEntryRow.actor_id),
        col(AccessEntryRow.role),
        sa.literal(looked.value, sa.Text).label("looked"),
        sa.func.unnest(persons, type_=sa.BigInteger).label("person_id"),
    ).where(_in_stretch(col(AccessEntryRow.xid), col(AccessEntryRow.id)))


def _audit_views() -> sa.Select[*tuple[Any, ...]]:
    """One row for each audit entry about a change to another person's record.

    Entries about accounts are left out.
    """
    return sa.select(
        col(AuditEntryRow.at),
        col(AuditEntryRow.principal),
        col(AuditEntryRow.actor_id),
        sa.func.split_part(col(AuditEntryRow.principal), ":", 1).label("role"),
        sa.literal(ViewKind.RECORD.value, sa.Text).label("looked"),
        col(AuditEntryRow.person_id),
    ).where(
        _in_stretch(col(AuditEntryRow.xid), col(AuditEntryRow.id)),
        col(AuditEntryRow.person_id) != col(AuditEntryRow.actor_id),
        col(AuditEntryRow.action).not_like("account.%"),
    )


def _build_summary_upsert(shown: sa.Subquery) -> sa.Insert:
    day = sa.cast(sa.func.timezone("Asia/Jakarta", shown.c.at), sa.Date)
    key = (col(PersonRow.id), day, shown.c.principal, shown.c.looked)
    # Who is not in the register may have looked, or been looked at: the chain holds that, and they are left here.
    found = (
        sa.select(
            *key,
            sa.func.min(col(PersonRow.unit_path)),
            sa.func.min(col(_ACTOR_PERSON.id)),
            sa.func.min(shown.c.role),
            sa.func.min(shown.c.at),
            sa.func.max(shown.c.at),
            sa.func.count(),
        )
        .select_from(shown)
        .join(PersonRow, col(PersonRow.id) == shown.c.person_id)
        .outerjoin(_ACTOR_PERSON, col(_ACTOR_PERSON.id) == shown.c.actor_id)
        .group_by(*key)
    )
    added = insert(AccessSummaryRow).from_select(_SUMMARY_COLUMNS, found)
    return added.on_conflict_do_update(
        index_elements=["person_id", "seen_on", "principal", "looked"],
        set_={
            "first_at": sa.func.least(col(AccessSummaryRow.first_at), added.excluded.first_at),
            "last_at": sa.func.greatest(col(AccessSummaryRow.last_at), added.excluded.last_at),
            "times": col(AccessSummaryRow.times) + added.excluded.times,
        },
    )


_SUMMARY_COLUMNS: Final = (
    "person_id",
    "seen_on",
    "principal",
    "looked",
    "unit_path",
    "actor_id",
    "role",
    "first_at",
    "last_at",
    "times",
)
_ALL_ACCESS_VIEWS = sa.union_all(
    _access_views(ViewKind.RISK, col(AccessEntryRow.risk)), _access_views(ViewKind.RECORD, col(AccessEntryRow.record))
)
_SUMMARY_UPSERTS: Final = {
    ChainTable.ACCESS: _build_summary_upsert(_ALL_ACCESS_VIEWS.subquery("shown")),
    ChainTable.AUDIT: _build_summary_upsert(_audit_views().subquery("changed")),
}


async def update_access_summary(db: Db, positions: Sequence[ChainPosition]) -> None:
    """Add the rows at these consecutive chain positions to the access summary."""
    for source, drawn in _SUMMARY_UPSERTS.items():
        among = [mark for mark in positions if mark.table is source]
        if among:
            first, last = among[0], among[-1]
            ends = {"first": first.xid, "first_number": first.number, "last": last.xid, "last_number": last.number}
            await db.execute(drawn, ends)
