"""Model registry: each model as a row of plain data with hash, figures and verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain.audit import trail
from domain.ports import CommandContext, Db
from domain.risk.facts import Label, ModelKind, ModelStatus
from domain.risk.tables import ModelMetricRow, ModelRow
from ml.model import artefact
from ml.model.artefact import Artefact
from ml.validation import publication_check
from ml.validation.metrics import MetricEstimate
from ml.validation.publication_check import PublicationAllowed, PublicationRefused
from ml.validation.rolling_origin import ValidationReport

PREDICTED_LABEL = Label.LOW_NEXT_PERIOD


class NoChampion(Exception):
    """The registry has no champion: no model in use."""


class ModelTampered(Exception):
    """The stored weights do not match their hash."""


@dataclass(frozen=True, slots=True)
class ModelCandidate:
    """A fitted model with its report, verdict and card."""

    model: Artefact
    report: ValidationReport | None
    verdict: PublicationAllowed | PublicationRefused | None
    card: Mapping[str, Any]
    data_from: date
    data_to: date
    data_sha256: str


async def load_champion(db: Db) -> tuple[int, Artefact]:
    """Load the key and the weights of the model in use.

    Raises `NoChampion`, or `ModelTampered`.
    """
    found = await db.fetch_one(
        sa.select(col(ModelRow.id), col(ModelRow.artefact), col(ModelRow.sha256)).where(
            col(ModelRow.label) == PREDICTED_LABEL, col(ModelRow.status) == ModelStatus.CHAMPION
        )
    )
    if found is None:
        raise NoChampion("no risk model is in use yet: train one first")
    model_id, document, sha256 = found
    if artefact.hash_artefact(document) != sha256:
        raise ModelTampered(f"the weights of model {model_id} do not have the hash they were registered with")
    return model_id, artefact.load_artefact(document)


async def record_model(act: CommandContext, candidate: ModelCandidate, status: ModelStatus) -> int:
    """Write a model and its figures; returns the key of its row.

    The same weights again are the same row, left as it is.
    """
    document = artefact.dump_artefact(candidate.model)
    sha256 = artefact.hash_artefact(document)
    found = await act.db.fetch_one(
        insert(ModelRow)
        .values(
            kind=ModelKind(candidate.model.kind),
            label=PREDICTED_LABEL,
            status=status,
            artefact=document,
            sha256=sha256,
            data_from=candidate.data_from,
            data_to=candidate.data_to,
            data_sha256=candidate.data_sha256,
            code_version=version("kinerja"),
            card=dict(candidate.card),
            gate="NOT_TESTED"
            if candidate.verdict is None
            else publication_check.summarise_verdict(candidate.verdict),
            trained_at=act.now,
        )
        .on_conflict_do_nothing(index_elements=["sha256"])
        .returning(col(ModelRow.id))
    )
    if found is None:
        return await _fetch_model_id(act.db, sha256)
    model_id = found[0]
    await act.db.execute_many(
        sa.insert(ModelMetricRow).inline(),
        [{"model_id": model_id, **row} for row in build_metric_rows(candidate.report)],
    )
    trail.write_audit_entry(act, "REGISTER_MODEL", ("model", model_id), details={"status": status, "sha256": sha256})
    return model_id


async def _fetch_model_id(db: Db, sha256: str) -> int:
    found = await db.fetch_one(sa.select(col(ModelRow.id)).where(col(ModelRow.sha256) == sha256))
    assert found is not None  # noqa: S101 - the conflict was with this row, and models are never deleted
    return found[0]


async def has_champion(db: Db) -> bool:
    """True if there is a champion."""
    found = await db.fetch_one(
        sa.select(col(ModelRow.id)).where(
            col(ModelRow.label) == PREDICTED_LABEL, col(ModelRow.status) == ModelStatus.CHAMPION
        )
    )
    return found is not None


def build_metric_rows(report: ValidationReport | None) -> Iterator[dict[str, Any]]:
    """Build the metric rows of a validation report.

    Its own figures, the rules' beside them, those of other labels, and the unseen unit's AUC.
    """
    if report is None:
        return
    named: dict[str, MetricEstimate] = dict(report.figures)
    for kind, figures in report.rules.items():
        named |= {f"{kind}_{name}": figures[name] for name in ("AUC", "PRECISION_AT_CAPACITY")}
    for label, figures in report.secondary.items():
        named |= {f"{label}_{name}": figures[name] for name in ("AUC", "BASE_RATE")}
    if report.unseen_unit is not None:
        named["UNSEEN_UNIT_AUC"] = report.unseen_unit["AUC"]
    for name, estimate in named.items():
        value, low, high = (Decimal(f"{figure:.6f}") for figure in (estimate.value, estimate.low, estimate.high))
        yield {"name": name, "value": value, "low": low, "high": high}
