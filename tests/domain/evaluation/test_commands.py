"""An evaluation is recorded by who may, for a period that is over, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain import refusals
from domain.actor import Actor, Role
from domain.audit.tables import AuditEntryRow
from domain.evaluation import commands, store
from domain.evaluation.facts import Predikat, Rating
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.evaluation.tables import EvaluationRow
from domain.ports import CommandContext, Db
from tests import row_factory
from tests.domain.evaluation.test_rules import REGULATION

MakeContext = Callable[..., CommandContext]


@dataclass(frozen=True)
class Team:
    """An appraiser, one of their people, and that person's plan."""

    appraiser: int
    member: int
    plan: int

    @property
    def supervisor(self) -> Actor:
        """The appraiser in their role."""
        return Actor(self.appraiser, Role.SUPERVISOR)


@pytest.fixture
async def team(db: Db) -> Team:
    position = await row_factory.insert_position(db, await row_factory.insert_unit(db))
    appraiser, member = await row_factory.insert_person(db), await row_factory.insert_person(db)
    await row_factory.insert_line(db, member, appraiser)
    return Team(appraiser, member, await row_factory.insert_plan(db, member, position))


def record_request(plan: int, period: str = "2026-Q2", **values: Any) -> RecordEvaluation:
    """A request as it comes from a client."""
    fields = {"results_index": "97.5", "behaviour_index": "101", "evidence": "laporan", "evidence_source": "SIAK"}
    return RecordEvaluation.model_validate({"plan": plan, "period": period, **fields, **values})


async def test_the_figures_in_force_are_those_of_the_regulation(db: Db) -> None:
    assert await store.load_regulation(db, date(2026, 6, 30)) == REGULATION


async def test_a_supervisor_records_an_evaluation_and_everything_is_derived(
    db: Db, act: MakeContext, team: Team
) -> None:
    key = await commands.record(act(team.supervisor), record_request(team.plan))
    (row,) = await row_factory.fetch_table_rows(db, EvaluationRow)
    assert row["id"] == key
    assert (row["score"], row["predikat"], row["low"]) == (Decimal("99.04"), Predikat.BAIK, False)
    assert (row["results_rating"], row["behaviour_rating"]) == (Rating.SESUAI, Rating.SESUAI)
    assert (row["rule"], row["predikat_rank"]) == ("PERMENPANRB-6-2022/R-EVAL-05", 4)
    assert (row["evaluated_by"], row["appraiser_id"], row["person_id"]) == (
        team.appraiser,
        team.appraiser,
        team.member,
    )
    assert (row["starts_on"], row["ends_on"], row["recorded_on"]) == (
        date(2026, 4, 1),
        date(2026, 6, 30),
        date(2026, 7, 1),
    )


async def test_what_was_done_is_in_the_audit_trail(db: Db, act: MakeContext, team: Team) -> None:
    key = await commands.record(act(team.supervisor), record_request(team.plan))
    (entry,) = await row_factory.fetch_table_rows(db, AuditEntryRow)
    assert (entry["action"], entry["subject"], entry["subject_id"]) == ("RECORD_EVALUATION", "evaluation", key)
    assert (entry["principal"], entry["person_id"]) == (f"supervisor:{team.appraiser}", team.member)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPERVISOR])
async def test_nobody_but_a_supervisor_records(act: MakeContext, team: Team, role: Role) -> None:
    with pytest.raises(refusals.NotAllowed):
        await commands.record(act(Actor(team.appraiser, role, "1.")), record_request(team.plan))


async def test_the_plan_of_a_stranger_is_as_if_it_were_not(db: Db, act: MakeContext, team: Team) -> None:
    stranger = Actor(await row_factory.insert_person(db), Role.SUPERVISOR)
    with pytest.raises(refusals.NotFound) as of_another:
        await commands.record(act(stranger), record_request(team.plan))
    with pytest.raises(refusals.NotFound) as missing:
        await commands.record(act(stranger), record_request(team.plan + 1_000_000))
    assert (of_another.value.message, of_another.value.path) == (missing.value.message, missing.value.path)


async def test_nobody_evaluates_himself(db: Db, act: MakeContext, team: Team) -> None:
    with pytest.raises(refusals.NotFound):
        await commands.record(act(Actor(team.member, Role.SUPERVISOR)), record_request(team.plan))


async def test_a_former_supervisor_records_no_more(db: Db, act: MakeContext, team: Team) -> None:
    before, after = await row_factory.insert_person(db), await row_factory.insert_person(db)
    await row_factory.insert_line(db, after, before, starts_on=date(2025, 1, 1), ends_on=date(2026, 6, 30))
    await row_factory.insert_line(db, after, team.appraiser, starts_on=date(2026, 7, 1))
    plan = await row_factory.insert_plan(
        db, after, await row_factory.insert_position(db, await row_factory.insert_unit(db))
    )
    with pytest.raises(refusals.NotFound):
        await commands.record(act(Actor(before, Role.SUPERVISOR)), record_request(plan))
    assert await commands.record(act(team.supervisor), record_request(plan))


@pytest.mark.parametrize("today", [date(2026, 6, 29), date(2026, 8, 15)])
async def test_a_period_is_recorded_within_its_window(act: MakeContext, team: Team, today: date) -> None:
    with pytest.raises(PeriodClosed, match="2026-06-30 to 2026-08-14"):
        await commands.record(act(team.supervisor, today=today), record_request(team.plan))


@pytest.mark.parametrize("today", [date(2026, 6, 30), date(2026, 8, 14)])
async def test_the_window_includes_its_ends(act: MakeContext, team: Team, today: date) -> None:
    assert await commands.record(act(team.supervisor, today=today), record_request(team.plan))


async def test_a_period_outside_the_plan_is_refused_with_its_field(act: MakeContext, team: Team) -> None:
    with pytest.raises(refusals.InvalidInput) as refused:
        await commands.record(act(team.supervisor), record_request(team.plan, "2025-Q4"))
    assert refused.value.path == ("period",)


async def test_a_period_is_evaluated_once(db: Db, act: MakeContext, team: Team) -> None:
    await commands.record(act(team.supervisor), record_request(team.plan))
    await commands.record(act(team.supervisor), record_request(team.plan, results_index="110"))
    with pytest.raises(AlreadyEvaluated):
        await db.flush()
    assert len(await row_factory.fetch_table_rows(db, EvaluationRow)) == 1


async def test_a_month_and_a_quarter_that_begin_on_one_day_are_two_periods(act: MakeContext, team: Team) -> None:
    assert await commands.record(act(team.supervisor), record_request(team.plan, "2026-Q2"))
    assert await commands.record(act(team.supervisor), record_request(team.plan, "2026-06"))


async def test_a_plan_that_is_not_in_force_is_not_evaluated(db: Db, act: MakeContext, team: Team) -> None:
    position = await row_factory.insert_position(db, await row_factory.insert_unit(db))
    ended = await row_factory.insert_plan(db, team.member, position, status="DIHENTIKAN", active=False)
    with pytest.raises(refusals.NotFound):
        await commands.record(act(team.supervisor), record_request(ended))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("results_index", "120.01"),
        ("results_index", "-0.01"),
        ("results_index", "99.999"),
        ("behaviour_index", "NaN"),
        ("evidence", "  "),
        ("evidence_source", ""),
        ("period", "2026-Q5"),
        ("predikat", "SANGAT_BAIK"),
    ],
)
def test_what_breaks_a_limit_is_no_request(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=field):
        record_request(1, **{field: value})
