"""What can be done to evaluations."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain import policy, refusals
from domain.evaluation import rules, store
from domain.evaluation.facts import RANKS, Ground, Indices, Outcome
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.evaluation.tables import EvaluationRow
from domain.event import commands as events
from domain.event.facts import Topic
from domain.journal import commands as journal
from domain.ports import Act

_RECORDED: Final = insert(EvaluationRow).on_conflict_do_nothing(
    index_elements=["plan_id", "kind", "starts_on"], index_where=sa.text("current")
)


async def record(act: Act, asked: RecordEvaluation) -> int:
    """Record an evaluation of somebody in the actor's own line; the key of its row.

    Raises `NotAllowed`, `NotFound` (no such active plan in the actor's line today), `InvalidInput` (the period
    lies outside the plan) and `PeriodClosed`; and `AlreadyEvaluated` when what it writes is sent.
    """
    policy.may(act.actor, policy.Action.RECORD_EVALUATION)
    on = await assume_ground(act, asked) or await read_ground(act, asked)
    outcome = rules.derive(Indices(asked.results_index, asked.behaviour_index), on.figures.regulation)
    insert_evaluation(act, asked, on, outcome)
    recorded = ("evaluation", on.evaluation_id)
    journal.note(act, "RECORD_EVALUATION", recorded, person=on.person_id, path=on.unit_path)
    events.publish(act.db, Topic.EVALUATION_RECORDED, on.evaluation_id, act.now)
    return on.evaluation_id


async def assume_ground(act: Act, asked: RecordEvaluation) -> Ground | None:
    """A ground by which nothing is refused, without a look; None where that is in doubt."""
    figures = await store.recalled_figures(act.db, act.today, asked.period.ends_on)
    if figures is None:
        return None
    opens_on, closes_on = rules.window(asked.period, figures.recording_days)
    if not opens_on <= act.today <= closes_on:
        return None
    return store.assume(act.db, act.actor, asked.plan, act.today, asked.period, figures)


async def read_ground(act: Act, asked: RecordEvaluation) -> Ground:
    """The ground as it is. Raises `NotFound`, `InvalidInput` and `PeriodClosed`."""
    on = await store.ground(act.db, act.actor, asked.plan, act.today, asked.period.ends_on)
    if on is None:
        raise refusals.NotFound("There is no such active plan in your line.", "plan")
    check_period(act, asked, on)
    return on


def check_period(act: Act, asked: RecordEvaluation, on: Ground) -> None:
    """The period lies within the plan, is over, and may still be recorded."""
    period = asked.period
    if period.starts_on < on.starts_on or period.ends_on > on.ends_on:
        raise refusals.InvalidInput(
            f"The plan runs from {on.starts_on} to {on.ends_on}; the period lies outside it.", "period"
        )
    opens_on, closes_on = rules.window(period, on.figures.recording_days)
    if not opens_on <= act.today <= closes_on:
        raise PeriodClosed(f"An evaluation of this period can be recorded from {opens_on} to {closes_on}.", "period")


def insert_evaluation(act: Act, asked: RecordEvaluation, on: Ground, outcome: Outcome) -> None:
    """Write the row, unless the plan has one in force for the period."""
    row = {
        "id": on.evaluation_id,
        "plan_id": asked.plan,
        "person_id": on.person_id,
        "unit_path": on.unit_path,
        "appraiser_id": on.appraiser_id,
        "kind": asked.period.kind,
        "starts_on": asked.period.starts_on,
        "ends_on": asked.period.ends_on,
        "results_index": asked.results_index,
        "behaviour_index": asked.behaviour_index,
        "score": outcome.score,
        "results_rating": outcome.results_rating,
        "behaviour_rating": outcome.behaviour_rating,
        "predikat": outcome.predikat,
        "predikat_rank": RANKS[outcome.predikat],
        "low": outcome.low,
        "rule": outcome.rule,
        "version": 1,
        "current": True,
        "evidence": asked.evidence,
        "evidence_source": asked.evidence_source,
        "note": asked.note,
        "evaluated_by": act.actor.person_id,
        "evaluated_on": act.today,
        "recorded_on": act.today,
        "recorded_at": act.now,
    }
    there = AlreadyEvaluated("This plan has an evaluation in force for this period.", "period")
    act.db.later(_RECORDED, row, otherwise=there)
