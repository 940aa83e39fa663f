"""Rows as tests need them: each maker fills what a test does not care about, and gives the row's key."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain.evaluation.tables import EvaluationRow
from domain.organisation.tables import PositionRow, UnitRow
from domain.people.tables import AppraiserLineRow, IncumbencyRow, PersonRow
from domain.plan.tables import PlanRow
from domain.ports import Db
from domain.risk.tables import ModelRow, PublishedRunRow, RiskScoreRow, ScoringRunRow
from training.catalogue.tables import ProgrammeRow
from training.session.tables import SessionRow

_next = itertools.count(1)

LONG_AGO = date(2020, 1, 1)
RECORDED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def insert_row(db: Db, table: type[SQLModel], **values: Any) -> int:
    """Insert a row and give its key."""
    key = SQLModel.metadata.tables[str(table.__tablename__)].c.id
    found = await db.fetch_one(sa.insert(table).values(**values).returning(key))
    assert found is not None
    return int(found[0])


async def insert_unit(db: Db, parent_path: str = "", **values: Any) -> int:
    number = next(_next)
    path = f"{parent_path}{number}."
    defaults = {"code": f"U{number}", "name": f"Unit {number}", "kind": "DINAS", "path": path}
    return await insert_row(
        db, UnitRow, **{**defaults, "depth": path.count(".") - 1, "starts_on": LONG_AGO, **values}
    )


async def insert_position(db: Db, unit_id: int, **values: Any) -> int:
    defaults = {
        "unit_id": unit_id,
        "unit_path": "1.",
        "title": "Analis Kebijakan Ahli Pertama",
        "type": "FUNGSIONAL",
        "level": "AHLI_PERTAMA",
        "job_class": 8,
        "need": 3,
        "structural": False,
        "family": "analis",
        "starts_on": LONG_AGO,
    }
    return await insert_row(db, PositionRow, **{**defaults, **values})


async def insert_person(db: Db, **values: Any) -> int:
    number = next(_next)
    defaults = {
        "nip": f"19860926201505{number:04d}"[:18].ljust(18, "1"),
        "name": f"Pegawai {number}",
        "employment": "PNS",
        "unit_path": "1.",
        "joined_on": LONG_AGO,
    }
    return await insert_row(db, PersonRow, **{**defaults, **values})


async def insert_line(db: Db, person_id: int, appraiser_id: int, **values: Any) -> int:
    """Who appraises whom, in the line's history and, if it is open, in the person's own row."""
    if values.get("ends_on") is None:
        await db.execute(sa.update(PersonRow).where(col(PersonRow.id) == person_id).values(appraiser_id=appraiser_id))
    defaults = {"person_id": person_id, "appraiser_id": appraiser_id, "starts_on": LONG_AGO}
    defaults |= {"todays_appraiser_id": appraiser_id} if values.get("ends_on") is None else {}
    return await insert_row(db, AppraiserLineRow, **{**defaults, **values})


async def insert_incumbency(db: Db, person_id: int, position_id: int, **values: Any) -> int:
    defaults = {
        "person_id": person_id,
        "position_id": position_id,
        "structural": False,
        "kind": "D",
        "starts_on": LONG_AGO,
    }
    return await insert_row(db, IncumbencyRow, **{**defaults, **values})


async def insert_plan(db: Db, person_id: int, position_id: int, year: int = 2026, **values: Any) -> int:
    defaults = {
        "person_id": person_id,
        "position_id": position_id,
        "unit_path": "1.",
        "year": year,
        "version": 1,
        "status": "BERJALAN",
        "active": True,
        "approach": "KUANTITATIF",
        "starts_on": date(year, 1, 1),
        "ends_on": date(year, 12, 31),
    }
    return await insert_row(db, PlanRow, **{**defaults, **values})


async def insert_evaluation(db: Db, plan_id: int, person_id: int, evaluated_by: int, **values: Any) -> int:
    defaults = {
        "plan_id": plan_id,
        "person_id": person_id,
        "unit_path": "1.",
        "kind": "TRIWULAN",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 3, 31),
        "results_index": Decimal(100),
        "behaviour_index": Decimal(100),
        "score": Decimal(100),
        "results_rating": "SESUAI",
        "behaviour_rating": "SESUAI",
        "predikat": "BAIK",
        "predikat_rank": 4,
        "low": False,
        "rule": "PERMENPANRB-6-2022/R-EVAL-05",
        "evaluated_by": evaluated_by,
        "evaluated_on": date(2026, 3, 31),
        "recorded_on": date(2026, 3, 31),
        "recorded_at": RECORDED_AT,
    }
    return await insert_row(db, EvaluationRow, **{**defaults, **values})


async def insert_programme(db: Db, **values: Any) -> int:
    number = next(_next)
    defaults = {
        "code": f"P{number}",
        "name": f"Bimbingan Teknis {number}",
        "kind": "BIMBINGAN_TEKNIS",
        "addresses": "CANNOT",
        "jp": 20,
        "organiser": "BPSDM",
        "description": "Perencanaan kerja yang terukur.",
        "cost_per_person": Decimal(1_500_000),
        "starts_on": LONG_AGO,
    }
    return await insert_row(db, ProgrammeRow, **{**defaults, **values})


async def insert_session(db: Db, programme_id: int, **values: Any) -> int:
    defaults = {
        "programme_id": programme_id,
        "starts_on": date(2026, 8, 3),
        "ends_on": date(2026, 8, 5),
        "place": "Gedung BPSDM",
        "seats": 5,
        "taken": 0,
        "status": "OPEN",
    }
    return await insert_row(db, SessionRow, **{**defaults, **values})


async def insert_run(db: Db, *, published: bool = True, **values: Any) -> int:
    """A scoring run of a model of its own, published unless told otherwise."""
    number = next(_next)
    model = await insert_row(
        db,
        ModelRow,
        kind="LOGISTIC",
        label="LOW_NEXT_PERIOD",
        status="SHADOW",
        artefact={},
        sha256=f"{number:064x}",
        data_from=LONG_AGO,
        data_to=date(2026, 6, 30),
        data_sha256="0" * 64,
        code_version="0.1.0",
        card={},
        gate="PASSED",
        trained_at=RECORDED_AT,
    )
    defaults = {
        "model_id": model,
        "label": "LOW_NEXT_PERIOD",
        "cutoff_on": date(2026, 7, 1),
        "starts_on": date(2026, 7, 1),
        "ends_on": date(2026, 9, 30),
        "people": 0,
        "scored": 0,
        "abstained": 0,
        "seed": 1,
        "inputs_sha256": "0" * 64,
        "finished_at": RECORDED_AT,
    }
    run_id = await insert_row(db, ScoringRunRow, **{**defaults, **values})
    if published:
        await db.execute(
            sa.insert(PublishedRunRow).values(label="LOW_NEXT_PERIOD", run_id=run_id, published_at=RECORDED_AT)
        )
    return run_id


async def insert_score(db: Db, run_id: int, person_id: int, rank: int, **values: Any) -> int:
    defaults = {
        "run_id": run_id,
        "person_id": person_id,
        "unit_path": "1.",
        "rank": rank,
        "probability": Decimal("0.5") / rank,
        "low": Decimal(0),
        "high": Decimal(1),
        "logit": Decimal(0),
        "band": "HIGH",
        "hindered": False,
        "evaluations_known": 4,
    }
    return await insert_row(db, RiskScoreRow, **{**defaults, **values})


async def fetch_table_rows(db: Db, table: type[SQLModel]) -> list[dict[str, Any]]:
    """All rows of a table, by key."""
    found = SQLModel.metadata.tables[str(table.__tablename__)]
    rows = await db.fetch_all(sa.select(*found.c).order_by(*found.primary_key))
    return [dict(zip(found.c.keys(), each, strict=True)) for each in rows]


async def identity_payload(row: int) -> int:
    """What is shown of a changed row where its key is all that matters."""
    return row
