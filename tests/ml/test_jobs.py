"""The jobs on a real database: what is read, registered, scored and published."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.actor import SYSTEM
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.ports import Act
from domain.risk.drivers import BASE, REST, Driver
from domain.risk.facts import Band, ModelKind, ModelStatus
from domain.risk.tables import (
    ModelMetricRow,
    ModelRow,
    PublishedRunRow,
    RiskReasonRow,
    RiskScoreRow,
    ScoringRunRow,
)
from kinerja import jobs as queue
from kinerja.database import Database
from ml import artefact, history, jobs, registry
from ml.population import generator, load
from ml.population import panel as seen
from ml.population.province import Province
from ml.population.settings import Settings

AFTER = date(2026, 1, 1)
"""The day after the last quarter of a province of twelve quarters."""


@dataclass
class Desk:
    """A job's way to the database, on a business day that the test sets."""

    data: Database
    today: date = AFTER
    steps: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Act]:
        """One transaction of the service itself."""
        async with self.data.write() as db:
            now = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
            yield Act(db=db, jobs=queue.Queue(), actor=SYSTEM, today=self.today, now=now)

    async def progress(self, done: int, total: int, step: str) -> None:
        """Remember the step."""
        assert done <= total
        self.steps.append(step)

    async def rows(self, statement: Any) -> Sequence[Any]:
        """All rows of a query."""
        async with self.data.write() as db:
            return await db.fetch(statement)


@pytest.fixture(scope="module")
def drawn() -> Province:
    return generator.draw(Settings(employees=1500, seed=4))


@pytest.fixture(scope="module")
async def desk(module_data: Database, drawn: Province) -> Desk:
    """A loaded province with a trained model and a published list."""
    made = Desk(module_data)
    async with module_data.write() as db:
        await load.load(db, drawn)
    await jobs.train(made, {})
    await jobs.score(made, {})
    return made


async def test_the_panel_of_the_database_is_the_panel_of_the_province(desk: Desk, drawn: Province) -> None:
    async with desk.write() as act:
        known = await history.read(act.db, AFTER)
    expected, got = seen.panel(drawn), known.panel
    sekda = drawn.observed.appraiser[:, 0] < 0
    assert got.first == (2023, 1)
    assert np.array_equal(got.active, expected.active)
    assert np.array_equal(got.trained, expected.trained)
    for name in ("score", "results", "behaviour", "work_below", "below_baik"):
        assert np.array_equal(getattr(got, name)[~sekda], getattr(expected, name)[~sekda], equal_nan=True), name
    for name in ("late_days", "late_last_month", "absence"):
        assert np.array_equal(getattr(got, name), getattr(expected, name), equal_nan=True), name
    for name in ("activity", "activity_last_month", "progress"):
        assert np.nanmax(np.abs(getattr(got, name) - getattr(expected, name))) < 0.00501, name
    boss = np.where(got.active & (expected.appraiser >= 0), expected.appraiser + 1, -1)
    assert np.array_equal(got.appraiser, boss)
    assert np.array_equal(_partition(got.position_kind), _partition(expected.position_kind))
    assert np.array_equal(got.evaluated, expected.evaluated)


def _partition(codes: Any) -> Any:
    """Codes by the place of each one's first holder."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return first[inverse]


async def test_what_is_recorded_after_the_day_is_not_read(desk: Desk) -> None:
    earlier = date(2025, 10, 1)
    async with desk.write() as act:
        before = await history.read(act.db, earlier)
    assert len(before.quarters) == 11
    async with desk.data.rehearse() as db:
        for table in (EvaluationRow, MonitoringRow):
            await db.execute(sa.delete(table).where(col(table.recorded_on) > earlier))
        again = await history.read(db, earlier)
    assert again.panel.sha256() == before.panel.sha256()


async def test_a_late_correction_is_unknown_to_earlier_cutoffs(desk: Desk) -> None:
    async with desk.data.rehearse() as db:
        found = await db.first(
            sa.select(col(EvaluationRow.id), col(EvaluationRow.person_id)).where(
                col(EvaluationRow.starts_on) == date(2024, 1, 1)
            )
        )
        assert found is not None
        await db.execute(
            sa.update(EvaluationRow)
            .where(col(EvaluationRow.id) == found[0])
            .values(recorded_on=date(2024, 11, 15), score=Decimal("61.00"))
        )
        panel = (await history.read(db, AFTER)).panel
    row = int(np.flatnonzero(panel.person == found[1])[0])
    assert panel.score[row, 4] == 61.0
    assert panel.evaluated[row, 4] == 7
    assert np.isnan(panel.as_of(6).score[row, 4])
    assert panel.as_of(7).score[row, 4] == 61.0


async def test_without_any_evaluation_there_is_too_little_history(desk: Desk) -> None:
    async with desk.write() as act:
        with pytest.raises(history.TooLittleHistory, match="over before 2023-01-01"):
            await history.read(act.db, date(2023, 1, 1))


async def test_the_first_model_that_passes_is_champion(desk: Desk, drawn: Province) -> None:
    rows = await desk.rows(
        sa.select(col(ModelRow.kind), col(ModelRow.status), col(ModelRow.gate), col(ModelRow.card))
    )
    assert [tuple(row[:3]) for row in rows] == [(ModelKind.LOGISTIC, ModelStatus.CHAMPION, "PASSED")]
    card = rows[0][3]
    assert card["validation"]["outcomes_censored_by_training"] > 0
    assert card["validation"]["outcomes_missing"] > 0
    assert len(card["validation"]["folds"]) == 4
    metrics = {
        name: (low, value, high)
        for name, low, value, high in await desk.rows(
            sa.select(
                col(ModelMetricRow.name),
                col(ModelMetricRow.low),
                col(ModelMetricRow.value),
                col(ModelMetricRow.high),
            )
        )
    }
    assert {"AUC", "LAST_SCORE_AUC", "FOUR_QUARTER_MEAN_AUC", "BASE_RATE", "LOW_WITHIN_TWO_AUC"} <= set(metrics)
    assert metrics["AUC"][1] > metrics["LAST_SCORE_AUC"][1]
    assert all(low <= value <= high for low, value, high in metrics.values())


async def test_the_weights_come_back_from_the_database_with_their_hash(desk: Desk) -> None:
    async with desk.data.rehearse() as db:
        _, model = await registry.champion(db)
        (sha256,) = (await db.fetch(sa.select(col(ModelRow.sha256))))[0]
        assert artefact.sha256(artefact.dump(model)) == sha256
        document = artefact.dump(model) | {"intercept": model.intercept + 1e-9}
        await db.execute(sa.update(ModelRow).values(artefact=document))
        with pytest.raises(registry.ModelTampered, match="do not have the hash"):
            await registry.champion(db)


async def test_the_same_data_trains_the_same_row(desk: Desk) -> None:
    await jobs.train(desk, {})
    assert (await desk.rows(sa.select(sa.func.count()).select_from(ModelRow)))[0][0] == 1


async def test_other_data_trains_a_shadow_while_there_is_a_champion(desk: Desk) -> None:
    async with desk.data.rehearse() as db:
        known = await history.read(db, date(2025, 10, 1))
        made = jobs.candidates(known, 90.0)
        act = Act(db=db, jobs=queue.Queue(), actor=SYSTEM, today=AFTER, now=datetime.now(UTC))
        status = await jobs.status_of(db, made[0])
        model_id = await registry.register(act, made[0], status)
        rows = dict(await db.fetch(sa.select(col(ModelRow.id), col(ModelRow.status))))
    assert rows[model_id] in {ModelStatus.SHADOW, ModelStatus.REFUSED}
    assert list(rows.values()).count(ModelStatus.CHAMPION) == 1


async def test_everybody_who_serves_is_on_the_published_list(desk: Desk, drawn: Province) -> None:
    run = (await desk.rows(sa.select(*ScoringRunRow.__table__.columns)))[0]  # type: ignore[attr-defined]
    names = [column.name for column in ScoringRunRow.__table__.columns]  # type: ignore[attr-defined]
    made = dict(zip(names, run, strict=True))
    assert made["people"] == int(drawn.observed.active[:, -1].sum()) == made["scored"] + made["abstained"]
    assert (made["cutoff_on"], made["starts_on"], made["ends_on"]) == (AFTER, AFTER, date(2026, 3, 31))
    assert made["seed"] == 20260101
    assert await desk.rows(sa.select(col(PublishedRunRow.run_id))) == [(made["id"],)]
    ranks = [rank for (rank,) in await desk.rows(sa.select(col(RiskScoreRow.rank)))]
    assert sorted(ranks) == list(range(1, made["people"] + 1))


async def test_reasons_sum_to_the_logit_exactly(desk: Desk) -> None:
    rows = await desk.rows(
        sa.select(
            col(RiskScoreRow.id),
            col(RiskScoreRow.logit),
            sa.func.sum(col(RiskReasonRow.term)),
            sa.func.count(),
        )
        .join(RiskReasonRow, col(RiskReasonRow.score_id) == col(RiskScoreRow.id))
        .group_by(col(RiskScoreRow.id))
    )
    assert len(rows) > 1000
    assert all(logit == total for _, logit, total, _ in rows)
    assert max(count for *_, count in rows) <= 7


async def test_reasons_end_with_the_rest_and_the_base(desk: Desk) -> None:
    rows = await desk.rows(
        sa.select(
            sa.func.array_agg(sa.text("risk_reason.code ORDER BY risk_reason.ordinal"), type_=sa.ARRAY(sa.Text)),
            sa.func.array_agg(
                sa.text("abs(risk_reason.term) ORDER BY risk_reason.ordinal"), type_=sa.ARRAY(sa.Numeric)
            ),
        )
        .select_from(RiskReasonRow)
        .group_by(col(RiskReasonRow.score_id))
    )
    for codes, sizes in rows:
        assert codes[-2:] == [REST, BASE]
        assert set(codes[:-2]) <= set(Driver)
        assert sizes[:-2] == sorted(sizes[:-2], reverse=True)


async def test_who_has_no_score_has_no_reasons_and_comes_last(desk: Desk) -> None:
    rows = await desk.rows(
        sa.select(
            col(RiskScoreRow.rank),
            col(RiskScoreRow.probability),
            col(RiskScoreRow.band),
            col(RiskScoreRow.abstained),
            sa.select(sa.func.count())
            .select_from(RiskReasonRow)
            .where(col(RiskReasonRow.score_id) == col(RiskScoreRow.id))
            .scalar_subquery(),
        ).order_by(col(RiskScoreRow.rank))
    )
    silent = [row for row in rows if row[3] is not None]
    assert all(row[1] is None and row[2] == Band.UNKNOWN and row[4] == 0 for row in silent)
    assert rows[len(rows) - len(silent) :] == silent


async def test_scoring_the_same_day_again_writes_nothing_twice(desk: Desk) -> None:
    before = await desk.rows(sa.select(col(RiskScoreRow.id), col(RiskScoreRow.rank)).order_by(col(RiskScoreRow.id)))
    await jobs.score(desk, {})
    after = await desk.rows(sa.select(col(RiskScoreRow.id), col(RiskScoreRow.rank)).order_by(col(RiskScoreRow.id)))
    assert before == after
    assert desk.steps[-1] == "DONE"


async def test_the_rows_carry_todays_place(desk: Desk) -> None:
    wrong = await desk.rows(
        sa.text(
            "SELECT s.id FROM risk_score s JOIN person p ON p.id = s.person_id "
            "WHERE (s.unit_path, s.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)"
        ).columns(sa.column("id", sa.BigInteger))
    )
    assert wrong == []


async def test_parameters_of_a_reason_are_figures_to_compare(desk: Desk) -> None:
    rows = await desk.rows(sa.select(col(RiskReasonRow.code), sa.cast(col(RiskReasonRow.params), sa.Text)).limit(500))
    for code, text in rows:
        params = json.loads(text)
        assert set(params) == (set() if code in {REST, BASE} else {"own", "peers"})


async def test_without_a_model_nothing_is_scored(own: Database, drawn: Province) -> None:
    with pytest.raises(registry.NoChampion, match="train one first"):
        await jobs.score(Desk(own), {})


async def test_from_the_second_quarter_on_a_rule_serves(own: Database) -> None:
    made = Desk(own, date(2023, 7, 1))
    async with own.write() as db:
        await load.load(db, generator.draw(Settings(employees=400, seed=2, quarters=2)))
    await jobs.train(made, {})
    await jobs.score(made, {})
    rows = await made.rows(sa.select(col(ModelRow.kind), col(ModelRow.status), col(ModelRow.gate)))
    assert rows == [(ModelKind.LAST_SCORE, ModelStatus.CHAMPION, "NOT_TESTED")]
    codes = await made.rows(sa.select(col(RiskReasonRow.code)).distinct())
    assert {code for (code,) in codes} == {Driver.SCORE, REST, BASE}
    await _a_correction_makes_a_new_run(made)


async def _a_correction_makes_a_new_run(desk: Desk) -> None:
    worst = sa.select(col(RiskScoreRow.person_id)).where(col(RiskScoreRow.rank) == 1)
    ((before,),) = await desk.rows(worst)
    async with desk.write() as act:
        await act.db.execute(
            sa.update(EvaluationRow).where(col(EvaluationRow.person_id) == before).values(score=Decimal("110.00"))
        )
    await jobs.score(desk, {})
    ((published,),) = await desk.rows(sa.select(col(PublishedRunRow.run_id)))
    runs = [run for (run,) in await desk.rows(sa.select(col(ScoringRunRow.id)).order_by(col(ScoringRunRow.id)))]
    assert (len(runs), published) == (2, runs[1])
    ((after,),) = await desk.rows(worst.where(col(RiskScoreRow.run_id) == published))
    assert after != before


async def test_with_no_outcome_at_all_training_says_so(own: Database) -> None:
    made = Desk(own, date(2023, 4, 1))
    async with own.write() as db:
        await load.load(db, generator.draw(Settings(employees=300, seed=2, quarters=1)))
    with pytest.raises(history.TooLittleHistory, match="1 quarters holds no cut-off"):
        await jobs.train(made, {})
