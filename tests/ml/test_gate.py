"""A model below its bars is not published, and is told which."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from domain.risk.facts import ModelKind
from ml import gate
from ml.evaluate import Fold, Report
from ml.gate import Fault, Passed, Stopped
from ml.metrics import Estimate


def figures(**values: float) -> Mapping[str, Estimate]:
    return {name: Estimate(value, value - 0.01, value + 0.01) for name, value in values.items()}


def report(auc: float = 0.85, error: float = 0.01, folds: int = 4, people: int = 1000) -> Report:
    fold = Fold(7, people, figures(BASE_RATE=0.05), {ModelKind.LAST_SCORE: 0.8}, 0.0, 0.0)
    return Report(
        kind=ModelKind.LOGISTIC,
        folds=[fold] * folds,
        figures=figures(AUC=auc, CALIBRATION_ERROR=error),
        rules={
            ModelKind.LAST_SCORE: figures(AUC=0.80),
            ModelKind.FOUR_QUARTER_MEAN: figures(AUC=0.83),
        },
        secondary={},
        unseen_unit=None,
        strength=0.01,
        drift=0.0,
        missing=0,
        censored=0,
    )


def test_a_good_model_passes() -> None:
    assert gate.judge(report()) == Passed()
    assert gate.summary(Passed()) == "PASSED"


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (report(auc=0.844), Fault.NO_BETTER_THAN_RULE),
        (report(error=0.021), Fault.NOT_CALIBRATED),
        (report(folds=3), Fault.TOO_FEW_QUARTERS),
        (report(people=400), Fault.TOO_FEW_LOW),
    ],
)
def test_each_bar_stops_by_itself(made: Report, fault: Fault) -> None:
    verdict = gate.judge(made)
    assert isinstance(verdict, Stopped)
    assert [shortfall.fault for shortfall in verdict.shortfalls] == [fault]


def test_the_bar_is_the_better_rule_and_the_summary_says_how_far() -> None:
    verdict = gate.judge(report(auc=0.84, error=0.05))
    assert gate.summary(verdict) == (
        "NO_BETTER_THAN_RULE: 0.0100 against 0.0150; NOT_CALIBRATED: 0.0500 against 0.0200"
    )


def test_a_rule_need_not_beat_itself() -> None:
    assert gate.judge(replace(report(auc=0.83), kind=ModelKind.FOUR_QUARTER_MEAN)) == Passed()
