"""Model card: purpose, training data, and forbidden uses of a model.

Its fields follow the UK Algorithmic Transparency Recording Standard and Canada's Algorithmic Impact Assessment.
"""

from datetime import date
from typing import Any, Final

from domain.risk.drivers import DRIVER_MEANINGS
from domain.risk.facts import ModelKind
from ml.model import inputs
from ml.model.artefact import Artefact
from ml.validation.metrics import MetricEstimates
from ml.validation.rolling_origin import Fold, ValidationReport

EXCLUDED_DATA: Final = (
    "specific personal data of UU 27/2022 art. 4(2)",
    "sex, age, religion, marital status, disability",
    "kind of employment (PNS or PPPK), tenure in service, whatever the NIP encodes",
)
UNAVAILABLE_INPUTS: Final = (
    "indicator attainment by aspect",
    "evidence lag",
    "plan lateness",
    "workload ratio",
    "competence gap",
    "shortfall of learning hours (JP)",
)
"""Inputs lawful and useful, but not on record for every quarter yet."""


def build_model_card(
    model: Artefact, report: ValidationReport | None, threshold: float, capacity: float, window: tuple[date, date]
) -> dict[str, Any]:
    """Build the model card as JSON values.

    `report` is None for a history too short for a test.
    """
    return {
        "purpose": "Suggests to a human whom support may help; it decides nothing and never acts alone.",
        "question": f"Score under {threshold:g} or work results below expectation in the next quarterly evaluation, "
        "if nothing is done.",
        "must_not_be_used_for": ["pay", "promotion", "discipline", "transfer"],
        "human_oversight": "A named human accepts, declines or defers each suggestion, with a reason.",
        "rights": "The person sees score, reasons and data, and can object to a human.",
        "method": "Logistic regression on standardised inputs; exact additive reasons; no class weights.",
        "window": [day.isoformat() for day in window],
        "rows": model.rows,
        "base_rate": model.base_rate,
        "capacity": capacity,
        "inputs": [
            {"name": feature.name, "driver": feature.driver, "help": DRIVER_MEANINGS[feature.driver].help}
            for feature in inputs.select_features(ModelKind(model.kind))
        ],
        "never_used": list(EXCLUDED_DATA),
        "left_out": list(UNAVAILABLE_INPUTS),
        "interval": "95 %: weights by person (delta method) and the level's drift between quarters.",
        "validation": None if report is None else _describe_validation(report),
        "limits": [
            "The label is a rating: an appraiser's leniency is part of it, and cannot be seen from outside.",
            "Trained people leave the data, so the probability speaks of those not trained.",
            "A quarter unlike all before is not foreseen.",
        ],
    }


def _describe_validation(report: ValidationReport) -> dict[str, Any]:
    return {
        "design": "rolling origin, gap of one quarter, no random split",
        "outcomes_missing": report.missing_count,
        "outcomes_censored_by_training": report.censored_count,
        "folds": [_describe_fold(fold) for fold in report.folds],
        "secondary": {name: _round_metrics(figures) for name, figures in report.secondary.items()},
        "unseen_unit": None if report.unseen_unit is None else _round_metrics(report.unseen_unit),
    }


def _describe_fold(fold: Fold) -> dict[str, Any]:
    return {
        "cutoff": fold.cutoff,
        "people": fold.people,
        "figures": _round_metrics(fold.figures),
        "rules_auc": {kind: round(auc, 4) for kind, auc in fold.rules.items()},
    }


def _round_metrics(figures: MetricEstimates) -> dict[str, float]:
    return {name: round(estimate.value, 4) for name, estimate in figures.items()}
