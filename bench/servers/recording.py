"""Recording an evaluation with SQLModel rows in a session: the rows and checks of ours, written the usual way."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.calendar.tables import BusinessDateRow
from domain.evaluation import rules, store
from domain.evaluation.facts import RANKS, Indices, Period
from domain.evaluation.tables import EvaluationRow
from domain.event.facts import Topic
from domain.event.tables import EventRow
from domain.journal.tables import AuditEntryRow, CommandKeyRow
from domain.people.tables import AppraiserLineRow, PersonRow
from domain.plan.tables import PlanRow
from domain.regulation.store import Figure
from domain.regulation.tables import ParameterRow


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be recorded, by whom and when."""

    key: str
    plan: int
    period: str
    results: Decimal
    behaviour: Decimal
    evidence: str
    evidence_source: str
    appraiser: int
    at: datetime


class Refused(Exception):
    """The evaluation cannot be recorded."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def record(session: AsyncSession, asked: Asked) -> EvaluationRow:
    """The recorded evaluation; the caller commits. Raises Refused."""
    principal = f"supervisor:{asked.appraiser}"
    claim = CommandKeyRow(
        principal=principal,
        mutation="recordEvaluation",
        client_key=asked.key,
        asked_sha256=_sha256(asked),
        used_at=asked.at,
    )
    earlier = await session.get(CommandKeyRow, (principal, "recordEvaluation", asked.key))
    if earlier is not None:
        return await _again(session, earlier, claim)
    session.add(claim)
    await session.flush()
    today = (await session.scalars(select(BusinessDateRow))).one().today or asked.at.date()
    plan = await _plan(session, asked, today)
    period = rules.read_period(asked.period)
    figures = await _figures(session, period.ends_on)
    _check(period, plan, today, int(figures["RECORDING_DAYS"].value))
    made = await _insert(session, asked, plan, period, figures, today)
    session.add(
        AuditEntryRow(
            at=asked.at,
            principal=principal,
            actor_id=asked.appraiser,
            action="RECORD_EVALUATION",
            subject="evaluation",
            subject_id=made.id,
            person_id=plan.person_id,
            unit_path=made.unit_path,
            details={},
        )
    )
    session.add(EventRow(topic=Topic.EVALUATION_RECORDED, subject_id=made.id, at=asked.at))
    claim.result_id = made.id
    await session.execute(sa.select(sa.func.pg_notify("event", "")))
    return made


def _sha256(asked: Asked) -> str:
    said = [asked.plan, asked.period, str(asked.results), str(asked.behaviour), asked.evidence, asked.evidence_source]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


async def _again(session: AsyncSession, earlier: CommandKeyRow, claim: CommandKeyRow) -> EvaluationRow:
    if earlier.asked_sha256 != claim.asked_sha256 or earlier.result_id is None:
        raise Refused("KEY_REUSED")
    return await session.get_one(EvaluationRow, earlier.result_id)


async def _plan(session: AsyncSession, asked: Asked, today: date) -> PlanRow:
    query = (
        select(PlanRow)
        .join(AppraiserLineRow, col(AppraiserLineRow.person_id) == col(PlanRow.person_id))
        .where(
            PlanRow.id == asked.plan,
            col(PlanRow.active),
            AppraiserLineRow.appraiser_id == asked.appraiser,
            AppraiserLineRow.starts_on <= today,
            (col(AppraiserLineRow.ends_on) >= today) | col(AppraiserLineRow.ends_on).is_(None),
        )
    )
    plan = (await session.scalars(query)).one_or_none()
    if plan is None:
        raise Refused("NOT_FOUND")
    return plan


async def _figures(session: AsyncSession, day: date) -> dict[str, Figure]:
    query = select(ParameterRow).where(
        ParameterRow.starts_on <= day, (col(ParameterRow.ends_on) >= day) | col(ParameterRow.ends_on).is_(None)
    )
    rows = (await session.scalars(query)).all()
    return {row.code: Figure(row.value, row.regulation) for row in rows}


def _check(period: Period, plan: PlanRow, today: date, days: int) -> None:
    if period.starts_on < plan.starts_on or period.ends_on > plan.ends_on:
        raise Refused("INVALID_INPUT")
    opens_on, closes_on = rules.window(period, days)
    if not opens_on <= today <= closes_on:
        raise Refused("PERIOD_CLOSED")


async def _insert(
    session: AsyncSession, asked: Asked, plan: PlanRow, period: Period, figures: dict[str, Figure], today: date
) -> EvaluationRow:
    outcome = rules.derive(Indices(asked.results, asked.behaviour), store.read_regulation(figures))
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
            results_index=asked.results,
            behaviour_index=asked.behaviour,
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
            evaluated_by=asked.appraiser,
            evaluated_on=today,
            recorded_on=today,
            recorded_at=asked.at,
        )
        .on_conflict_do_nothing(index_elements=["plan_id", "kind", "starts_on"], index_where=sa.text("current"))
        .returning(EvaluationRow)
    )
    made = (await session.scalars(written)).one_or_none()
    if made is None:
        raise Refused("ALREADY_EVALUATED")
    return made
