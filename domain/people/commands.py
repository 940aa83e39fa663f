"""Moving people: who appraises them, which post they hold, who stands in for whom."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain import policy, refusals
from domain.journal import commands as journal
from domain.people import rules, store
from domain.people.facts import IncumbencyKind, Person
from domain.people.refusals import PostHeld
from domain.people.requests import AssignAppraiser, DelegateLine, EndDelegation, MovePerson
from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow
from domain.ports import Act

_WHO: Final = sa.bindparam("who", type_=sa.BigInteger)
_LAST: Final = sa.bindparam("last", type_=sa.Date)

_LINE_ENDED: Final = (
    sa.update(AppraiserLineRow)
    .where(
        col(AppraiserLineRow.person_id) == _WHO,
        (col(AppraiserLineRow.ends_on) > _LAST) | col(AppraiserLineRow.ends_on).is_(None),
    )
    .values(ends_on=_LAST)
)

_POST_ENDED: Final = (
    sa.update(IncumbencyRow)
    .where(
        col(IncumbencyRow.person_id) == _WHO,
        store.OWN_POST,
        (col(IncumbencyRow.ends_on) > _LAST) | col(IncumbencyRow.ends_on).is_(None),
    )
    .values(ends_on=_LAST)
)

_LINE_BEGUN: Final = insert(AppraiserLineRow).on_conflict_do_nothing().returning(col(AppraiserLineRow.id))
_POST_BEGUN: Final = insert(IncumbencyRow).on_conflict_do_nothing().returning(col(IncumbencyRow.id))
_DELEGATED: Final = insert(DelegationRow).on_conflict_do_nothing().returning(col(DelegationRow.id))

_DELEGATION_ENDED: Final = (
    sa.update(DelegationRow)
    .where(
        col(DelegationRow.id) == sa.bindparam("which", type_=sa.BigInteger),
        col(DelegationRow.version) == sa.bindparam("read", type_=sa.Integer),
    )
    .values(
        ended_by=sa.bindparam("by", type_=sa.BigInteger),
        ended_at=sa.bindparam("at", type_=sa.DateTime(timezone=True)),
        version=col(DelegationRow.version) + 1,
    )
)


async def follow(act: Act) -> int:
    """Bring everybody's post, unit and appraiser, and all copies, to those of the business date; how many rows.

    Set-wise and idempotent; for the worker, at its start and with each new business date.
    """
    await store.hold(act.db, 0)  # two at once would wait for one another's rows
    changed = await _until_nothing(lambda: store.follow(act.db, None, act.today))
    changed += await _until_nothing(lambda: store.mend(act.db))
    # Delegations begin and end with the day by themselves, so there is something to tell in any case.
    act.db.announce(store.CHANNEL)
    return changed


async def _until_nothing(step: Callable[[], Awaitable[int]]) -> int:
    """Repeat what brings rows along until there are none to bring; how many there were.

    A row for which it had to wait, because its person was just being moved, it brings to what it had read before it
    waited; the next time it reads what was committed meanwhile.
    """
    brought = 0
    while some := await step():
        brought += some
    return brought


async def assign_appraiser(act: Act, asked: AssignAppraiser) -> int:
    """Let somebody be appraised by another from a day on; the person's key.

    The line of the day before ends with it, so that there is one on each day (R-EVAL-12). Raises `NotAllowed`,
    `NotFound`, `InvalidInput` (himself, the same as now, somebody who has left by then) and `Conflict` (a line that
    begins on that day or later is recorded).
    """
    policy.may(act.actor, policy.Action.ASSIGN_APPRAISER)
    person = await _theirs(act, asked.person, "person")
    appraiser = await _seen(act, asked.appraiser, "appraiser")
    if person.id == appraiser.id:
        raise refusals.InvalidInput("Nobody appraises himself.", "appraiser")
    _serves(person, asked.starts_on, "person")
    _serves(appraiser, asked.starts_on, "appraiser")
    await store.hold(act.db, person.id)
    latest = await store.latest_line(act.db, person.id)
    if latest is not None and latest.starts_on >= asked.starts_on:
        raise refusals.Conflict(f"A line that begins on {latest.starts_on} is recorded already.", "startsOn")
    if latest is not None and latest.appraiser_id == appraiser.id and latest.ends_on is None:
        raise refusals.InvalidInput("That person appraises him already.", "appraiser")
    line = {"appraiser_id": appraiser.id, "todays_appraiser_id": person.appraiser_id}
    await act.db.execute(_LINE_ENDED, {"who": person.id, "last": asked.starts_on - timedelta(days=1)})
    begun = await act.db.fetch(_LINE_BEGUN, {**_from(person, asked.starts_on), **line})
    if not begun:
        raise refusals.Conflict("Another line of that period is recorded already.", "startsOn")
    details = {"appraiser": appraiser.id, "starts_on": asked.starts_on.isoformat()}
    await _moved(act, "ASSIGN_APPRAISER", ("appraiser_line", begun[0][0]), person, asked.reason, details)
    return person.id


async def move(act: Act, asked: MovePerson) -> int:
    """Let somebody hold another post from a day on; the person's key.

    Who appraises him is said apart. Raises `NotAllowed`, `NotFound`, `InvalidInput` (the same post, somebody who has
    left by then), `Conflict` (a post that begins on that day or later is recorded) and `PostHeld` (R-POS-06).
    """
    policy.may(act.actor, policy.Action.MOVE_PERSON)
    person = await _theirs(act, asked.person, "person")
    structural = await store.structural(act.db, asked.position, asked.starts_on)
    if structural is None:
        raise refusals.NotFound("There is no such post on that day.", "position")
    _serves(person, asked.starts_on, "person")
    await store.hold(act.db, person.id)
    latest = await store.latest_post(act.db, person.id)
    if latest is not None and latest.starts_on >= asked.starts_on:
        raise refusals.Conflict(f"A post that begins on {latest.starts_on} is recorded already.", "startsOn")
    if latest is not None and latest.position_id == asked.position and latest.ends_on is None:
        raise refusals.InvalidInput("He holds that post already.", "position")
    post = {
        "position_id": asked.position,
        "structural": structural,
        "kind": IncumbencyKind.D,
        "decree": asked.decree,
        "appraiser_id": person.appraiser_id,
    }
    await act.db.execute(_POST_ENDED, {"who": person.id, "last": asked.starts_on - timedelta(days=1)})
    begun = await act.db.fetch(_POST_BEGUN, {**_from(person, asked.starts_on), **post})
    if not begun:
        raise PostHeld("Somebody else holds this structural post on that day or later.", "position")
    details = {"position": asked.position, "decree": asked.decree, "starts_on": asked.starts_on.isoformat()}
    await _moved(act, "MOVE_PERSON", ("incumbency", begun[0][0]), person, asked.reason, details)
    return person.id


async def delegate(act: Act, asked: DelegateLine) -> int:
    """Give an appraiser's line to another for a period; the key of the delegation.

    A supervisor gives his own, HR that of somebody in its units. What somebody has been given he cannot give on.
    Raises `NotAllowed`, `NotFound`, `InvalidInput` (himself, a period that is over or upside down, somebody who has
    left by then) and `Conflict` (the line is another's on some of these days).
    """
    policy.may(act.actor, policy.Action.DELEGATE_LINE)
    appraiser = await _theirs(act, asked.appraiser or act.actor.person_id or 0, "appraiser")
    stands_in = await _seen(act, asked.delegate, "delegate")
    if appraiser.id == stands_in.id:
        raise refusals.InvalidInput("Nobody stands in for himself.", "delegate")
    if asked.starts_on < act.today:
        raise refusals.InvalidInput(f"A line is delegated from today on, {act.today}, or later.", "startsOn")
    if asked.ends_on < asked.starts_on:
        raise refusals.InvalidInput("The period ends before it begins.", "endsOn")
    _serves(stands_in, asked.ends_on, "delegate")
    row = {
        "appraiser_id": appraiser.id,
        "delegate_id": stands_in.id,
        "unit_path": appraiser.unit_path,
        "starts_on": asked.starts_on,
        "ends_on": asked.ends_on,
        "reason": asked.reason,
        "decided_by": act.actor.person_id,
        "decided_at": act.now,
        "version": 1,
    }
    made = await act.db.fetch(_DELEGATED, row)
    if not made:
        raise refusals.Conflict("The line is delegated already on some of these days.", "startsOn")
    details = {"delegate": stands_in.id, "from": asked.starts_on.isoformat(), "to": asked.ends_on.isoformat()}
    _note(act, "DELEGATE_LINE", ("delegation", made[0][0]), appraiser, asked.reason, details)
    return made[0][0]


async def end_delegation(act: Act, asked: EndDelegation) -> int:
    """End a delegation at once, whether it has begun or not; its key.

    For the appraiser whose line it is, and for HR. Raises `NotAllowed`, `NotFound` and `Conflict` (it is over, or was
    changed since it was read).
    """
    policy.may(act.actor, policy.Action.END_DELEGATION)
    found = await store.delegation(act.db, act.actor, asked.delegation)
    if found is None or not rules.answers_for(act.actor, found.appraiser_id, found.unit_path):
        raise refusals.NotFound("There is no such delegation that you may end.", "delegation")
    if found.over or found.ends_on < act.today:
        raise refusals.Conflict("The delegation is over.", "delegation")
    values = {"which": found.id, "read": asked.version, "by": act.actor.person_id, "at": act.now}
    if not await act.db.execute(_DELEGATION_ENDED, values):
        raise refusals.Conflict(f"The delegation was changed meanwhile; its version is {found.version}.", "version")
    appraiser = Person(found.appraiser_id, found.unit_path, None, None)
    _note(act, "END_DELEGATION", ("delegation", found.id), appraiser, None, {})
    return found.id


async def _seen(act: Act, person_id: int, field: str) -> Person:
    found = await store.person(act.db, act.actor, person_id)
    if found is None:
        raise refusals.NotFound("There is no such person in what you may see.", field)
    return found


async def _theirs(act: Act, person_id: int, field: str) -> Person:
    """Somebody for whom the actor may decide; whom he merely sees is told like whom he does not."""
    found = await store.person(act.db, act.actor, person_id)
    if found is None or not rules.answers_for(act.actor, found.id, found.unit_path):
        raise refusals.NotFound("There is no such person for whom you may decide.", field)
    return found


def _serves(person: Person, day: date, field: str) -> None:
    if person.left_on is not None and person.left_on < day:
        raise refusals.InvalidInput(f"That person has left by {day}.", field)


def _from(person: Person, starts_on: date) -> dict[str, object]:
    return {"person_id": person.id, "starts_on": starts_on, "ends_on": None, "unit_path": person.unit_path}


async def _moved(
    act: Act, action: str, subject: tuple[str, int], person: Person, reason: str, details: dict[str, object]
) -> None:
    """Bring the person's row to today, which brings all copies of it, and write down what was done."""
    _note(act, action, subject, person, reason, details)
    await act.db.settle()
    await store.follow(act.db, [person.id], act.today)


def _note(
    act: Act, action: str, subject: tuple[str, int], person: Person, reason: str | None, details: dict[str, object]
) -> None:
    journal.note(act, action, subject, person=person.id, path=person.unit_path, reason=reason, details=details)
    act.db.announce(store.CHANNEL)
