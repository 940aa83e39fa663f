"""The card of a model: what it is for, what it was made from, what it may not be used for.

Its fields follow the UK Algorithmic Transparency Recording Standard and Canada's Algorithmic Impact Assessment.
"""

from datetime import date
from typing import Any, Final

from domain.risk.drivers import MEANINGS
from domain.risk.facts import ModelKind
from ml import inputs
from ml.artefact import Artefact
from ml.evaluate import Fold, Report
from ml.metrics import Figures

NEVER_USED: Final = (
    "specific personal data of UU 27/2022 art. 4(2)",
    "sex, age, religion, marital status, disability",
    "kind of employment (PNS or PPPK), tenure in service, whatever the NIP encodes",
)
LEFT_OUT: Final = (
    "indicator attainment by aspect",
    "evidence lag",
    "plan lateness",
    "workload ratio",
    "competence gap",
    "shortfall of learning hours (JP)",
)
"""Lawful and useful, but not on record for every quarter yet."""


def card(
    model: Artefact, report: Report | None, threshold: float, capacity: float, window: tuple[date, date]
) -> dict[str, Any]:
    """The card as JSON values; without a report where history is too short for a test."""
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
            {"name": feature.name, "driver": feature.driver, "help": MEANINGS[feature.driver].help}
            for feature in inputs.registry(ModelKind(model.kind))
        ],
        "never_used": list(NEVER_USED),
        "left_out": list(LEFT_OUT),
        "interval": "95 %: weights by person (delta method) and the level's drift between quarters.",
        "validation": None if report is None else _validation(report),
        "limits": [
            "The label is a rating: an appraiser's leniency is part of it, and cannot be seen from outside.",
            "Trained people leave the data, so the probability speaks of those not trained.",
            "A quarter unlike all before is not foreseen.",
        ],
    }


def _validation(report: Report) -> dict[str, Any]:
    return {
        "design": "rolling origin, gap of one quarter, no random split",
        "outcomes_missing": report.missing,
        "outcomes_censored_by_training": report.censored,
        "folds": [_fold(fold) for fold in report.folds],
        "secondary": {name: _rounded(figures) for name, figures in report.secondary.items()},
        "unseen_unit": None if report.unseen_unit is None else _rounded(report.unseen_unit),
    }


def _fold(fold: Fold) -> dict[str, Any]:
    return {
        "cutoff": fold.cutoff,
        "people": fold.people,
        "figures": _rounded(fold.figures),
        "rules_auc": {kind: round(auc, 4) for kind, auc in fold.rules.items()},
    }


def _rounded(figures: Figures) -> dict[str, float]:
    return {name: round(estimate.value, 4) for name, estimate in figures.items()}
