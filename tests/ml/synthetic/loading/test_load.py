"""A province in the database: whole, consistent with the domain's rules, and able to go on by a quarter."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from sqlmodel import SQLModel

from domain.evaluation import rules, store
from domain.evaluation.facts import PREDIKAT_RANKS, Indices
from domain.indicator.facts import Aggregation
from domain.organisation import rules as organisation
from domain.organisation.facts import Eselon, ExecutorClass, Position, PositionLevel, PositionType
from domain.plan import rules as plans
from domain.plan.facts import Target
from kinerja.postgres import database
from ml.synthetic import generator
from ml.synthetic.loading import frame, load
from ml.synthetic.loading.organisation import classify_subunit
from ml.synthetic.province import Province
from ml.synthetic.settings import GeneratorSettings

SMALL_SETTINGS = GeneratorSettings(employees=600, quarters=8, seed=3)


@pytest.fixture(scope="module")
def small() -> Province:
    return generator.generate_province(SMALL_SETTINGS)


@pytest.fixture(scope="module")
async def filled(module_url: str, small: Province) -> AsyncIterator[database.Database]:
    async with database.open_database(module_url) as data:
        async with data.open_transaction() as db:
            await load.load_province(db, small)
        yield data


@pytest.fixture
async def db(filled: database.Database) -> AsyncIterator[database.Transaction]:
    async with filled.rolled_back_transaction() as transaction:
        yield transaction


async def fetch_all_rows(db: database.Transaction, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.connection.fetch(sql, *values)]


async def fetch_single_row(db: database.Transaction, sql: str) -> Any:
    return (await fetch_all_rows(db, sql))[0][0]


async def test_units_form_one_tree_and_carry_their_path(db: database.Transaction) -> None:
    tree = """WITH RECURSIVE up AS (
        SELECT id, id || '.' AS path, 0 AS depth FROM unit WHERE parent_id IS NULL
        UNION ALL
        SELECT u.id, up.path || u.id || '.', up.depth + 1 FROM unit u JOIN up ON u.parent_id = up.id)
        SELECT count(*), count(*) FILTER (WHERE up.path = u.path AND up.depth = u.depth)
        FROM up JOIN unit u USING (id)"""
    reached, right = (await fetch_all_rows(db, tree))[0]
    assert reached == right == await fetch_single_row(db, "SELECT count(*) FROM unit")
    assert await fetch_single_row(db, "SELECT count(*) FROM unit WHERE parent_id IS NULL") == 1
    assert await fetch_single_row(
        db, "SELECT count(*) FROM unit_placement p JOIN unit u ON u.id = p.unit_id AND u.name = p.name"
    ) == (reached)


async def test_posts_are_consistent_and_have_need_enough(db: database.Transaction) -> None:
    posts = await fetch_all_rows(db, "SELECT type, level, job_class, eselon, executor_class FROM position")
    for type_, level, job_class, eselon, executor in posts:
        post = Position(
            PositionType(type_),
            PositionLevel(level),
            job_class,
            Eselon(eselon) if eselon else None,
            ExecutorClass(executor) if executor else None,
        )
        assert not list(organisation.position_faults(post)), post
    over = """SELECT count(*) FROM position p WHERE need <
        (SELECT count(*) FROM incumbency i WHERE i.position_id = p.id AND i.kind = 'D' AND i.ends_on IS NULL)"""
    assert await fetch_single_row(db, over) == 0
    assert await fetch_single_row(db, "SELECT count(*) FROM position p WHERE NOT EXISTS "
                     "(SELECT FROM incumbency i WHERE i.position_id = p.id)") == 0  # fmt: skip
    assert (
        await fetch_single_row(
            db, "SELECT min(n) FROM (SELECT count(*) n FROM position_indicator GROUP BY position_id) x"
        )
        >= 3
    )


async def test_people_stand_where_the_province_puts_them(db: database.Transaction, small: Province) -> None:
    found = await fetch_all_rows(db, "SELECT id, nip, appraiser_id, left_on, unit_path FROM person ORDER BY id")
    assert [row[1] for row in found] == small.people.nip.tolist()
    serving = small.observed.active[:, -1]
    for (key, _, appraiser, left, path), here, boss in zip(
        found, serving, small.observed.appraiser[:, -1], strict=True
    ):
        assert (left is None) == (path is not None) == here
        assert appraiser == (frame.make_person_key(int(boss)) if here and boss >= 0 else None)
        assert frame.make_person_key(frame.find_person_index(key)) == key


async def check_current_scope(db: database.Transaction) -> None:
    repeated = {"person_id", "unit_path", "appraiser_id"}
    copies = [table for table in SQLModel.metadata.sorted_tables if repeated <= set(table.c.keys())]
    assert {"plan_indicator", "eligibility", "appraiser_line"} <= {table.name for table in copies}
    for table in copies:
        line = table.info.get("line", "appraiser_id")
        apart = f"""SELECT count(*) FROM {table.name} t JOIN person p ON p.id = t.person_id
            WHERE (t.unit_path, t.{line}) IS DISTINCT FROM (p.unit_path, p.appraiser_id)"""
        assert await fetch_single_row(db, apart) == 0, table.name


async def test_today_is_the_same_on_every_row_about_a_person(db: database.Transaction) -> None:
    await check_current_scope(db)


async def test_lines_are_the_appraisers_of_each_quarter(db: database.Transaction, small: Province) -> None:
    for number in range(8):
        first = frame.build_quarter(number).starts_on
        found = await fetch_all_rows(
            db,
            "SELECT person_id, appraiser_id FROM appraiser_line "
            "WHERE starts_on <= $1 AND (ends_on IS NULL OR ends_on >= $1) ORDER BY person_id",
            first,
        )
        boss = small.observed.appraiser[:, number]
        here = np.flatnonzero(small.observed.active[:, number] & (boss >= 0))
        assert found == [(int(i) + 1, int(boss[i]) + 1) for i in here]


async def test_evaluations_are_the_provinces_and_derived_by_the_rules(
    db: database.Transaction, small: Province
) -> None:
    found = await fetch_all_rows(
        db,
        "SELECT person_id, ends_on, results_index, behaviour_index, score, results_rating, behaviour_rating, "
        "predikat, predikat_rank, low, rule FROM evaluation ORDER BY id",
    )
    regulation = await store.load_regulation(db, date(2024, 12, 31))
    seen = small.observed
    sekda = np.flatnonzero(seen.appraiser[:, 0] < 0)[0]
    assert len(found) == (~np.isnan(np.delete(seen.score, sekda, axis=0))).sum()
    number = {frame.build_quarter(t).ends_on: t for t in range(8)}
    for person, ends_on, results, behaviour, score, *derived in found:
        at = frame.find_person_index(person), number[ends_on]
        assert (float(results), float(behaviour), float(score)) == (
            seen.results[at],
            seen.behaviour[at],
            seen.score[at],
        )
        outcome = rules.derive_outcome(Indices(results, behaviour), regulation)
        low = rules.is_low(score, outcome.results_rating, regulation)
        assert derived == [
            outcome.results_rating,
            outcome.behaviour_rating,
            outcome.predikat,
            PREDIKAT_RANKS[outcome.predikat],
            low,
            outcome.rule,
        ]
        if max(results, behaviour) < 120:
            assert abs(outcome.score - score) <= Decimal("0.01")


async def test_an_evaluation_is_recorded_on_the_quarters_last_day_by_its_appraiser(
    db: database.Transaction,
) -> None:
    assert (
        await fetch_single_row(
            db, "SELECT count(*) FROM evaluation WHERE recorded_on <> ends_on OR evaluated_on <> ends_on"
        )
        == 0
    )
    wrong = """SELECT count(*) FROM evaluation
        WHERE (recorded_at AT TIME ZONE 'Asia/Jakarta')::date <> recorded_on"""
    assert await fetch_single_row(db, wrong) == 0
    stray = """SELECT count(*) FROM evaluation e WHERE NOT EXISTS (SELECT FROM appraiser_line l
        WHERE (l.person_id, l.appraiser_id) = (e.person_id, e.evaluated_by)
        AND e.ends_on BETWEEN l.starts_on AND coalesce(l.ends_on, 'infinity'))"""
    assert await fetch_single_row(db, stray) == 0
    outside = """SELECT count(*) FROM evaluation e JOIN plan p ON p.id = e.plan_id
        WHERE e.starts_on < p.starts_on OR e.ends_on > p.ends_on"""
    assert await fetch_single_row(db, outside) == 0


async def test_plans_cascade_and_their_targets_add_up(db: database.Transaction) -> None:
    loose = """SELECT count(*) FROM plan_result r JOIN plan p ON p.id = r.plan_id
        LEFT JOIN plan_result s ON s.id = r.supports_id LEFT JOIN plan sp ON sp.id = s.plan_id
        WHERE p.set_by IS NOT NULL AND (sp.person_id, sp.year) IS DISTINCT FROM (p.set_by, p.year)"""
    assert await fetch_single_row(db, loose) == 0
    assert await fetch_single_row(db, "SELECT count(*) FROM plan WHERE set_by IS NULL") == 2
    assert 0.02 < float(await fetch_single_row(db, "SELECT avg(set_late::int) FROM plan")) < 0.13
    assert (
        await fetch_single_row(db, "SELECT count(*) FROM plan WHERE set_late <> (set_on > make_date(year, 1, 31))")
        == 0
    )
    distinct = "SELECT DISTINCT aggregation, target, target_q1, target_q2, target_q3, target_q4 FROM plan_indicator"
    for aggregation, year, *quarters in await fetch_all_rows(db, distinct):
        first, second, third, fourth = quarters
        assert plans.targets_reconcile(Target(year, (first, second, third, fourth)), Aggregation(aggregation))
    assert (
        await fetch_single_row(
            db, "SELECT count(*) FROM plan_indicator WHERE (aspect IS NULL) = (perspective IS NULL)"
        )
        == 0
    )


async def test_monitoring_is_what_was_observed(db: database.Transaction, small: Province) -> None:
    found = await fetch_all_rows(
        db,
        "SELECT person_id, progress_percent, late_days, activity FROM monitoring WHERE starts_on = $1 ORDER BY 1",
        date(2024, 1, 1),
    )
    seen = small.observed
    here = np.flatnonzero(seen.active[:, 4])
    assert [row[0] - 1 for row in found] == here.tolist()
    assert np.allclose([float(row[1]) for row in found], seen.progress[here, 4])
    late = np.array([np.nan if row[2] is None else row[2] for row in found], dtype=np.float64)
    assert np.array_equal(late, seen.late_days[here, 4], equal_nan=True)
    assert np.allclose([float(row[3]) for row in found], seen.activity[here, 4])


async def test_what_was_drawn_and_attended_is_on_record(db: database.Transaction, small: Province) -> None:
    training = small.training
    seated = await fetch_all_rows(
        db, "SELECT starts_on, count(*), sum(seated::int) FROM eligibility GROUP BY 1 ORDER BY 1"
    )
    assert seated == [
        (frame.build_quarter(t).starts_on, training.eligible[:, t].sum(), (training.seat[:, t] == 1).sum())
        for t in range(4, 8)
    ]
    assert await fetch_single_row(db, "SELECT count(*) FROM assignment") == (training.seat > 0).sum()
    people = await fetch_all_rows(db, "SELECT person_id FROM training_record ORDER BY 1")
    assert [row[0] - 1 for row in people] == np.flatnonzero(training.trained_in >= 0).tolist()
    crowded = """SELECT count(*) FROM session s WHERE status = 'HELD' AND
        taken <> (SELECT count(*) FROM assignment a WHERE a.session_id = s.id)"""
    assert await fetch_single_row(db, crowded) == 0
    lowest = """SELECT count(*) FROM eligibility e JOIN assignment_batch b ON b.id = e.batch_id
        WHERE e.seated <> (e.draw <= b.seats)"""
    assert await fetch_single_row(db, lowest) == 0
    assert (
        await fetch_single_row(db, "SELECT count(*) FROM session WHERE status = 'OPEN' AND starts_on >= '2025-01-01'")
        >= 5
    )


async def test_a_second_province_is_refused(db: database.Transaction, small: Province) -> None:
    with pytest.raises(ValueError, match="already holds people"):
        await load.load_province(db, small)


async def test_new_rows_continue_after_the_loaded_ones(db: database.Transaction) -> None:
    for table in load.KEYED_TABLES:
        highest = await fetch_single_row(db, f"SELECT max(id) FROM {table}")
        assert await fetch_single_row(db, f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))") > highest


async def test_loading_reports_progress(module_url: str, small: Province, own: database.Database) -> None:
    told: list[tuple[int, int, str]] = []

    async def listen(done: int, total: int, step: str) -> None:
        told.append((done, total, step))

    async with own.rolled_back_transaction() as db:
        await load.load_province(db, small, listen)
    assert [done for done, _, _ in told] == list(range(1, told[-1][1] + 1))
    assert [step for _, _, step in told][:3] == ["ORGANISATION", "PEOPLE", "PLANS"]


async def test_a_further_quarter_equals_a_province_loaded_at_once(
    db: database.Transaction, own: database.Database, small: Province
) -> None:
    free = np.flatnonzero((small.training.trained_in < 0) & small.observed.active[:, -1])[:12]
    longer = generator.generate_province(GeneratorSettings(employees=600, quarters=9, seed=3), {8: free})
    await load.load_next_quarter(db, longer, 8)
    tables = {
        "person": "id, position_id, unit_id, unit_path, appraiser_id, left_on",
        "appraiser_line": "person_id, appraiser_id, starts_on, ends_on, unit_path",
        "incumbency": "person_id, position_id, kind, starts_on, ends_on, unit_path, appraiser_id",
        "plan": "id, person_id, unit_path, appraiser_id, year, status, active, ends_on, set_on, set_by",
        "plan_result": "id, plan_id, title, supports_id",
        "evaluation": "id, plan_id, person_id, unit_path, appraiser_id, score, predikat, recorded_at, evaluated_by",
        "monitoring": "person_id, unit_path, appraiser_id, starts_on, progress_percent, late_days, recorded_on",
    }
    async with own.rolled_back_transaction() as other:
        await load.load_province(other, longer)
        for table, columns in tables.items():
            ordered = f"SELECT {columns} FROM {table} ORDER BY {columns}"
            assert await fetch_all_rows(db, ordered) == await fetch_all_rows(other, ordered), table
    await check_current_scope(db)
    assert (
        await fetch_single_row(db, "SELECT count(*) FROM session WHERE status = 'OPEN' AND starts_on >= '2025-04-01'")
        >= 5
    )


@pytest.mark.parametrize(("employees", "quarters"), [(200, 1), (260, 5), (450, 3)])
async def test_small_and_short_provinces_load(own: database.Database, employees: int, quarters: int) -> None:
    drawn = generator.generate_province(GeneratorSettings(employees=employees, quarters=quarters, seed=11))
    async with own.rolled_back_transaction() as other:
        await load.load_province(other, drawn)
        assert await fetch_single_row(other, "SELECT count(*) FROM person") == employees
        assert await fetch_single_row(other, "SELECT max(year) FROM plan") == 2023 + (quarters - 1) // 4
        running = "SELECT min(year) FROM plan WHERE status = 'BERJALAN'"
        assert await fetch_single_row(other, running) == 2023 + (quarters - 1) // 4
        await check_current_scope(other)


async def test_a_quarter_with_its_own_lottery_is_refused(db: database.Transaction) -> None:
    longer = generator.generate_province(GeneratorSettings(employees=600, quarters=9, seed=3))
    with pytest.raises(ValueError, match="name its assigned people"):
        await load.load_next_quarter(db, longer, 8)
    with pytest.raises(ValueError, match="ends with quarter 8, not 7"):
        await load.load_next_quarter(db, longer, 7)


def test_unit_kinds_follow_from_their_names() -> None:
    assert classify_subunit("Suku Dinas Sosial Kota Administrasi Jakarta Pusat") == "SUKU_DINAS"
    assert classify_subunit("RSUD Tarakan") == "RUMAH_SAKIT"
    assert classify_subunit("SD Negeri Gambir 01") == "SEKOLAH"
    assert classify_subunit("Satuan Pelaksana Sosial Tebet") == "UPT"


def test_the_day_after_the_last_quarter_all_evaluations_are_recorded() -> None:
    last = frame.build_quarter(11)
    assert (last.starts_on, last.ends_on) == (date(2025, 10, 1), date(2025, 12, 31))
    assert last.recorded_at.isoformat() == "2025-12-31T08:00:00+00:00"
