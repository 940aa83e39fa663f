"""Closing a session: attendance, absence and hours of learning."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col

from domain import refusals
from domain.access import policy
from domain.audit import trail
from domain.ports import CommandContext
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentRow
from training.catalogue.tables import ProgrammeRow
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow
from training.session.facts import SessionStatus
from training.session.tables import SessionRow


async def close_session(context: CommandContext, session_id: int, absent: Sequence[int]) -> int:
    """Close a past session: seats become attended or absent, the waiting list ends.

    `absent` holds keys of people. Attendees get a training record with the programme's JP (R-TRN-03). Returns the
    number of attendees. Raises `NotAllowed`, and `NotFound` for a session not open.
    """
    policy.require_permission(context.actor, policy.Action.CLOSE_SESSION)
    closed = await context.db.execute(
        sa.update(SessionRow)
        .where(col(SessionRow.id) == session_id, col(SessionRow.status) == SessionStatus.OPEN)
        .values(status=SessionStatus.HELD)
    )
    if not closed:
        raise refusals.NotFound("There is no such open session.", "session")
    stayed_away = col(AssignmentRow.person_id) == sa.any_(sa.literal(list(absent), sa.ARRAY(sa.BigInteger)))
    assigned = col(AssignmentRow.status) == AssignmentStatus.ASSIGNED
    await set_assignment_status(context, session_id, AssignmentStatus.ABSENT, assigned & stayed_away)
    attended = await set_assignment_status(context, session_id, AssignmentStatus.ATTENDED, assigned)
    await set_assignment_status(
        context, session_id, AssignmentStatus.CANCELLED, col(AssignmentRow.status) == AssignmentStatus.WAITING
    )
    await write_training_records(context, session_id)
    trail.write_audit_entry(context, "CLOSE_SESSION", ("session", session_id), details={"attended": attended})
    return attended


async def set_assignment_status(
    context: CommandContext, session_id: int, status: AssignmentStatus, condition: sa.ColumnElement[bool]
) -> int:
    """Set the status of a session's assignments under a condition; returns their number."""
    return await context.db.execute(
        sa.update(AssignmentRow)
        .where(col(AssignmentRow.session_id) == session_id, condition)
        .values(status=status, waiting_place=None)
    )


async def write_training_records(context: CommandContext, session_id: int) -> None:
    """Write the training records of the attendees, each with a certificate of its own."""
    certificate = sa.func.concat(col(ProgrammeRow.code), "/", col(AssignmentRow.id))
    completed = (
        sa.select(
            col(AssignmentRow.person_id),
            col(AssignmentRow.unit_path),
            col(AssignmentRow.appraiser_id),
            col(AssignmentRow.programme_id),
            col(AssignmentRow.session_id),
            col(AssignmentRow.id),
            col(SessionRow.ends_on),
            sa.cast(sa.extract("year", col(SessionRow.ends_on)), sa.Integer),
            col(ProgrammeRow.jp),
            sa.literal(Outcome.PASSED, sa.Text),
            col(ProgrammeRow.organiser),
            certificate,
        )
        .join(SessionRow, col(SessionRow.id) == col(AssignmentRow.session_id))
        .join(ProgrammeRow, col(ProgrammeRow.id) == col(AssignmentRow.programme_id))
        .where(
            col(AssignmentRow.session_id) == session_id,
            col(AssignmentRow.status) == AssignmentStatus.ATTENDED,
        )
    )
    columns = (
        "person_id",
        "unit_path",
        "appraiser_id",
        "programme_id",
        "session_id",
        "assignment_id",
        "completed_on",
        "year",
        "jp",
        "outcome",
        "organiser",
        "certificate",
    )
    await context.db.execute(sa.insert(TrainingRecordRow).from_select(columns, completed))
