"""The registry of models: each is a row of plain data with its hash, its figures and its verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain.journal import commands as journal
from domain.ports import Act, Db
from domain.risk.facts import Label, ModelKind, ModelStatus
from domain.risk.tables import ModelMetricRow, ModelRow
from ml import artefact, gate
from ml.artefact import Artefact
from ml.evaluate import Report
from ml.gate import Passed, Stopped
from ml.metrics import Estimate

LABEL = Label.LOW_NEXT_PERIOD


class NoChampion(Exception):
    """No model of the registry is in use."""


class ModelTampered(Exception):
    """The weights on record are not those that their hash was made of."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with what there is to say about it."""

    model: Artefact
    report: Report | None
    verdict: Passed | Stopped | None
    card: Mapping[str, Any]
    data_from: date
    data_to: date
    data_sha256: str


async def champion(db: Db) -> tuple[int, Artefact]:
    """The key and the weights of the model in use. Raises `NoChampion`, or `ModelTampered`."""
    found = await db.first(
        sa.select(col(ModelRow.id), col(ModelRow.artefact), col(ModelRow.sha256)).where(
            col(ModelRow.label) == LABEL, col(ModelRow.status) == ModelStatus.CHAMPION
        )
    )
    if found is None:
        raise NoChampion("no risk model is in use yet: train one first")
    model_id, document, sha256 = found
    if artefact.sha256(document) != sha256:
        raise ModelTampered(f"the weights of model {model_id} do not have the hash they were registered with")
    return model_id, artefact.load(document)


async def register(act: Act, made: Trained, status: ModelStatus) -> int:
    """Write a model and its figures; the key of its row. The same weights again are the same row, left as it is."""
    document = artefact.dump(made.model)
    sha256 = artefact.sha256(document)
    found = await act.db.first(
        insert(ModelRow)
        .values(
            kind=ModelKind(made.model.kind),
            label=LABEL,
            status=status,
            artefact=document,
            sha256=sha256,
            data_from=made.data_from,
            data_to=made.data_to,
            data_sha256=made.data_sha256,
            code_version=version("kinerja"),
            card=dict(made.card),
            gate="NOT_TESTED" if made.verdict is None else gate.summary(made.verdict),
            trained_at=act.now,
        )
        .on_conflict_do_nothing(index_elements=["sha256"])
        .returning(col(ModelRow.id))
    )
    if found is None:
        return await _known(act.db, sha256)
    model_id = found[0]
    await act.db.execute_many(
        sa.insert(ModelMetricRow).inline(), [{"model_id": model_id, **row} for row in metric_rows(made.report)]
    )
    journal.note(act, "REGISTER_MODEL", ("model", model_id), details={"status": status, "sha256": sha256})
    return model_id


async def _known(db: Db, sha256: str) -> int:
    found = await db.first(sa.select(col(ModelRow.id)).where(col(ModelRow.sha256) == sha256))
    assert found is not None  # noqa: S101 - the conflict was with this row, and models are never deleted
    return found[0]


async def in_use(db: Db) -> bool:
    """Whether there is a champion."""
    found = await db.first(
        sa.select(col(ModelRow.id)).where(col(ModelRow.label) == LABEL, col(ModelRow.status) == ModelStatus.CHAMPION)
    )
    return found is not None


def metric_rows(report: Report | None) -> Iterator[dict[str, Any]]:
    """The figures of a report as rows: its own, the rules' beside them, other labels' and the unseen unit's AUC."""
    if report is None:
        return
    named: dict[str, Estimate] = dict(report.figures)
    for kind, figures in report.rules.items():
        named |= {f"{kind}_{name}": figures[name] for name in ("AUC", "PRECISION_AT_CAPACITY")}
    for label, figures in report.secondary.items():
        named |= {f"{label}_{name}": figures[name] for name in ("AUC", "BASE_RATE")}
    if report.unseen_unit is not None:
        named["UNSEEN_UNIT_AUC"] = report.unseen_unit["AUC"]
    for name, estimate in named.items():
        value, low, high = (Decimal(f"{figure:.6f}") for figure in (estimate.value, estimate.low, estimate.high))
        yield {"name": name, "value": value, "low": low, "high": high}
