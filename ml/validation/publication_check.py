"""Publication check: thresholds of a model for its publication, and reasons of refusal.

The reasons are figures beside thresholds.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.risk.facts import ModelKind
from ml.validation import rolling_origin
from ml.validation.rolling_origin import ValidationReport


@dataclass(frozen=True, slots=True)
class PublicationThresholds:
    """Thresholds of the publication check.

    `auc_gain` of AUC above the better rule, `calibration_error` as the greatest error. With fewer than `folds` test
    quarters or `low_outcomes` low outcomes in them nothing is known well enough.
    """

    auc_gain: float = 0.015
    calibration_error: float = 0.02
    folds: int = 4
    low_outcomes: int = 100


class CheckFailure(StrEnum):
    """Which bar was missed."""

    TOO_FEW_QUARTERS = "TOO_FEW_QUARTERS"
    TOO_FEW_LOW = "TOO_FEW_LOW"
    NO_BETTER_THAN_RULE = "NO_BETTER_THAN_RULE"
    NOT_CALIBRATED = "NOT_CALIBRATED"


@dataclass(frozen=True, slots=True)
class ThresholdShortfall:
    """A missed threshold: the figure reached, and the threshold."""

    failure: CheckFailure
    figure: float
    threshold: float

    def __str__(self) -> str:
        return f"{self.failure}: {self.figure:.4f} against {self.threshold:.4f}"


@dataclass(frozen=True, slots=True)
class PublicationAllowed:
    """Verdict: the model may be published."""


@dataclass(frozen=True, slots=True)
class PublicationRefused:
    """Verdict: the model may not be published, for these reasons."""

    shortfalls: tuple[ThresholdShortfall, ...]


def check_publication(
    report: ValidationReport, thresholds: PublicationThresholds | None = None
) -> PublicationAllowed | PublicationRefused:
    """Compare a report with the thresholds.

    A rule need not be better than the rules.
    """
    thresholds = thresholds or PublicationThresholds()
    _, rule = rolling_origin.find_best_rule(report)
    low = sum(fold.figures["BASE_RATE"].value * fold.people for fold in report.folds)
    error = report.figures["CALIBRATION_ERROR"].value
    gain = report.figures["AUC"].value - rule.value
    faults = (
        (
            len(report.folds) < thresholds.folds,
            ThresholdShortfall(CheckFailure.TOO_FEW_QUARTERS, len(report.folds), thresholds.folds),
        ),
        (low < thresholds.low_outcomes, ThresholdShortfall(CheckFailure.TOO_FEW_LOW, low, thresholds.low_outcomes)),
        (
            report.kind is ModelKind.LOGISTIC and gain < thresholds.auc_gain,
            ThresholdShortfall(CheckFailure.NO_BETTER_THAN_RULE, gain, thresholds.auc_gain),
        ),
        (
            error > thresholds.calibration_error,
            ThresholdShortfall(CheckFailure.NOT_CALIBRATED, error, thresholds.calibration_error),
        ),
    )
    shortfalls = tuple(shortfall for missed, shortfall in faults if missed)
    return PublicationRefused(shortfalls) if shortfalls else PublicationAllowed()


def summarise_verdict(verdict: PublicationAllowed | PublicationRefused) -> str:
    """Summarise the verdict in one line, for the registry."""
    if isinstance(verdict, PublicationAllowed):
        return "PASSED"
    return "; ".join(str(shortfall) for shortfall in verdict.shortfalls)
