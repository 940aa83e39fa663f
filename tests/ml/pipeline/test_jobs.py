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

from domain.actor import SYSTEM_ACTOR
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.ports import CommandContext
from domain.risk.drivers import BASE_REASON, REST_REASON, Driver
from domain.risk.facts import Band, ModelKind, ModelStatus
from domain.risk.tables import (
    ModelMetricRow,
    ModelRow,
    PublishedRunRow,
    RiskReasonRow,
    RiskScoreRow,
    ScoringRunRow,
)
from kinerja.jobs import job_worker as queue
from kinerja.postgres.database import Database
from ml import panel_store
from ml.model import artefact
from ml.pipeline import jobs, model_registry
from ml.synthetic import generated_panel as seen
from ml.synthetic import generator
from ml.synthetic.loading import load
from ml.synthetic.province import Province
from ml.synthetic.settings import GeneratorSettings

BUSINESS_DAY = date(2026, 1, 1)
"""The day after the last quarter of a province of twelve quarters."""


@dataclass
class LoadedJobContext:
    """A job's way to the database, on a business day that the test sets."""

    data: Database
    today: date = BUSINESS_DAY
    steps: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[CommandContext]:
        """One transaction of the service itself."""
        async with self.data.open_transaction() as db:
            now = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
            yield CommandContext(db=db, jobs=queue.JobQueue(), actor=SYSTEM_ACTOR, today=self.today, now=now)

    async def report_progress(self, done: int, total: int, step: str) -> None:
        """Remember the step."""
        assert done <= total
        self.steps.append(step)

    async def fetch_statement_rows(self, statement: Any) -> Sequence[Any]:
        """All rows of a query."""
        async with self.data.open_transaction() as db:
            return await db.fetch_all(statement)


@pytest.fixture(scope="module")
def drawn() -> Province:
    return generator.generate_province(GeneratorSettings(employees=1500, seed=4))


@pytest.fixture(scope="module")
async def desk(module_data: Database, drawn: Province) -> LoadedJobContext:
    """A loaded province with a trained model and a published list."""
    made = LoadedJobContext(module_data)
    async with module_data.open_transaction() as db:
        await load.load_province(db, drawn)
    await jobs.train_model(made, {})
    await jobs.score_everybody(made, {})
    return made


async def test_the_panel_of_the_database_is_the_panel_of_the_province(
    desk: LoadedJobContext, drawn: Province
) -> None:
    async with desk.open_transaction() as act:
        known = await panel_store.load_risk_panel(act.db, BUSINESS_DAY)
    expected, got = seen.build_generated_panel(drawn), known.panel
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
    assert np.array_equal(_renumber_codes(got.position_kind), _renumber_codes(expected.position_kind))
    assert np.array_equal(got.evaluated, expected.evaluated)


def _renumber_codes(codes: Any) -> Any:
    """Codes by the place of each one's first holder."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return first[inverse]


async def test_what_is_recorded_after_the_day_is_not_read(desk: LoadedJobContext) -> None:
    earlier = date(2025, 10, 1)
    async with desk.open_transaction() as act:
        before = await panel_store.load_risk_panel(act.db, earlier)
    assert len(before.quarters) == 11
    async with desk.data.rolled_back_transaction() as db:
        for table in (EvaluationRow, MonitoringRow):
            await db.execute(sa.delete(table).where(col(table.recorded_on) > earlier))
        again = await panel_store.load_risk_panel(db, earlier)
    assert again.panel.content_hash() == before.panel.content_hash()


async def test_a_late_correction_is_unknown_to_earlier_cutoffs(desk: LoadedJobContext) -> None:
    async with desk.data.rolled_back_transaction() as db:
        found = await db.fetch_one(
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
        panel = (await panel_store.load_risk_panel(db, BUSINESS_DAY)).panel
    row = int(np.flatnonzero(panel.person == found[1])[0])
    assert panel.score[row, 4] == 61.0
    assert panel.evaluated[row, 4] == 7
    assert np.isnan(panel.snapshot_at(6).score[row, 4])
    assert panel.snapshot_at(7).score[row, 4] == 61.0


async def test_without_any_evaluation_there_is_too_little_history(desk: LoadedJobContext) -> None:
    async with desk.open_transaction() as act:
        with pytest.raises(panel_store.TooLittleHistory, match="over before 2023-01-01"):
            await panel_store.load_risk_panel(act.db, date(2023, 1, 1))


async def test_the_first_model_that_passes_is_champion(desk: LoadedJobContext, drawn: Province) -> None:
    rows = await desk.fetch_statement_rows(
        sa.select(col(ModelRow.kind), col(ModelRow.status), col(ModelRow.gate), col(ModelRow.card))
    )
    assert [tuple(row[:3]) for row in rows] == [(ModelKind.LOGISTIC, ModelStatus.CHAMPION, "PASSED")]
    card = rows[0][3]
    assert card["validation"]["outcomes_censored_by_training"] > 0
    assert card["validation"]["outcomes_missing"] > 0
    assert len(card["validation"]["folds"]) == 4
    metrics = {
        name: (low, value, high)
        for name, low, value, high in await desk.fetch_statement_rows(
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


async def test_the_weights_come_back_from_the_database_with_their_hash(desk: LoadedJobContext) -> None:
    async with desk.data.rolled_back_transaction() as db:
        _, model = await model_registry.load_champion(db)
        (sha256,) = (await db.fetch_all(sa.select(col(ModelRow.sha256))))[0]
        assert artefact.hash_artefact(artefact.dump_artefact(model)) == sha256
        document = artefact.dump_artefact(model) | {"intercept": model.intercept + 1e-9}
        await db.execute(sa.update(ModelRow).values(artefact=document))
        with pytest.raises(model_registry.ModelTampered, match="do not have the hash"):
            await model_registry.load_champion(db)


async def test_the_same_data_trains_the_same_row(desk: LoadedJobContext) -> None:
    await jobs.train_model(desk, {})
    assert (await desk.fetch_statement_rows(sa.select(sa.func.count()).select_from(ModelRow)))[0][0] == 1


async def test_other_data_trains_a_shadow_while_there_is_a_champion(desk: LoadedJobContext) -> None:
    async with desk.data.rolled_back_transaction() as db:
        known = await panel_store.load_risk_panel(db, date(2025, 10, 1))
        made = jobs.fit_candidates(known, 90.0)
        act = CommandContext(
            db=db, jobs=queue.JobQueue(), actor=SYSTEM_ACTOR, today=BUSINESS_DAY, now=datetime.now(UTC)
        )
        status = await jobs.choose_model_status(db, made[0])
        model_id = await model_registry.record_model(act, made[0], status)
        rows = dict(await db.fetch_all(sa.select(col(ModelRow.id), col(ModelRow.status))))
    assert rows[model_id] in {ModelStatus.SHADOW, ModelStatus.REFUSED}
    assert list(rows.values()).count(ModelStatus.CHAMPION) == 1


async def test_everybody_who_serves_is_on_the_published_list(desk: LoadedJobContext, drawn: Province) -> None:
    run = (await desk.fetch_statement_rows(sa.select(*ScoringRunRow.__table__.columns)))[0]  # type: ignore[attr-defined]
    names = [column.name for column in ScoringRunRow.__table__.columns]  # type: ignore[attr-defined]
    made = dict(zip(names, run, strict=True))
    assert made["people"] == int(drawn.observed.active[:, -1].sum()) == made["scored"] + made["abstained"]
    assert (made["cutoff_on"], made["starts_on"], made["ends_on"]) == (BUSINESS_DAY, BUSINESS_DAY, date(2026, 3, 31))
    assert made["seed"] == 20260101
    assert await desk.fetch_statement_rows(sa.select(col(PublishedRunRow.run_id))) == [(made["id"],)]
    ranks = [rank for (rank,) in await desk.fetch_statement_rows(sa.select(col(RiskScoreRow.rank)))]
    assert sorted(ranks) == list(range(1, made["people"] + 1))


async def test_reasons_sum_to_the_logit_exactly(desk: LoadedJobContext) -> None:
    rows = await desk.fetch_statement_rows(
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


async def test_reasons_end_with_the_rest_and_the_base(desk: LoadedJobContext) -> None:
    rows = await desk.fetch_statement_rows(
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
        assert codes[-2:] == [REST_REASON, BASE_REASON]
        assert set(codes[:-2]) <= set(Driver)
        assert sizes[:-2] == sorted(sizes[:-2], reverse=True)


async def test_who_has_no_score_has_no_reasons_and_comes_last(desk: LoadedJobContext) -> None:
    rows = await desk.fetch_statement_rows(
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


async def test_scoring_the_same_day_again_writes_nothing_twice(desk: LoadedJobContext) -> None:
    before = await desk.fetch_statement_rows(
        sa.select(col(RiskScoreRow.id), col(RiskScoreRow.rank)).order_by(col(RiskScoreRow.id))
    )
    await jobs.score_everybody(desk, {})
    after = await desk.fetch_statement_rows(
        sa.select(col(RiskScoreRow.id), col(RiskScoreRow.rank)).order_by(col(RiskScoreRow.id))
    )
    assert before == after
    assert desk.steps[-1] == "DONE"


async def test_the_rows_carry_todays_place(desk: LoadedJobContext) -> None:
    wrong = await desk.fetch_statement_rows(
        sa.text(
            "SELECT s.id FROM risk_score s JOIN person p ON p.id = s.person_id "
            "WHERE (s.unit_path, s.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)"
        ).columns(sa.column("id", sa.BigInteger))
    )
    assert wrong == []


async def test_parameters_of_a_reason_are_figures_to_compare(desk: LoadedJobContext) -> None:
    rows = await desk.fetch_statement_rows(
        sa.select(col(RiskReasonRow.code), sa.cast(col(RiskReasonRow.params), sa.Text)).limit(500)
    )
    for code, text in rows:
        params = json.loads(text)
        assert set(params) == (set() if code in {REST_REASON, BASE_REASON} else {"own", "peers"})


async def test_without_a_model_nothing_is_scored(own: Database, drawn: Province) -> None:
    with pytest.raises(model_registry.NoChampion, match="train one first"):
        await jobs.score_everybody(LoadedJobContext(own), {})


async def test_from_the_second_quarter_on_a_rule_serves(own: Database) -> None:
    made = LoadedJobContext(own, date(2023, 7, 1))
    async with own.open_transaction() as db:
        await load.load_province(
            db, generator.generate_province(GeneratorSettings(employees=400, seed=2, quarters=2))
        )
    await jobs.train_model(made, {})
    await jobs.score_everybody(made, {})
    rows = await made.fetch_statement_rows(sa.select(col(ModelRow.kind), col(ModelRow.status), col(ModelRow.gate)))
    assert rows == [(ModelKind.LAST_SCORE, ModelStatus.CHAMPION, "NOT_TESTED")]
    codes = await made.fetch_statement_rows(sa.select(col(RiskReasonRow.code)).distinct())
    assert {code for (code,) in codes} == {Driver.SCORE, REST_REASON, BASE_REASON}
    await _check_correction_makes_new_run(made)


async def _check_correction_makes_new_run(desk: LoadedJobContext) -> None:
    worst = sa.select(col(RiskScoreRow.person_id)).where(col(RiskScoreRow.rank) == 1)
    ((before,),) = await desk.fetch_statement_rows(worst)
    async with desk.open_transaction() as act:
        await act.db.execute(
            sa.update(EvaluationRow).where(col(EvaluationRow.person_id) == before).values(score=Decimal("110.00"))
        )
    await jobs.score_everybody(desk, {})
    ((published,),) = await desk.fetch_statement_rows(sa.select(col(PublishedRunRow.run_id)))
    runs = [
        run
        for (run,) in await desk.fetch_statement_rows(
            sa.select(col(ScoringRunRow.id)).order_by(col(ScoringRunRow.id))
        )
    ]
    assert (len(runs), published) == (2, runs[1])
    ((after,),) = await desk.fetch_statement_rows(worst.where(col(RiskScoreRow.run_id) == published))
    assert after != before


async def test_with_no_outcome_at_all_training_says_so(own: Database) -> None:
    made = LoadedJobContext(own, date(2023, 4, 1))
    async with own.open_transaction() as db:
        await load.load_province(
            db, generator.generate_province(GeneratorSettings(employees=300, seed=2, quarters=1))
        )
    with pytest.raises(panel_store.TooLittleHistory, match="1 quarters holds no cut-off"):
        await jobs.train_model(made, {})
