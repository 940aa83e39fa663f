"""A model below its bars is not published, and is told which."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from domain.risk.facts import ModelKind
from ml.validation import publication_check
from ml.validation.metrics import MetricEstimate
from ml.validation.publication_check import CheckFailure, PublicationAllowed, PublicationRefused
from ml.validation.rolling_origin import Fold, ValidationReport


def build_estimates(**values: float) -> Mapping[str, MetricEstimate]:
    return {name: MetricEstimate(value, value - 0.01, value + 0.01) for name, value in values.items()}


def build_report(auc: float = 0.85, error: float = 0.01, folds: int = 4, people: int = 1000) -> ValidationReport:
    fold = Fold(7, people, build_estimates(BASE_RATE=0.05), {ModelKind.LAST_SCORE: 0.8}, 0.0, 0.0)
    return ValidationReport(
        kind=ModelKind.LOGISTIC,
        folds=[fold] * folds,
        figures=build_estimates(AUC=auc, CALIBRATION_ERROR=error),
        rules={
            ModelKind.LAST_SCORE: build_estimates(AUC=0.80),
            ModelKind.FOUR_QUARTER_MEAN: build_estimates(AUC=0.83),
        },
        secondary={},
        unseen_unit=None,
        strength=0.01,
        drift=0.0,
        missing_count=0,
        censored_count=0,
    )


def test_a_good_model_passes() -> None:
    assert publication_check.check_publication(build_report()) == PublicationAllowed()
    assert publication_check.summarise_verdict(PublicationAllowed()) == "PASSED"


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (build_report(auc=0.844), CheckFailure.NO_BETTER_THAN_RULE),
        (build_report(error=0.021), CheckFailure.NOT_CALIBRATED),
        (build_report(folds=3), CheckFailure.TOO_FEW_QUARTERS),
        (build_report(people=400), CheckFailure.TOO_FEW_LOW),
    ],
)
def test_each_bar_stops_by_itself(made: ValidationReport, fault: CheckFailure) -> None:
    verdict = publication_check.check_publication(made)
    assert isinstance(verdict, PublicationRefused)
    assert [shortfall.failure for shortfall in verdict.shortfalls] == [fault]


def test_the_bar_is_the_better_rule_and_the_summary_says_how_far() -> None:
    verdict = publication_check.check_publication(build_report(auc=0.84, error=0.05))
    assert publication_check.summarise_verdict(verdict) == (
        "NO_BETTER_THAN_RULE: 0.0100 against 0.0150; NOT_CALIBRATED: 0.0500 against 0.0200"
    )


def test_a_rule_need_not_beat_itself() -> None:
    assert (
        publication_check.check_publication(replace(build_report(auc=0.83), kind=ModelKind.FOUR_QUARTER_MEAN))
        == PublicationAllowed()
    )
