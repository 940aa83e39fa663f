"""Recording of an evaluation with SQLModel rows in a session: the usual way.

Its rows and checks are those of ours.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.audit.tables import AuditEntryRow
from domain.business_date.tables import BusinessDateRow
from domain.evaluation import rules, store
from domain.evaluation.facts import PREDIKAT_RANKS, Indices, Period
from domain.evaluation.tables import EvaluationRow
from domain.event.facts import EventTopic
from domain.event.tables import EventRow
from domain.idempotency.tables import CommandKeyRow
from domain.people.tables import AppraiserLineRow, PersonRow
from domain.plan.tables import PlanRow
from domain.regulation.store import Parameter
from domain.regulation.tables import ParameterRow


@dataclass(frozen=True, slots=True)
class RecordingRequest:
    """Request to record an evaluation: content, actor and time."""

    key: str
    plan: int
    period: str
    results: Decimal
    behaviour: Decimal
    evidence: str
    evidence_source: str
    appraiser: int
    at: datetime


class RecordingRefused(Exception):
    """The evaluation cannot be recorded."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def write_evaluation(session: AsyncSession, request: RecordingRequest) -> EvaluationRow:
    """Write the evaluation and return it; the caller commits. Raises `RecordingRefused`."""
    principal = f"supervisor:{request.appraiser}"
    claim = CommandKeyRow(
        principal=principal,
        mutation="recordEvaluation",
        client_key=request.key,
        asked_sha256=_hash_request(request),
        used_at=request.at,
    )
    earlier = await session.get(CommandKeyRow, (principal, "recordEvaluation", request.key))
    if earlier is not None:
        return await _replay_recording(session, earlier, claim)
    session.add(claim)
    await session.flush()
    today = (await session.scalars(select(BusinessDateRow))).one().today or request.at.date()
    plan = await _load_active_plan(session, request, today)
    period = rules.parse_period(request.period)
    figures = await _load_parameters(session, period.ends_on)
    _check_period(period, plan, today, int(figures["RECORDING_DAYS"].value))
    made = await _insert_recorded_evaluation(session, request, plan, period, figures, today)
    session.add(
        AuditEntryRow(
            at=request.at,
            principal=principal,
            actor_id=request.appraiser,
            action="RECORD_EVALUATION",
            subject="evaluation",
            subject_id=made.id,
            person_id=plan.person_id,
            unit_path=made.unit_path,
            details={},
        )
    )
    session.add(EventRow(topic=EventTopic.EVALUATION_RECORDED, subject_id=made.id, at=request.at))
    claim.result_id = made.id
    await session.execute(sa.select(sa.func.pg_notify("event", "")))
    return made


def _hash_request(request: RecordingRequest) -> str:
    said = [
        request.plan,
        request.period,
        str(request.results),
        str(request.behaviour),
        request.evidence,
        request.evidence_source,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


async def _replay_recording(session: AsyncSession, earlier: CommandKeyRow, claim: CommandKeyRow) -> EvaluationRow:
    if earlier.asked_sha256 != claim.asked_sha256 or earlier.result_id is None:
        raise RecordingRefused("KEY_REUSED")
    return await session.get_one(EvaluationRow, earlier.result_id)


async def _load_active_plan(session: AsyncSession, request: RecordingRequest, today: date) -> PlanRow:
    query = (
        select(PlanRow)
        .join(AppraiserLineRow, col(AppraiserLineRow.person_id) == col(PlanRow.person_id))
        .where(
            PlanRow.id == request.plan,
            col(PlanRow.active),
            AppraiserLineRow.appraiser_id == request.appraiser,
            AppraiserLineRow.starts_on <= today,
            (col(AppraiserLineRow.ends_on) >= today) | col(AppraiserLineRow.ends_on).is_(None),
        )
    )
    plan = (await session.scalars(query)).one_or_none()
    if plan is None:
        raise RecordingRefused("NOT_FOUND")
    return plan


async def _load_parameters(session: AsyncSession, day: date) -> dict[str, Parameter]:
    query = select(ParameterRow).where(
        ParameterRow.starts_on <= day, (col(ParameterRow.ends_on) >= day) | col(ParameterRow.ends_on).is_(None)
    )
    rows = (await session.scalars(query)).all()
    return {row.code: Parameter(row.value, row.regulation) for row in rows}


def _check_period(period: Period, plan: PlanRow, today: date, days: int) -> None:
    if period.starts_on < plan.starts_on or period.ends_on > plan.ends_on:
        raise RecordingRefused("INVALID_INPUT")
    opens_on, closes_on = rules.recording_window(period, days)
    if not opens_on <= today <= closes_on:
        raise RecordingRefused("PERIOD_CLOSED")


async def _insert_recorded_evaluation(
    session: AsyncSession,
    request: RecordingRequest,
    plan: PlanRow,
    period: Period,
    parameters: dict[str, Parameter],
    today: date,
) -> EvaluationRow:
    outcome = rules.derive_outcome(Indices(request.results, request.behaviour), store.build_regulation(parameters))
    about = await session.get_one(PersonRow, plan.person_id)
    written = (
        insert(EvaluationRow)
        .values(
            plan_id=plan.id,
            person_id=plan.person_id,
            unit_path=about.unit_path,
            appraiser_id=about.appraiser_id,
            kind=period.kind,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            results_index=request.results,
            behaviour_index=request.behaviour,
            score=outcome.score,
            results_rating=outcome.results_rating,
            behaviour_rating=outcome.behaviour_rating,
            predikat=outcome.predikat,
            predikat_rank=PREDIKAT_RANKS[outcome.predikat],
            low=outcome.low,
            rule=outcome.rule,
            version=1,
            current=True,
            evidence=request.evidence,
            evidence_source=request.evidence_source,
            evaluated_by=request.appraiser,
            evaluated_on=today,
            recorded_on=today,
            recorded_at=request.at,
        )
        .on_conflict_do_nothing(index_elements=["plan_id", "kind", "starts_on"], index_where=sa.text("current"))
        .returning(EvaluationRow)
    )
    made = (await session.scalars(written)).one_or_none()
    if made is None:
        raise RecordingRefused("ALREADY_EVALUATED")
    return made
