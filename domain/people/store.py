"""What is read about people by commands, jobs and whoever must know where somebody stands."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain import scope
from domain.actor import Actor
from domain.organisation.tables import PositionRow
from domain.people.facts import Delegation, IncumbencyKind, Line, Person, Post, Standing
from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow, PersonRow
from domain.ports import Db

CHANNEL: Final = "standing"
"""Whoever changes lines, units or delegations announces it on this channel."""

_HELD: Final = 0x6D6F7665  # "move": the class of advisory locks of those who are being moved

_WHO: Final = sa.bindparam("person", type_=sa.BigInteger)
_TODAY: Final = sa.bindparam("today", type_=sa.Date)

_STANDS_IN_FOR: Final = (
    sa.select(sa.func.array_agg(col(DelegationRow.appraiser_id), type_=sa.ARRAY(sa.BigInteger)))
    .where(
        col(DelegationRow.delegate_id) == _WHO,
        col(DelegationRow.starts_on) <= _TODAY,
        col(DelegationRow.ends_on) >= _TODAY,
        col(DelegationRow.ended_at).is_(None),
    )
    .scalar_subquery()
)

_STANDING: Final = sa.select(
    col(PersonRow.appraiser_id), _STANDS_IN_FOR, sa.func.coalesce(col(PersonRow.left_on) < _TODAY, sa.false())
).where(col(PersonRow.id) == _WHO)

_BELOW: Final = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal(1))
    .where(
        col(PersonRow.unit_path) >= sa.bindparam("path", type_=sa.Text),
        col(PersonRow.unit_path) < sa.bindparam("path_end", type_=sa.Text),
    )
    .limit(sa.bindparam("most", type_=sa.BigInteger))
    .subquery()
)

_HOLD: Final = sa.select(sa.func.pg_advisory_xact_lock(_HELD, sa.bindparam("number", type_=sa.Integer)))

_LINE: Final = (
    sa.select(col(AppraiserLineRow.appraiser_id), col(AppraiserLineRow.starts_on), col(AppraiserLineRow.ends_on))
    .where(col(AppraiserLineRow.person_id) == _WHO)
    .order_by(col(AppraiserLineRow.starts_on).desc())
    .limit(1)
)

OWN_POST: Final = (col(IncumbencyRow.kind) == IncumbencyKind.D) | (col(IncumbencyRow.kind) == IncumbencyKind.PJ)
"""Posts that are somebody's own; a person has one, whatever he acts as beside it."""

_POST: Final = (
    sa.select(col(IncumbencyRow.position_id), col(IncumbencyRow.starts_on), col(IncumbencyRow.ends_on))
    .where(col(IncumbencyRow.person_id) == _WHO, OWN_POST)
    .order_by(col(IncumbencyRow.starts_on).desc(), col(IncumbencyRow.id).desc())
    .limit(1)
)

_OPEN_POSITION: Final = sa.select(col(PositionRow.structural)).where(
    col(PositionRow.id) == sa.bindparam("position", type_=sa.BigInteger),
    col(PositionRow.starts_on) <= sa.bindparam("day", type_=sa.Date),
    (col(PositionRow.ends_on) >= sa.bindparam("day", type_=sa.Date)) | col(PositionRow.ends_on).is_(None),
)

_FOLLOWED: Final = sa.select(
    sa.func.follow_people(sa.bindparam("people", type_=sa.ARRAY(sa.BigInteger)), _TODAY, type_=sa.BigInteger)
)

_MENDED: Final = sa.select(sa.func.mend_copies(type_=sa.BigInteger))


async def standing(db: Db, person_id: int, today: date) -> Standing:
    """Who appraises a person today, whose line he has been given, and whether he has left; nobody has nothing."""
    found = await db.first(_STANDING, {"person": person_id, "today": today})
    appraiser, given, left = found or (None, None, False)
    return Standing(appraiser_id=appraiser, stands_in_for=tuple(sorted(given or ())), left=left)


async def has_below(db: Db, path: str, most: int) -> bool:
    """Whether at least so many people are in the units at and below a path."""
    found = await db.first(_BELOW, {"path": path, "path_end": scope.path_end(path), "most": most})
    return found is not None and found[0] >= most


async def hold(db: Db, person_id: int) -> None:
    """Let nobody else change a person's lines, posts or delegations until this transaction ends."""
    await db.fetch(_HOLD, {"number": person_id % 2**31})  # not `first`: that may be read ahead of the transaction


async def follow(db: Db, people: Sequence[int] | None, today: date) -> int:
    """Bring the rows of people, of everybody for None, to what the dated facts say of a day; how many changed.

    What copies them follows in the database.
    """
    found = await db.fetch(_FOLLOWED, {"people": people, "today": today})
    return int(found[0][0])


async def mend(db: Db) -> int:
    """Bring every copy to what it is a copy of; how many were untrue."""
    found = await db.fetch(_MENDED)
    return int(found[0][0])


async def person(db: Db, actor: Actor, person_id: int) -> Person | None:
    """Somebody, if the actor may see him."""
    found = await db.first(
        sa.select(col(PersonRow.id), col(PersonRow.unit_path), col(PersonRow.appraiser_id), col(PersonRow.left_on))
        .where(col(PersonRow.id) == person_id)
        .where(scope.of(actor, _table(PersonRow)))
    )
    return Person(*found) if found else None


async def latest_line(db: Db, person_id: int) -> Line | None:
    """The line of a person that begins last."""
    found = await db.first(_LINE, {"person": person_id})
    return Line(*found) if found else None


async def latest_post(db: Db, person_id: int) -> Post | None:
    """The post of his own of a person that begins last."""
    found = await db.first(_POST, {"person": person_id})
    return Post(*found) if found else None


async def structural(db: Db, position_id: int, day: date) -> bool | None:
    """Whether a post is structural; None if there is no such post on a day."""
    found = await db.first(_OPEN_POSITION, {"position": position_id, "day": day})
    return found[0] if found else None


async def delegation(db: Db, actor: Actor, delegation_id: int) -> Delegation | None:
    """A delegation, if the actor may see it."""
    found = await db.first(
        sa.select(
            col(DelegationRow.id),
            col(DelegationRow.appraiser_id),
            col(DelegationRow.unit_path),
            col(DelegationRow.ends_on),
            col(DelegationRow.ended_at).is_not(None),
            col(DelegationRow.version),
        )
        .where(col(DelegationRow.id) == delegation_id)
        .where(scope.of(actor, _table(DelegationRow)))
    )
    return Delegation(*found) if found else None


def _table(row: type[SQLModel]) -> sa.Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]
