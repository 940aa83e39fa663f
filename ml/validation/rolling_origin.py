"""Rolling-origin validation: fit on the past, test on the next quarter, repeatedly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.risk.facts import ModelKind
from ml import threads
from ml.model import artefact, baselines, fit_rows, inputs, labels, logistic
from ml.model.artefact import Artefact
from ml.model.fit_rows import HORIZON, FitRows
from ml.panel import Bools, Floats, Ints, RiskPanel
from ml.validation import metrics
from ml.validation.metrics import MetricEstimate, MetricEstimates

TEST_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Fold:
    """One test quarter: metrics of the model, and AUC of each rule.

    All are on the same people. The figures of one fold carry no interval. `shift` is the distance, in logits, of the
    level of risk from the model's expectation; `error` its variance by chance.
    """

    cutoff: int
    people: int
    figures: MetricEstimates
    rules: Mapping[ModelKind, float]
    shift: float
    error: float


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """Validation report of a modelling method.

    Over all folds, by fold, for other labels, and in an unseen unit. `strength` was chosen before the first fold;
    `drift` is the variance of the level from quarter to quarter.
    """

    kind: ModelKind
    folds: Sequence[Fold]
    figures: MetricEstimates
    rules: Mapping[ModelKind, MetricEstimates]
    secondary: Mapping[str, MetricEstimates]
    unseen_unit: MetricEstimates | None
    strength: float
    drift: float
    missing_count: int
    censored_count: int


@threads.single_threaded
def validate_rolling_origin(
    panel: RiskPanel,
    threshold: float,
    capacity: float,
    kind: ModelKind = ModelKind.LOGISTIC,
    folds: int = TEST_FOLDS,
) -> ValidationReport:
    """Validate on the last `folds` cut-offs with earlier ones to learn from.

    Fewer in a short panel. Raises ValueError without any, in the terms of the panel.
    """
    rows = fit_rows.collect_fit_rows(panel, fit_rows.list_cutoffs(panel.quarter_count), threshold, kind)
    tests = [int(column) for column in np.unique(rows.cutoff)][HORIZON:][-folds:]
    if not tests:
        raise ValueError(f"{panel.quarter_count} quarters are too few to learn from one and test on another")
    names = inputs.list_input_names(kind)
    strength = logistic.choose_strength(rows.rows_up_to(tests[0] - HORIZON), names)
    models = {
        column: logistic.fit_logistic(rows.rows_up_to(column - HORIZON), names, strength, kind) for column in tests
    }
    tested = rows.select_fit_rows(rows.cutoff >= tests[0])
    predicted = np.concatenate(
        [artefact.predict_probabilities(model, rows.rows_at(column).inputs) for column, model in models.items()]
    )
    made = tuple(_evaluate_fold(panel, rows.rows_at(column), model, capacity) for column, model in models.items())
    return ValidationReport(
        kind=kind,
        folds=made,
        figures=metrics.estimate_probability_metrics(tested.low, predicted, tested.index, capacity),
        rules=_evaluate_rules(panel, tested, capacity),
        secondary=_evaluate_secondary_labels(panel, threshold, tested, predicted, capacity),
        unseen_unit=_evaluate_unseen_unit(panel, rows, tests[-1], strength, capacity, kind),
        strength=strength,
        drift=max(0.0, float(np.mean([fold.shift**2 - fold.error for fold in made]))),
        missing_count=rows.missing_count,
        censored_count=rows.censored_count,
    )


def fit_final_model(panel: RiskPanel, threshold: float, report: ValidationReport) -> Artefact:
    """Fit the model to publish on every known outcome.

    With the report's strength and drift.
    """
    rows = fit_rows.collect_fit_rows(panel, fit_rows.list_cutoffs(panel.quarter_count), threshold, report.kind)
    model = logistic.fit_logistic(rows, inputs.list_input_names(report.kind), report.strength, report.kind)
    return artefact.replace_drift(model, report.drift)


def fit_untested_model(panel: RiskPanel, threshold: float, kind: ModelKind) -> Artefact:
    """Fit a model from a history too short for a test.

    Raises ValueError when it is too short to learn from.
    """
    rows = fit_rows.collect_fit_rows(panel, fit_rows.list_cutoffs(panel.quarter_count), threshold, kind)
    return logistic.fit_logistic(rows, inputs.list_input_names(kind), logistic.USUAL_STRENGTH, kind)


def _evaluate_fold(panel: RiskPanel, test: FitRows, model: Artefact, capacity: float) -> Fold:
    predicted = artefact.predict_probabilities(model, test.inputs)
    information = float((predicted * (1 - predicted)).sum())
    column = int(test.cutoff[0])
    return Fold(
        cutoff=column,
        people=len(test.low),
        figures=metrics.estimate_probability_metrics(test.low, predicted, test.index, capacity, replicates=0),
        rules={
            kind: metrics.compute_auc(test.low, -rule(panel, column)[test.index])
            for kind, rule in baselines.BASELINE_RULES.items()
        },
        shift=float((test.low - predicted).sum()) / information,
        error=1.0 / information,
    )


def _evaluate_rules(panel: RiskPanel, tested: FitRows, capacity: float) -> Mapping[ModelKind, MetricEstimates]:
    columns = [int(column) for column in np.unique(tested.cutoff)]
    return {
        kind: metrics.estimate_ranking_metrics(
            tested.low,
            np.concatenate([-rule(panel, column)[tested.rows_at(column).index] for column in columns]),
            tested.index,
            capacity,
        )
        for kind, rule in baselines.BASELINE_RULES.items()
    }


def _evaluate_secondary_labels(
    panel: RiskPanel, threshold: float, tested: FitRows, predicted: Floats, capacity: float
) -> Mapping[str, MetricEstimates]:
    # The same predictions against the other two labels, where these are known and occur at all.
    columns = [int(column) for column in np.unique(tested.cutoff)]
    later = {
        "LOW_WITHIN_TWO": [
            labels.label_low_within(panel, column, threshold, 2)
            for column in columns
            if column + 2 < panel.quarter_count
        ],
        "BELOW_BAIK_NEXT": [labels.label_below_baik_next(panel, column) for column in columns],
    }
    made: dict[str, MetricEstimates] = {}
    for name, outcomes in later.items():
        pieces = zip(columns, outcomes, strict=False)
        low, score, person = _join_outcomes([_match_outcomes(tested, predicted, *piece) for piece in pieces])
        if low.any() and not low.all():
            made[name] = metrics.estimate_ranking_metrics(low, score, person, capacity)
    return made


def _match_outcomes(
    tested: FitRows, predicted: Floats, column: int, outcome: labels.CutoffOutcomes
) -> tuple[Bools, Floats, Ints]:
    here = tested.cutoff == column
    index = tested.index[here]
    known = outcome.observed[index]
    return outcome.low[index][known], predicted[here][known], index[known]


def _join_outcomes(pieces: list[tuple[Bools, Floats, Ints]]) -> tuple[Bools, Floats, Ints]:
    if not pieces:
        return np.zeros(0, np.bool_), np.zeros(0), np.zeros(0, np.int64)
    low, score, person = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return low, score, person


def _evaluate_unseen_unit(
    panel: RiskPanel, rows: FitRows, column: int, strength: float, capacity: float, kind: ModelKind
) -> MetricEstimates | None:
    """Metrics at the last fold in a unit left out of the fit.

    It is the largest unit of at most a third of the people.
    """
    unit = panel.unit[rows.index, rows.cutoff]
    past, test = rows.cutoff <= column - HORIZON, rows.cutoff == column
    codes, sizes = np.unique(unit[test], return_counts=True)
    fitting = np.where(sizes * 3 <= sizes.sum(), sizes, 0)
    chosen = unit == codes[int(np.argmax(fitting))]
    learnt, held = rows.select_fit_rows(past & ~chosen), rows.select_fit_rows(test & chosen)
    if not fitting.any() or not (_has_both_outcomes(learnt.low) and _has_both_outcomes(held.low)):
        return None
    model = logistic.fit_logistic(learnt, inputs.list_input_names(kind), strength, kind)
    return metrics.estimate_probability_metrics(
        held.low, artefact.predict_probabilities(model, held.inputs), held.index, capacity
    )


def _has_both_outcomes(low: Bools) -> bool:
    return bool(low.any() and not low.all())


def find_best_rule(report: ValidationReport) -> tuple[ModelKind, MetricEstimate]:
    """Find the rule with the highest AUC over all folds."""
    kind = max(report.rules, key=lambda rule: report.rules[rule]["AUC"].value)
    return kind, report.rules[kind]["AUC"]
