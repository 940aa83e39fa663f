"""Commands on evaluations."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain import refusals
from domain.access import policy
from domain.audit import trail
from domain.evaluation import rules, store
from domain.evaluation.facts import PREDIKAT_RANKS, EvaluationBasis, EvaluationOutcome, Indices
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.evaluation.tables import EvaluationRow
from domain.event import commands as events
from domain.event.facts import EventTopic
from domain.ports import CommandContext

_INSERT_EVALUATION: Final = insert(EvaluationRow).on_conflict_do_nothing(
    index_elements=["plan_id", "kind", "starts_on"], index_where=sa.text("current")
)


async def record(context: CommandContext, request: RecordEvaluation) -> int:
    """Record an evaluation of a person in the actor's own line; returns its key.

    Raises `NotAllowed`, `NotFound` (no such active plan in the actor's line today), `InvalidInput` (the period lies
    outside the plan) and `PeriodClosed`. `AlreadyEvaluated` is raised when the deferred INSERT is sent.
    """
    policy.require_permission(context.actor, policy.Action.RECORD_EVALUATION)
    on = await try_deferred_basis(context, request) or await require_evaluation_basis(context, request)
    outcome = rules.derive_outcome(Indices(request.results_index, request.behaviour_index), on.parameters.regulation)
    insert_evaluation(context, request, on, outcome)
    recorded = ("evaluation", on.evaluation_id)
    trail.write_audit_entry(context, "RECORD_EVALUATION", recorded, person_id=on.person_id, unit_path=on.unit_path)
    events.publish_event(context.db, EventTopic.EVALUATION_RECORDED, on.evaluation_id, context.now)
    return on.evaluation_id


async def try_deferred_basis(context: CommandContext, request: RecordEvaluation) -> EvaluationBasis | None:
    """The evaluation basis as a deferred read; None if a refusal is possible."""
    figures = await store.read_cached_parameters(context.db, context.today, request.period.ends_on)
    if figures is None:
        return None
    opens_on, closes_on = rules.recording_window(request.period, figures.recording_days)
    if not opens_on <= context.today <= closes_on:
        return None
    return store.read_deferred_basis(context.db, context.actor, request.plan, context.today, request.period, figures)


async def require_evaluation_basis(context: CommandContext, request: RecordEvaluation) -> EvaluationBasis:
    """Load the evaluation basis. Raises `NotFound`, `InvalidInput` and `PeriodClosed`."""
    on = await store.load_evaluation_basis(
        context.db, context.actor, request.plan, context.today, request.period.ends_on
    )
    if on is None:
        raise refusals.NotFound("There is no such active plan in your line.", "plan")
    check_period(context, request, on)
    return on


def check_period(context: CommandContext, request: RecordEvaluation, basis: EvaluationBasis) -> None:
    """Check a period: within the plan, over, and still open for recording.

    Raises `InvalidInput` and `PeriodClosed`.
    """
    period = request.period
    if period.starts_on < basis.starts_on or period.ends_on > basis.ends_on:
        raise refusals.InvalidInput(
            f"The plan runs from {basis.starts_on} to {basis.ends_on}; the period lies outside it.", "period"
        )
    opens_on, closes_on = rules.recording_window(period, basis.parameters.recording_days)
    if not opens_on <= context.today <= closes_on:
        raise PeriodClosed(f"An evaluation of this period can be recorded from {opens_on} to {closes_on}.", "period")


def insert_evaluation(
    context: CommandContext, request: RecordEvaluation, basis: EvaluationBasis, outcome: EvaluationOutcome
) -> None:
    """Insert the evaluation, unless the plan has a current one for the period."""
    row = {
        "id": basis.evaluation_id,
        "plan_id": request.plan,
        "person_id": basis.person_id,
        "unit_path": basis.unit_path,
        "appraiser_id": basis.appraiser_id,
        "kind": request.period.kind,
        "starts_on": request.period.starts_on,
        "ends_on": request.period.ends_on,
        "results_index": request.results_index,
        "behaviour_index": request.behaviour_index,
        "score": outcome.score,
        "results_rating": outcome.results_rating,
        "behaviour_rating": outcome.behaviour_rating,
        "predikat": outcome.predikat,
        "predikat_rank": PREDIKAT_RANKS[outcome.predikat],
        "low": outcome.low,
        "rule": outcome.rule,
        "version": 1,
        "current": True,
        "evidence": request.evidence,
        "evidence_source": request.evidence_source,
        "note": request.note,
        "evaluated_by": context.actor.person_id,
        "evaluated_on": context.today,
        "recorded_on": context.today,
        "recorded_at": context.now,
    }
    there = AlreadyEvaluated("This plan has an evaluation in force for this period.", "period")
    context.db.execute_deferred(_INSERT_EVALUATION, row, on_conflict_error=there)
