"""Assigning people from the risk list to the seats of a session."""

import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain import policy, refusals
from domain.calendar.rules import quarter_of
from domain.event import commands as events
from domain.event.facts import Topic
from domain.journal import commands as journal
from domain.organisation import store as organisation
from domain.ports import Act
from domain.risk import store as risk
from training.assignment import rules, store
from training.assignment.facts import AssignmentStatus, Draw, Drawn, Preview
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed
from training.assignment.requests import AssignTraining, PreviewAssignment
from training.assignment.tables import AssignmentBatchRow
from training.catalogue import store as catalogue
from training.session import store as sessions
from training.session.facts import Session

ELIGIBILITY = (
    "batch_id",
    "programme_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "score_id",
    "starts_on",
    "stratum",
    "draw",
    "seated",
)
ASSIGNMENT = (
    "batch_id",
    "programme_id",
    "session_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "score_id",
    "source",
    "status",
    "draw",
    "waiting_place",
    "reason",
    "decided_by",
    "decided_at",
)

_DECIDED: Final = sa.insert(AssignmentBatchRow).returning(col(AssignmentBatchRow.id))


@dataclass(frozen=True, slots=True)
class Ground:
    """What a draw rests on: the published run, the session, the part of the tree."""

    run_id: int
    session: Session
    path: str


async def preview(act: Act, asked: PreviewAssignment) -> Preview:
    """What an assignment would do, without drawing the lottery: that is done once, with the decision.

    Raises `NotAllowed`, `NotFound`, `SessionClosed`, `SeatsTaken`. Nothing is written.
    """
    policy.may(act.actor, policy.Action.ASSIGN_TRAINING)
    on = await ground(act, asked)
    draw = await split(act, asked, on, seed=0)
    return rules.preview(draw, await catalogue.cost_per_person(act.db, draw.programme_id))


async def assign(act: Act, asked: AssignTraining) -> int:
    """Fill seats of a session from the published risk list; the key of the batch.

    One transaction: seats, eligibility with its draws, assignments and waiting list stand or fall together. Raises
    `NotAllowed`, `NotFound`, `SessionClosed`, `SeatsTaken`, `NobodyEligible`.
    """
    policy.may(act.actor, policy.Action.ASSIGN_TRAINING)
    on = await ground(act, asked)
    draw = await split(act, asked, on, seed=secrets.randbits(31))
    seated = sum(each.seated for each in draw.drawn)
    if not draw.drawn:
        raise NobodyEligible("Nobody on this part of the list can be assigned to the session.", "session")
    if not await sessions.take_seats(act.db, draw.session_id, seated):
        raise SeatsTaken("The session's seats were taken meanwhile.", "seats")
    batch_id = await insert_batch(act, asked, on, draw)
    await act.db.copy("eligibility", ELIGIBILITY, (eligibility(batch_id, on, draw, each) for each in draw.drawn))
    await act.db.copy(
        "assignment",
        ASSIGNMENT,
        (assignment(act, asked, batch_id, draw, seated, each) for each in draw.drawn),
    )
    journal.note(
        act,
        "ASSIGN_TRAINING",
        ("assignment_batch", batch_id),
        path=on.path,
        reason=asked.reason,
        details={"seed": draw.seed, "eligible": len(draw.drawn), "seated": seated},
    )
    events.publish(act.db, Topic.ASSIGNMENT_CHANGED, batch_id, act.now)
    return batch_id


async def ground(act: Act, asked: PreviewAssignment) -> Ground:
    """Find what was asked for, within what the actor may see, and check that seats can be given."""
    session = await sessions.session(act.db, asked.session)
    if session is None:
        raise refusals.NotFound("There is no such session.", "session")
    if not rules.is_open(session, act.today):
        raise SessionClosed("The session takes no more participants.", "session")
    if asked.seats > session.free:
        raise SeatsTaken(f"The session has {session.free} free seats, {asked.seats} were asked for.", "seats")
    path = act.actor.unit_path if asked.unit is None else await organisation.path(act.db, asked.unit)
    if not path or not path.startswith(act.actor.unit_path or "-"):
        raise refusals.NotFound("There is no such unit in your scope.", "unit")
    run_id = await risk.published_run(act.db)
    if run_id is None:
        raise refusals.NotFound("No risk list has been published yet.")
    return Ground(run_id, session, path)


async def split(act: Act, asked: PreviewAssignment, on: Ground, seed: int) -> Draw:
    """Read the top of the list and draw."""
    most = asked.considered or 2 * asked.seats
    if most < asked.seats:
        raise refusals.InvalidInput("At least as many must be considered as there are seats.", "considered")
    found = await store.candidates(act.db, act.actor, on.run_id, on.session, on.path, most)
    return rules.draw(on.session, found, asked.seats, most, seed)


async def insert_batch(act: Act, asked: AssignTraining, on: Ground, draw: Draw) -> int:
    """Write the decision."""
    row = {
        "programme_id": draw.programme_id,
        "session_id": draw.session_id,
        "run_id": on.run_id,
        "unit_id": asked.unit,
        "unit_path": on.path,
        "source": draw.source,
        "seats": draw.seats,
        "eligible": len(draw.drawn),
        "seated": sum(each.seated for each in draw.drawn),
        "seed": draw.seed,
        "reason": asked.reason,
        "decided_by": act.actor.person_id,
        "decided_at": act.now,
    }
    written = await act.db.fetch(_DECIDED, row)
    return written[0][0]


def eligibility(batch_id: int, on: Ground, draw: Draw, drawn: Drawn) -> tuple[object, ...]:
    """A row of `ELIGIBILITY`."""
    starts_on, _ = quarter_of(on.session.starts_on)
    who = drawn.candidate
    return (
        batch_id,
        draw.programme_id,
        who.person_id,
        who.unit_path,
        who.appraiser_id,
        who.score_id,
        starts_on,
        drawn.stratum,
        drawn.draw,
        drawn.seated,
    )


def assignment(
    act: Act, asked: AssignTraining, batch_id: int, draw: Draw, seated: int, drawn: Drawn
) -> tuple[object, ...]:
    """A row of `ASSIGNMENT`: a seat, or a place on the waiting list in the order of the draw."""
    who = drawn.candidate
    return (
        batch_id,
        draw.programme_id,
        draw.session_id,
        who.person_id,
        who.unit_path,
        who.appraiser_id,
        who.score_id,
        draw.source,
        AssignmentStatus.ASSIGNED if drawn.seated else AssignmentStatus.WAITING,
        drawn.draw,
        None if drawn.seated else drawn.draw - seated,
        asked.reason,
        act.actor.person_id,
        act.now,
    )
