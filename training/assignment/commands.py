"""Assignment of people from the risk list to the seats of a session."""

import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain import refusals
from domain.access import policy
from domain.audit import trail
from domain.business_date.quarters import quarter_bounds
from domain.event import commands as events
from domain.event.facts import EventTopic
from domain.organisation import store as organisation
from domain.ports import CommandContext
from domain.risk import store as risk
from training.assignment import rules, store
from training.assignment.facts import AssignmentStatus, DrawPreview, LotteryPlace, SeatDraw
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed
from training.assignment.requests import AssignTraining, PreviewAssignment
from training.assignment.tables import AssignmentBatchRow
from training.catalogue import store as catalogue
from training.session import store as sessions
from training.session.facts import Session

ELIGIBILITY_COLUMNS = (
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
ASSIGNMENT_COLUMNS = (
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

_INSERT_BATCH: Final = sa.insert(AssignmentBatchRow).returning(col(AssignmentBatchRow.id))


@dataclass(frozen=True, slots=True)
class AssignmentBasis:
    """Basis of a draw: the published run, the session, the part of the tree."""

    run_id: int
    session: Session
    path: str


async def preview_assignment(context: CommandContext, request: PreviewAssignment) -> DrawPreview:
    """Preview of an assignment, without the lottery: it is drawn once, with the decision.

    Raises `NotAllowed`, `NotFound`, `SessionClosed`, `SeatsTaken`. Nothing is written.
    """
    policy.require_permission(context.actor, policy.Action.ASSIGN_TRAINING)
    on = await load_assignment_basis(context, request)
    draw = await draw_seats(context, request, on, seed=0)
    return rules.summarise_draw(draw, await catalogue.load_cost_per_person(context.db, draw.programme_id))


async def assign_training(context: CommandContext, request: AssignTraining) -> int:
    """Fill seats of a session from the published risk list; returns the batch's key.

    One transaction: seats, eligibility with its draws, assignments and waiting list are written together or not at
    all. Raises `NotAllowed`, `NotFound`, `SessionClosed`, `SeatsTaken`, `NobodyEligible`.
    """
    policy.require_permission(context.actor, policy.Action.ASSIGN_TRAINING)
    on = await load_assignment_basis(context, request)
    draw = await draw_seats(context, request, on, seed=secrets.randbits(31))
    seated = sum(each.seated for each in draw.places)
    if not draw.places:
        raise NobodyEligible("Nobody on this part of the list can be assigned to the session.", "session")
    if not await sessions.reserve_seats(context.db, draw.session_id, seated):
        raise SeatsTaken("The session's seats were taken meanwhile.", "seats")
    batch_id = await insert_batch(context, request, on, draw)
    await context.db.copy(
        "eligibility", ELIGIBILITY_COLUMNS, (eligibility_record(batch_id, on, draw, each) for each in draw.places)
    )
    await context.db.copy(
        "assignment",
        ASSIGNMENT_COLUMNS,
        (assignment_record(context, request, batch_id, draw, seated, each) for each in draw.places),
    )
    trail.write_audit_entry(
        context,
        "ASSIGN_TRAINING",
        ("assignment_batch", batch_id),
        unit_path=on.path,
        reason=request.reason,
        details={"seed": draw.seed, "eligible": len(draw.places), "seated": seated},
    )
    events.publish_event(context.db, EventTopic.ASSIGNMENT_CHANGED, batch_id, context.now)
    return batch_id


async def load_assignment_basis(context: CommandContext, request: PreviewAssignment) -> AssignmentBasis:
    """Load the requested session and units visible to the actor, and check the seats."""
    session = await sessions.load_training_session(context.db, request.session)
    if session is None:
        raise refusals.NotFound("There is no such session.", "session")
    if not rules.is_open(session, context.today):
        raise SessionClosed("The session takes no more participants.", "session")
    if request.seats > session.free_seats:
        raise SeatsTaken(f"The session has {session.free_seats} free seats, {request.seats} were asked for.", "seats")
    path = (
        context.actor.unit_path
        if request.unit is None
        else await organisation.load_unit_path(context.db, request.unit)
    )
    if not path or not path.startswith(context.actor.unit_path or "-"):
        raise refusals.NotFound("There is no such unit in your scope.", "unit")
    run_id = await risk.load_published_run_id(context.db)
    if run_id is None:
        raise refusals.NotFound("No risk list has been published yet.")
    return AssignmentBasis(run_id, session, path)


async def draw_seats(
    context: CommandContext, request: PreviewAssignment, basis: AssignmentBasis, seed: int
) -> SeatDraw:
    """Read the top of the list and draw."""
    most = request.lottery_size or 2 * request.seats
    if most < request.seats:
        raise refusals.InvalidInput("The lottery takes at least as many people as there are seats.", "lotterySize")
    found = await store.load_candidates(context.db, context.actor, basis.run_id, basis.session, basis.path, most)
    return rules.draw_lottery(basis.session, found, request.seats, most, seed)


async def insert_batch(
    context: CommandContext, request: AssignTraining, basis: AssignmentBasis, draw: SeatDraw
) -> int:
    """Write the decision."""
    row = {
        "programme_id": draw.programme_id,
        "session_id": draw.session_id,
        "run_id": basis.run_id,
        "unit_id": request.unit,
        "unit_path": basis.path,
        "source": draw.source,
        "seats": draw.seats,
        "eligible": len(draw.places),
        "seated": sum(each.seated for each in draw.places),
        "seed": draw.seed,
        "reason": request.reason,
        "decided_by": context.actor.person_id,
        "decided_at": context.now,
    }
    written = await context.db.fetch_all(_INSERT_BATCH, row)
    return written[0][0]


def eligibility_record(
    batch_id: int, basis: AssignmentBasis, draw: SeatDraw, drawn: LotteryPlace
) -> tuple[object, ...]:
    """A row of `ELIGIBILITY_COLUMNS`."""
    starts_on, _ = quarter_bounds(basis.session.starts_on)
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


def assignment_record(
    context: CommandContext, request: AssignTraining, batch_id: int, draw: SeatDraw, seated: int, drawn: LotteryPlace
) -> tuple[object, ...]:
    """An `ASSIGNMENT_COLUMNS` row: a seat, or a waiting list place.

    The waiting list keeps the order of the draw.
    """
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
        request.reason,
        context.actor.person_id,
        context.now,
    )
