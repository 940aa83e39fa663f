"""Queries about people, for commands, jobs and actor contexts."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain.access import scopes
from domain.actor import Actor
from domain.organisation.tables import PositionRow
from domain.people.facts import ActorContext, AppraiserAssignment, Delegation, IncumbencyKind, Person, Post
from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow, PersonRow
from domain.ports import Db

PEOPLE_CHANNEL: Final = "standing"
"""NOTIFY channel of changed lines, units and delegations."""

_MOVE_LOCK_CLASS: Final = 0x6D6F7665  # "move": the class of advisory locks of those who are being moved

_PERSON_ID: Final = sa.bindparam("person", type_=sa.BigInteger)
_TODAY: Final = sa.bindparam("today", type_=sa.Date)

_DELEGATOR_IDS: Final = (
    sa.select(sa.func.array_agg(col(DelegationRow.appraiser_id), type_=sa.ARRAY(sa.BigInteger)))
    .where(
        col(DelegationRow.delegate_id) == _PERSON_ID,
        col(DelegationRow.starts_on) <= _TODAY,
        col(DelegationRow.ends_on) >= _TODAY,
        col(DelegationRow.ended_at).is_(None),
    )
    .scalar_subquery()
)

_SELECT_ACTOR_CONTEXT: Final = sa.select(
    col(PersonRow.appraiser_id), _DELEGATOR_IDS, sa.func.coalesce(col(PersonRow.left_on) < _TODAY, sa.false())
).where(col(PersonRow.id) == _PERSON_ID)

_COUNT_IN_UNITS: Final = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal(1))
    .where(
        col(PersonRow.unit_path) >= sa.bindparam("path", type_=sa.Text),
        col(PersonRow.unit_path) < sa.bindparam("path_end", type_=sa.Text),
    )
    .limit(sa.bindparam("most", type_=sa.BigInteger))
    .subquery()
)

_LOCK_PERSON: Final = sa.select(
    sa.func.pg_advisory_xact_lock(_MOVE_LOCK_CLASS, sa.bindparam("number", type_=sa.Integer))
)

_SELECT_LATEST_LINE: Final = (
    sa.select(col(AppraiserLineRow.appraiser_id), col(AppraiserLineRow.starts_on), col(AppraiserLineRow.ends_on))
    .where(col(AppraiserLineRow.person_id) == _PERSON_ID)
    .order_by(col(AppraiserLineRow.starts_on).desc())
    .limit(1)
)

IS_OWN_POST: Final = (col(IncumbencyRow.kind) == IncumbencyKind.D) | (col(IncumbencyRow.kind) == IncumbencyKind.PJ)
"""Condition for own posts; a person has one, apart from posts in an acting capacity."""

_SELECT_LATEST_POST: Final = (
    sa.select(col(IncumbencyRow.position_id), col(IncumbencyRow.starts_on), col(IncumbencyRow.ends_on))
    .where(col(IncumbencyRow.person_id) == _PERSON_ID, IS_OWN_POST)
    .order_by(col(IncumbencyRow.starts_on).desc(), col(IncumbencyRow.id).desc())
    .limit(1)
)

_SELECT_OPEN_POSITION: Final = sa.select(col(PositionRow.structural)).where(
    col(PositionRow.id) == sa.bindparam("position", type_=sa.BigInteger),
    col(PositionRow.starts_on) <= sa.bindparam("day", type_=sa.Date),
    (col(PositionRow.ends_on) >= sa.bindparam("day", type_=sa.Date)) | col(PositionRow.ends_on).is_(None),
)

_APPLY_DATED_FACTS: Final = sa.select(
    sa.func.follow_people(sa.bindparam("people", type_=sa.ARRAY(sa.BigInteger)), _TODAY, type_=sa.BigInteger)
)

_REPAIR_REPLICAS: Final = sa.select(sa.func.mend_copies(type_=sa.BigInteger))


async def load_actor_context(db: Db, person_id: int, today: date) -> ActorContext:
    """Load the context of an actor on a day: appraiser, delegators and departure.

    An unknown person has an empty context.
    """
    found = await db.fetch_one(_SELECT_ACTOR_CONTEXT, {"person": person_id, "today": today})
    appraiser, given, left = found or (None, None, False)
    return ActorContext(appraiser_id=appraiser, delegator_ids=tuple(sorted(given or ())), has_left=left)


async def has_at_least_people(db: Db, path: str, minimum: int) -> bool:
    """True if at least `minimum` people are in the units at and below a path."""
    found = await db.fetch_one(
        _COUNT_IN_UNITS, {"path": path, "path_end": scopes.path_range_end(path), "most": minimum}
    )
    return found is not None and found[0] >= minimum


async def lock_person(db: Db, person_id: int) -> None:
    """Lock a person's lines, posts and delegations until this transaction ends."""
    await db.fetch_all(
        _LOCK_PERSON, {"number": person_id % 2**31}
    )  # not `first`: that may be read ahead of the transaction


async def apply_facts_to_people(db: Db, people: Sequence[int] | None, today: date) -> int:
    """Apply the dated facts of a day to people's rows; returns the number of changes.

    None applies them to everybody. Triggers update the replicas.
    """
    found = await db.fetch_all(_APPLY_DATED_FACTS, {"people": people, "today": today})
    return int(found[0][0])


async def repair_replicas(db: Db) -> int:
    """Repair all replicated columns; returns the number of corrected rows."""
    found = await db.fetch_all(_REPAIR_REPLICAS)
    return int(found[0][0])


async def load_visible_person(db: Db, actor: Actor, person_id: int) -> Person | None:
    """The person of a key, if visible to the actor."""
    found = await db.fetch_one(
        sa.select(col(PersonRow.id), col(PersonRow.unit_path), col(PersonRow.appraiser_id), col(PersonRow.left_on))
        .where(col(PersonRow.id) == person_id)
        .where(scopes.rows_visible_to(actor, _row_table(PersonRow)))
    )
    return Person(*found) if found else None


async def load_latest_line(db: Db, person_id: int) -> AppraiserAssignment | None:
    """The latest appraiser assignment of a person."""
    found = await db.fetch_one(_SELECT_LATEST_LINE, {"person": person_id})
    return AppraiserAssignment(*found) if found else None


async def load_latest_post(db: Db, person_id: int) -> Post | None:
    """The latest own post of a person."""
    found = await db.fetch_one(_SELECT_LATEST_POST, {"person": person_id})
    return Post(*found) if found else None


async def is_structural_position(db: Db, position_id: int, day: date) -> bool | None:
    """True if a position is structural; None if it does not exist on a day."""
    found = await db.fetch_one(_SELECT_OPEN_POSITION, {"position": position_id, "day": day})
    return found[0] if found else None


async def load_visible_delegation(db: Db, actor: Actor, delegation_id: int) -> Delegation | None:
    """The delegation of a key, if visible to the actor."""
    found = await db.fetch_one(
        sa.select(
            col(DelegationRow.id),
            col(DelegationRow.appraiser_id),
            col(DelegationRow.unit_path),
            col(DelegationRow.ends_on),
            col(DelegationRow.ended_at).is_not(None),
            col(DelegationRow.version),
        )
        .where(col(DelegationRow.id) == delegation_id)
        .where(scopes.rows_visible_to(actor, _row_table(DelegationRow)))
    )
    return Delegation(*found) if found else None


def _row_table(row: type[SQLModel]) -> sa.Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]
