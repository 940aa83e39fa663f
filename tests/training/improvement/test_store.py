"""What the estimate reads is what was written, as of a day."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.ports import Db
from tests.training.improvement import simulation, stored_simulation
from training.assignment.facts import AssignmentSource
from training.improvement import rules, store
from training.improvement.facts import TrialPanel
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow


@pytest.fixture(scope="module")
def world() -> simulation.SimulatedTraining:
    """A world whose scores have two decimals, as the database keeps them."""
    drawn = simulation.simulate_training(250, 3)
    return replace(drawn, panel=replace(drawn.panel, score=np.clip(drawn.panel.score, 0, 120).round(2)))


@pytest.fixture
async def today(db: Db, world: simulation.SimulatedTraining) -> date:
    return await stored_simulation.store_simulation(db, world)


async def load_panel(db: Db, as_of: date) -> TrialPanel:
    return (await store.load_training_history(db, as_of)).build_panel(stored_simulation.PROGRAMME)


async def test_the_panel_read_is_the_panel_written(db: Db, today: date, world: simulation.SimulatedTraining) -> None:
    found, written = await load_panel(db, today), world.panel
    assert found.score.shape == (250, 13)
    assert np.array_equal(found.score[:, :12], written.score, equal_nan=True)
    assert np.isnan(found.score[:, 12]).all()
    assert np.array_equal(found.eligible[:, :12], written.eligible)
    assert found.trained.tolist() == written.trained.tolist()
    assert found.cluster.tolist() == written.cluster.tolist()
    assert rules.study_effect(found).headline == rules.study_effect(written).headline


async def test_later_records_are_left_out(db: Db, today: date, world: simulation.SimulatedTraining) -> None:
    early = date(2025, 3, 31)
    known = await load_panel(db, early)
    assert known.score.shape == (250, 9)
    assert np.array_equal(known.score, world.panel.score[:, :9], equal_nan=True)
    assert known.trained.max() == 8
    before = await load_panel(db, date(2025, 3, 30))
    assert np.isnan(before.score[:, 8]).all()
    assert before.trained.max() == 7
    assert before.eligible[:, 8].any()


async def test_a_late_evaluation_counts_from_the_day_it_was_recorded(db: Db, today: date) -> None:
    first, last = stored_simulation.quarter_starts(12)[11], date(2025, 12, 31)
    await db.execute(sa.text("DELETE FROM evaluation WHERE person_id = 1 AND starts_on = '2025-10-01'"))
    await db.copy(
        "evaluation",
        stored_simulation.EVALUATION,
        [stored_simulation.evaluation_record(1, first, 71.5, recorded_on=today)],
    )
    assert np.isnan((await load_panel(db, last)).score[0, 11])
    assert (await load_panel(db, today)).score[0, 11] == 71.5


async def test_the_last_recorded_version_counts(db: Db, today: date, world: simulation.SimulatedTraining) -> None:
    first = stored_simulation.quarter_starts(12)[5]
    person = int(np.flatnonzero(np.isfinite(world.panel.score[:, 5]))[0])
    corrected = date(2025, 6, 1)
    await db.copy(
        "evaluation",
        stored_simulation.EVALUATION,
        [stored_simulation.evaluation_record(person + 1, first, 55.25, 2, corrected)],
    )
    assert (await load_panel(db, today)).score[person, 5] == 55.25
    assert (await load_panel(db, date(2025, 5, 31))).score[person, 5] == world.panel.score[person, 5]


async def test_who_put_the_training_off_was_not_trained(
    db: Db, today: date, world: simulation.SimulatedTraining
) -> None:
    await db.execute(sa.update(TrainingRecordRow).values(outcome=Outcome.DEFERRED))
    assert (await load_panel(db, today)).trained.max() == -1
    await db.execute(sa.update(TrainingRecordRow).values(outcome=Outcome.FAILED))
    assert (await load_panel(db, today)).trained.tolist() == world.panel.trained.tolist()


async def test_training_outside_any_assignment_does_not_count(
    db: Db, today: date, world: simulation.SimulatedTraining
) -> None:
    await db.execute(sa.update(TrainingRecordRow).values(assignment_id=None))
    assert (await load_panel(db, today)).trained.max() == -1


async def test_a_training_that_ends_later_belongs_to_the_lottery_that_gave_the_seat(
    db: Db, today: date, world: simulation.SimulatedTraining
) -> None:
    moved = col(TrainingRecordRow.completed_on) == date(2024, 3, 31)
    await db.execute(sa.update(TrainingRecordRow).where(moved).values(completed_on=date(2024, 5, 1)))
    assert (await load_panel(db, today)).trained.tolist() == world.panel.trained.tolist()


async def test_people_without_a_unit_stand_alone(db: Db, today: date) -> None:
    await db.execute(sa.text("UPDATE person SET unit_id = NULL, unit_path = NULL WHERE id IN (1, 2)"))
    cluster = (await load_panel(db, today)).cluster
    assert cluster[0] != cluster[1]
    assert np.count_nonzero(cluster == cluster[0]) == np.count_nonzero(cluster == cluster[1]) == 1


async def test_volunteers_stood_in_no_lottery(db: Db, world: simulation.SimulatedTraining) -> None:
    today = await stored_simulation.store_simulation(db, world, AssignmentSource.VOLUNTEER)
    assert (await store.load_training_history(db, today)).programme_ids() == []


async def test_an_empty_database_gives_an_empty_history(db: Db) -> None:
    found = await store.load_training_history(db, date(2026, 1, 1))
    assert found.programme_ids() == []
    assert found.score.shape == (0, 1)
