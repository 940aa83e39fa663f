"""Commands on people: assign an appraiser, move to a post, delegate a line."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain import refusals
from domain.access import policy
from domain.audit import trail
from domain.people import rules, store
from domain.people.facts import IncumbencyKind, Person
from domain.people.refusals import PositionOccupied
from domain.people.requests import AssignAppraiser, DelegateLine, EndDelegation, MovePerson
from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow
from domain.ports import CommandContext

_PERSON_ID: Final = sa.bindparam("who", type_=sa.BigInteger)
_LAST_DAY: Final = sa.bindparam("last", type_=sa.Date)

_END_LINE: Final = (
    sa.update(AppraiserLineRow)
    .where(
        col(AppraiserLineRow.person_id) == _PERSON_ID,
        (col(AppraiserLineRow.ends_on) > _LAST_DAY) | col(AppraiserLineRow.ends_on).is_(None),
    )
    .values(ends_on=_LAST_DAY)
)

_END_POST: Final = (
    sa.update(IncumbencyRow)
    .where(
        col(IncumbencyRow.person_id) == _PERSON_ID,
        store.IS_OWN_POST,
        (col(IncumbencyRow.ends_on) > _LAST_DAY) | col(IncumbencyRow.ends_on).is_(None),
    )
    .values(ends_on=_LAST_DAY)
)

_INSERT_LINE: Final = insert(AppraiserLineRow).on_conflict_do_nothing().returning(col(AppraiserLineRow.id))
_INSERT_POST: Final = insert(IncumbencyRow).on_conflict_do_nothing().returning(col(IncumbencyRow.id))
_INSERT_DELEGATION: Final = insert(DelegationRow).on_conflict_do_nothing().returning(col(DelegationRow.id))

_END_DELEGATION: Final = (
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


async def apply_dated_facts(context: CommandContext) -> int:
    """Apply the dated facts of the business date to all people and replicated columns.

    Posts, units and appraisers of today are updated. Returns the number of changed rows. Set-wise and idempotent; for
    the worker, at its start and with each new business date.
    """
    await store.lock_person(context.db, 0)  # two at once would wait for one another's rows
    changed = await _repeat_until_done(lambda: store.apply_facts_to_people(context.db, None, context.today))
    changed += await _repeat_until_done(lambda: store.repair_replicas(context.db))
    # Delegations begin and end with the day by themselves, so the notification is due in any case.
    context.db.notify_after_commit(store.PEOPLE_CHANNEL)
    return changed


async def _repeat_until_done(step: Callable[[], Awaitable[int]]) -> int:
    """Repeat an update step until it changes no row; returns the total of changed rows.

    A row locked by a concurrent move of its person is updated from values read before the wait; the next repetition
    reads the values committed meanwhile.
    """
    brought = 0
    while some := await step():
        brought += some
    return brought


async def assign_appraiser(context: CommandContext, request: AssignAppraiser) -> int:
    """Assign an appraiser to a person from a day on; returns the person's key.

    The previous assignment ends the day before, leaving one on each day (R-EVAL-12). Raises `NotAllowed`, `NotFound`,
    `InvalidInput` (the person themselves, the present appraiser, somebody gone by then) and `Conflict` (an assignment
    beginning on that day or later is recorded).
    """
    policy.require_permission(context.actor, policy.Action.ASSIGN_APPRAISER)
    person = await _require_responsible(context, request.person, "person")
    appraiser = await _require_visible(context, request.appraiser, "appraiser")
    if person.id == appraiser.id:
        raise refusals.InvalidInput("Nobody appraises themselves.", "appraiser")
    _require_in_service(person, request.starts_on, "person")
    _require_in_service(appraiser, request.starts_on, "appraiser")
    await store.lock_person(context.db, person.id)
    latest = await store.load_latest_line(context.db, person.id)
    if latest is not None and latest.starts_on >= request.starts_on:
        raise refusals.Conflict(f"A line that begins on {latest.starts_on} is recorded already.", "startsOn")
    if latest is not None and latest.appraiser_id == appraiser.id and latest.ends_on is None:
        raise refusals.InvalidInput("That person appraises them already.", "appraiser")
    line = {"appraiser_id": appraiser.id, "todays_appraiser_id": person.appraiser_id}
    await context.db.execute(_END_LINE, {"who": person.id, "last": request.starts_on - timedelta(days=1)})
    begun = await context.db.fetch_all(_INSERT_LINE, {**_period_columns(person, request.starts_on), **line})
    if not begun:
        raise refusals.Conflict("Another line of that period is recorded already.", "startsOn")
    details = {"appraiser": appraiser.id, "starts_on": request.starts_on.isoformat()}
    await _apply_move(context, "ASSIGN_APPRAISER", ("appraiser_line", begun[0][0]), person, request.reason, details)
    return person.id


async def move_person(context: CommandContext, request: MovePerson) -> int:
    """Move a person to another post from a day on; returns the person's key.

    The appraiser is assigned apart. Raises `NotAllowed`, `NotFound`, `InvalidInput` (the present post, somebody gone
    by then), `Conflict` (a post beginning on that day or later is recorded) and `PositionOccupied` (R-POS-06).
    """
    policy.require_permission(context.actor, policy.Action.MOVE_PERSON)
    person = await _require_responsible(context, request.person, "person")
    structural = await store.is_structural_position(context.db, request.position, request.starts_on)
    if structural is None:
        raise refusals.NotFound("There is no such post on that day.", "position")
    _require_in_service(person, request.starts_on, "person")
    await store.lock_person(context.db, person.id)
    latest = await store.load_latest_post(context.db, person.id)
    if latest is not None and latest.starts_on >= request.starts_on:
        raise refusals.Conflict(f"A post that begins on {latest.starts_on} is recorded already.", "startsOn")
    if latest is not None and latest.position_id == request.position and latest.ends_on is None:
        raise refusals.InvalidInput("He holds that post already.", "position")
    post = {
        "position_id": request.position,
        "structural": structural,
        "kind": IncumbencyKind.D,
        "decree": request.decree,
        "appraiser_id": person.appraiser_id,
    }
    await context.db.execute(_END_POST, {"who": person.id, "last": request.starts_on - timedelta(days=1)})
    begun = await context.db.fetch_all(_INSERT_POST, {**_period_columns(person, request.starts_on), **post})
    if not begun:
        raise PositionOccupied("Somebody else holds this structural post on that day or later.", "position")
    details = {"position": request.position, "decree": request.decree, "starts_on": request.starts_on.isoformat()}
    await _apply_move(context, "MOVE_PERSON", ("incumbency", begun[0][0]), person, request.reason, details)
    return person.id


async def delegate_line(context: CommandContext, request: DelegateLine) -> int:
    """Delegate an appraiser's line for a period; returns the key of the delegation.

    A supervisor delegates their own line, HR a line in its units. A delegated line cannot be delegated further.
    Raises `NotAllowed`, `NotFound`, `InvalidInput` (the appraiser themselves, a period starting before today or
    ending before its start, somebody gone by then) and `Conflict` (the line is delegated already on some of these
    days).
    """
    policy.require_permission(context.actor, policy.Action.DELEGATE_LINE)
    appraiser = await _require_responsible(context, request.appraiser or context.actor.person_id or 0, "appraiser")
    stands_in = await _require_visible(context, request.delegate, "delegate")
    if appraiser.id == stands_in.id:
        raise refusals.InvalidInput("Nobody stands in for themselves.", "delegate")
    if request.starts_on < context.today:
        raise refusals.InvalidInput(f"A line is delegated from today on, {context.today}, or later.", "startsOn")
    if request.ends_on < request.starts_on:
        raise refusals.InvalidInput("The period ends before it begins.", "endsOn")
    _require_in_service(stands_in, request.ends_on, "delegate")
    row = {
        "appraiser_id": appraiser.id,
        "delegate_id": stands_in.id,
        "unit_path": appraiser.unit_path,
        "starts_on": request.starts_on,
        "ends_on": request.ends_on,
        "reason": request.reason,
        "decided_by": context.actor.person_id,
        "decided_at": context.now,
        "version": 1,
    }
    made = await context.db.fetch_all(_INSERT_DELEGATION, row)
    if not made:
        raise refusals.Conflict("The line is delegated already on some of these days.", "startsOn")
    details = {"delegate": stands_in.id, "from": request.starts_on.isoformat(), "to": request.ends_on.isoformat()}
    _write_people_entry(context, "DELEGATE_LINE", ("delegation", made[0][0]), appraiser, request.reason, details)
    return made[0][0]


async def end_delegation(context: CommandContext, request: EndDelegation) -> int:
    """End a delegation at once, begun or not; returns its key.

    For the appraiser of the line, and for HR. Raises `NotAllowed`, `NotFound` and `Conflict` (it is over, or was
    changed since it was read).
    """
    policy.require_permission(context.actor, policy.Action.END_DELEGATION)
    found = await store.load_visible_delegation(context.db, context.actor, request.delegation)
    if found is None or not rules.is_responsible_for(context.actor, found.appraiser_id, found.unit_path):
        raise refusals.NotFound("There is no such delegation that you may end.", "delegation")
    if found.ended_early or found.ends_on < context.today:
        raise refusals.Conflict("The delegation is over.", "delegation")
    values = {"which": found.id, "read": request.version, "by": context.actor.person_id, "at": context.now}
    if not await context.db.execute(_END_DELEGATION, values):
        raise refusals.Conflict(f"The delegation was changed meanwhile; its version is {found.version}.", "version")
    appraiser = Person(found.appraiser_id, found.unit_path, None, None)
    _write_people_entry(context, "END_DELEGATION", ("delegation", found.id), appraiser, None, {})
    return found.id


async def _require_visible(context: CommandContext, person_id: int, field: str) -> Person:
    found = await store.load_visible_person(context.db, context.actor, person_id)
    if found is None:
        raise refusals.NotFound("There is no such person in what you may see.", field)
    return found


async def _require_responsible(context: CommandContext, person_id: int, field: str) -> Person:
    """Load a person under the actor's responsibility.

    Raises `NotFound` both for invisible people and for visible ones outside that responsibility.
    """
    found = await store.load_visible_person(context.db, context.actor, person_id)
    if found is None or not rules.is_responsible_for(context.actor, found.id, found.unit_path):
        raise refusals.NotFound("There is no such person for whom you may decide.", field)
    return found


def _require_in_service(person: Person, day: date, field: str) -> None:
    if person.left_on is not None and person.left_on < day:
        raise refusals.InvalidInput(f"That person has left by {day}.", field)


def _period_columns(person: Person, starts_on: date) -> dict[str, object]:
    return {"person_id": person.id, "starts_on": starts_on, "ends_on": None, "unit_path": person.unit_path}


async def _apply_move(
    context: CommandContext,
    action: str,
    subject: tuple[str, int],
    person: Person,
    reason: str,
    details: dict[str, object],
) -> None:
    """Apply a move to the person's row, with an audit entry; triggers update its replicas."""
    _write_people_entry(context, action, subject, person, reason, details)
    await context.db.flush()
    await store.apply_facts_to_people(context.db, [person.id], context.today)


def _write_people_entry(
    context: CommandContext,
    action: str,
    subject: tuple[str, int],
    person: Person,
    reason: str | None,
    details: dict[str, object],
) -> None:
    trail.write_audit_entry(
        context, action, subject, person_id=person.id, unit_path=person.unit_path, reason=reason, details=details
    )
    context.db.notify_after_commit(store.PEOPLE_CHANNEL)
