"""What can be done to evaluations."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain import policy, refusals
from domain.evaluation import rules, store
from domain.evaluation.facts import RANKS, Indices, Outcome
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.evaluation.tables import EvaluationRow
from domain.event import commands as events
from domain.event.facts import Topic
from domain.journal import commands as journal
from domain.people.tables import PersonRow
from domain.plan.facts import Plan
from domain.ports import Act


async def record(act: Act, asked: RecordEvaluation) -> int:
    """Record an evaluation of somebody in the actor's own line; the key of its row.

    Raises `NotAllowed`, `NotFound` (no such active plan in the actor's line today), `InvalidInput` (the period
    lies outside the plan), `PeriodClosed` and `AlreadyEvaluated`.
    """
    policy.may(act.actor, policy.Action.RECORD_EVALUATION)
    plan = await store.plan_of_line(act.db, asked.plan, act.actor.person_id or 0, act.today)
    if plan is None:
        raise refusals.NotFound("There is no such active plan in your line.", "plan")
    await check_period(act, asked, plan)
    regulation = await store.regulation(act.db, asked.period.ends_on)
    outcome = rules.derive(Indices(asked.results_index, asked.behaviour_index), regulation)
    evaluation_id = await insert_evaluation(act, asked, plan, outcome)
    await journal.note(act, "RECORD_EVALUATION", ("evaluation", evaluation_id), person=plan.person_id)
    await events.publish(act.db, Topic.EVALUATION_RECORDED, evaluation_id, act.now)
    return evaluation_id


async def check_period(act: Act, asked: RecordEvaluation, plan: Plan) -> None:
    """The period lies within the plan, is over, and may still be recorded."""
    period = asked.period
    if period.starts_on < plan.starts_on or period.ends_on > plan.ends_on:
        raise refusals.InvalidInput(
            f"The plan runs from {plan.starts_on} to {plan.ends_on}; the period lies outside it.", "period"
        )
    opens_on, closes_on = rules.window(period, await store.recording_days(act.db, act.today))
    if not opens_on <= act.today <= closes_on:
        raise PeriodClosed(f"An evaluation of this period can be recorded from {opens_on} to {closes_on}.", "period")


async def insert_evaluation(act: Act, asked: RecordEvaluation, plan: Plan, outcome: Outcome) -> int:
    """Write the row, unless the plan has one in force for the period."""
    here = await act.db.first(
        sa.select(col(PersonRow.unit_path), col(PersonRow.appraiser_id)).where(col(PersonRow.id) == plan.person_id)
    )
    unit_path, appraiser_id = here or (None, None)
    written = await act.db.first(
        insert(EvaluationRow)
        .values(
            plan_id=plan.id,
            person_id=plan.person_id,
            unit_path=unit_path,
            appraiser_id=appraiser_id,
            kind=asked.period.kind,
            starts_on=asked.period.starts_on,
            ends_on=asked.period.ends_on,
            results_index=asked.results_index,
            behaviour_index=asked.behaviour_index,
            score=outcome.score,
            results_rating=outcome.results_rating,
            behaviour_rating=outcome.behaviour_rating,
            predikat=outcome.predikat,
            predikat_rank=RANKS[outcome.predikat],
            low=outcome.low,
            rule=outcome.rule,
            version=1,
            current=True,
            evidence=asked.evidence,
            evidence_source=asked.evidence_source,
            note=asked.note,
            evaluated_by=act.actor.person_id,
            evaluated_on=act.today,
            recorded_on=act.today,
            recorded_at=act.now,
        )
        .on_conflict_do_nothing(index_elements=["plan_id", "kind", "starts_on"], index_where=sa.text("current"))
        .returning(col(EvaluationRow.id))
    )
    if written is None:
        raise AlreadyEvaluated("This plan has an evaluation in force for this period.", "period")
    return written[0]
