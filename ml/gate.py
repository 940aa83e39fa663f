"""The gate: a model below it is not published, and the reasons are figures against bars."""

from dataclasses import dataclass
from enum import StrEnum

from domain.risk.facts import ModelKind
from ml import evaluate
from ml.evaluate import Report


@dataclass(frozen=True, slots=True)
class Bars:
    """What a model must reach: `over_rule` of AUC above the better rule, `calibration` as the greatest error.

    With fewer than `folds` test quarters or `low` low outcomes in them nothing is known well enough.
    """

    over_rule: float = 0.015
    calibration: float = 0.02
    folds: int = 4
    low: int = 100


class Fault(StrEnum):
    """Which bar was missed."""

    TOO_FEW_QUARTERS = "TOO_FEW_QUARTERS"
    TOO_FEW_LOW = "TOO_FEW_LOW"
    NO_BETTER_THAN_RULE = "NO_BETTER_THAN_RULE"
    NOT_CALIBRATED = "NOT_CALIBRATED"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A bar that was missed: the figure reached, and the bar."""

    fault: Fault
    figure: float
    bar: float

    def __str__(self) -> str:
        return f"{self.fault}: {self.figure:.4f} against {self.bar:.4f}"


@dataclass(frozen=True, slots=True)
class Passed:
    """The model may be published."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The model may not be published, for these reasons."""

    shortfalls: tuple[Shortfall, ...]


def judge(report: Report, bars: Bars | None = None) -> Passed | Stopped:
    """Hold a report against the bars; a rule is not asked to be better than the rules."""
    bars = bars or Bars()
    _, rule = evaluate.best_rule(report)
    low = sum(fold.figures["BASE_RATE"].value * fold.people for fold in report.folds)
    error = report.figures["CALIBRATION_ERROR"].value
    gain = report.figures["AUC"].value - rule.value
    faults = (
        (len(report.folds) < bars.folds, Shortfall(Fault.TOO_FEW_QUARTERS, len(report.folds), bars.folds)),
        (low < bars.low, Shortfall(Fault.TOO_FEW_LOW, low, bars.low)),
        (
            report.kind is ModelKind.LOGISTIC and gain < bars.over_rule,
            Shortfall(Fault.NO_BETTER_THAN_RULE, gain, bars.over_rule),
        ),
        (error > bars.calibration, Shortfall(Fault.NOT_CALIBRATED, error, bars.calibration)),
    )
    shortfalls = tuple(shortfall for missed, shortfall in faults if missed)
    return Stopped(shortfalls) if shortfalls else Passed()


def summary(verdict: Passed | Stopped) -> str:
    """The verdict in one line, for the registry."""
    if isinstance(verdict, Passed):
        return "PASSED"
    return "; ".join(str(shortfall) for shortfall in verdict.shortfalls)
