"""What the estimate reads is what was written, as of a day."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.ports import Db
from tests.training.improvement import stored, worlds
from training.assignment.facts import Source
from training.improvement import rules, store
from training.improvement.facts import Panel
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow


@pytest.fixture(scope="module")
def world() -> worlds.World:
    """A world whose scores have two decimals, as the database keeps them."""
    drawn = worlds.draw(250, 3)
    return replace(drawn, panel=replace(drawn.panel, score=np.clip(drawn.panel.score, 0, 120).round(2)))


@pytest.fixture
async def today(db: Db, world: worlds.World) -> date:
    return await stored.write(db, world)


async def read(db: Db, as_of: date) -> Panel:
    return (await store.history(db, as_of)).panel(stored.PROGRAMME)


async def test_the_panel_read_is_the_panel_written(db: Db, today: date, world: worlds.World) -> None:
    found, written = await read(db, today), world.panel
    assert found.score.shape == (250, 13)
    assert np.array_equal(found.score[:, :12], written.score, equal_nan=True)
    assert np.isnan(found.score[:, 12]).all()
    assert np.array_equal(found.eligible[:, :12], written.eligible)
    assert found.trained.tolist() == written.trained.tolist()
    assert found.cluster.tolist() == written.cluster.tolist()
    assert rules.study(found).headline == rules.study(written).headline


async def test_what_is_recorded_later_is_not_known(db: Db, today: date, world: worlds.World) -> None:
    early = date(2025, 3, 31)
    known = await read(db, early)
    assert known.score.shape == (250, 9)
    assert np.array_equal(known.score, world.panel.score[:, :9], equal_nan=True)
    assert known.trained.max() == 8
    before = await read(db, date(2025, 3, 30))
    assert np.isnan(before.score[:, 8]).all()
    assert before.trained.max() == 7
    assert before.eligible[:, 8].any()


async def test_a_late_evaluation_is_known_from_the_day_it_was_recorded(db: Db, today: date) -> None:
    first, last = stored.starts(12)[11], date(2025, 12, 31)
    await db.execute(sa.text("DELETE FROM evaluation WHERE person_id = 1 AND starts_on = '2025-10-01'"))
    await db.copy("evaluation", stored.EVALUATION, [stored.evaluation(1, first, 71.5, recorded_on=today)])
    assert np.isnan((await read(db, last)).score[0, 11])
    assert (await read(db, today)).score[0, 11] == 71.5


async def test_the_last_version_known_stands(db: Db, today: date, world: worlds.World) -> None:
    first = stored.starts(12)[5]
    person = int(np.flatnonzero(np.isfinite(world.panel.score[:, 5]))[0])
    corrected = date(2025, 6, 1)
    await db.copy("evaluation", stored.EVALUATION, [stored.evaluation(person + 1, first, 55.25, 2, corrected)])
    assert (await read(db, today)).score[person, 5] == 55.25
    assert (await read(db, date(2025, 5, 31))).score[person, 5] == world.panel.score[person, 5]


async def test_who_put_the_training_off_was_not_trained(db: Db, today: date, world: worlds.World) -> None:
    await db.execute(sa.update(TrainingRecordRow).values(outcome=Outcome.DEFERRED))
    assert (await read(db, today)).trained.max() == -1
    await db.execute(sa.update(TrainingRecordRow).values(outcome=Outcome.FAILED))
    assert (await read(db, today)).trained.tolist() == world.panel.trained.tolist()


async def test_training_outside_any_assignment_does_not_count(db: Db, today: date, world: worlds.World) -> None:
    await db.execute(sa.update(TrainingRecordRow).values(assignment_id=None))
    assert (await read(db, today)).trained.max() == -1


async def test_a_training_that_ends_later_belongs_to_the_lottery_that_gave_the_seat(
    db: Db, today: date, world: worlds.World
) -> None:
    moved = col(TrainingRecordRow.completed_on) == date(2024, 3, 31)
    await db.execute(sa.update(TrainingRecordRow).where(moved).values(completed_on=date(2024, 5, 1)))
    assert (await read(db, today)).trained.tolist() == world.panel.trained.tolist()


async def test_people_without_a_unit_stand_alone(db: Db, today: date) -> None:
    await db.execute(sa.text("UPDATE person SET unit_id = NULL, unit_path = NULL WHERE id IN (1, 2)"))
    cluster = (await read(db, today)).cluster
    assert cluster[0] != cluster[1]
    assert np.count_nonzero(cluster == cluster[0]) == np.count_nonzero(cluster == cluster[1]) == 1


async def test_volunteers_stood_in_no_lottery(db: Db, world: worlds.World) -> None:
    today = await stored.write(db, world, Source.VOLUNTEER)
    assert (await store.history(db, today)).programmes() == []


async def test_an_empty_database_gives_an_empty_history(db: Db) -> None:
    found = await store.history(db, date(2026, 1, 1))
    assert found.programmes() == []
    assert found.score.shape == (0, 1)
