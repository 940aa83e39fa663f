"""The rolling-origin report: learn from the past, test on what came after, quarter by quarter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.risk.facts import ModelKind
from ml import artefact, baselines, design, inputs, label, logistic, metrics, threads
from ml.artefact import Artefact
from ml.design import HORIZON, Rows
from ml.metrics import Estimate, Figures
from ml.panel import Bools, Floats, Ints, Panel

FOLDS = 4


@dataclass(frozen=True, slots=True)
class Fold:
    """One test quarter: how the model did there, and the AUC of each rule on the same people.

    The figures of one fold carry no interval. `shift` is how far, in logits, the level of risk was from what the
    model expected; `error` its variance by chance.
    """

    cutoff: int
    people: int
    figures: Figures
    rules: Mapping[ModelKind, float]
    shift: float
    error: float


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a way of modelling: over all folds, by fold, for other labels, and in a unit never seen.

    `strength` was chosen before the first fold; `drift` is the variance of the level from quarter to quarter.
    """

    kind: ModelKind
    folds: Sequence[Fold]
    figures: Figures
    rules: Mapping[ModelKind, Figures]
    secondary: Mapping[str, Figures]
    unseen_unit: Figures | None
    strength: float
    drift: float
    missing: int
    censored: int


@threads.alone
def rolling(
    panel: Panel,
    threshold: float,
    capacity: float,
    kind: ModelKind = ModelKind.LOGISTIC,
    folds: int = FOLDS,
) -> Report:
    """Report on the last `folds` cut-offs that have earlier ones to learn from (fewer in a short panel).

    Raises ValueError when there is none, in the terms of the panel.
    """
    rows = design.rows(panel, design.cutoffs(panel.quarters), threshold, kind)
    tests = [int(column) for column in np.unique(rows.cutoff)][HORIZON:][-folds:]
    if not tests:
        raise ValueError(f"{panel.quarters} quarters are too few to learn from one and test on another")
    names = inputs.names(kind)
    strength = logistic.choose(rows.up_to(tests[0] - HORIZON), names)
    models = {column: logistic.fit(rows.up_to(column - HORIZON), names, strength, kind) for column in tests}
    tested = rows.part(rows.cutoff >= tests[0])
    predicted = np.concatenate([artefact.predict(model, rows.at(column).inputs) for column, model in models.items()])
    made = tuple(_fold(panel, rows.at(column), model, capacity) for column, model in models.items())
    return Report(
        kind=kind,
        folds=made,
        figures=metrics.probabilities(tested.low, predicted, tested.index, capacity),
        rules=_rules(panel, tested, capacity),
        secondary=_secondary(panel, threshold, tested, predicted, capacity),
        unseen_unit=_unseen_unit(panel, rows, tests[-1], strength, capacity, kind),
        strength=strength,
        drift=max(0.0, float(np.mean([fold.shift**2 - fold.error for fold in made]))),
        missing=rows.missing,
        censored=rows.censored,
    )


def final(panel: Panel, threshold: float, report: Report) -> Artefact:
    """The model to publish: learnt from every known outcome, with the report's strength and drift."""
    rows = design.rows(panel, design.cutoffs(panel.quarters), threshold, report.kind)
    model = logistic.fit(rows, inputs.names(report.kind), report.strength, report.kind)
    return artefact.drifting(model, report.drift)


def untested(panel: Panel, threshold: float, kind: ModelKind) -> Artefact:
    """A model from a history too short to test it on; raises ValueError when it is too short to learn from."""
    rows = design.rows(panel, design.cutoffs(panel.quarters), threshold, kind)
    return logistic.fit(rows, inputs.names(kind), logistic.USUAL_STRENGTH, kind)


def _fold(panel: Panel, test: Rows, model: Artefact, capacity: float) -> Fold:
    predicted = artefact.predict(model, test.inputs)
    information = float((predicted * (1 - predicted)).sum())
    column = int(test.cutoff[0])
    return Fold(
        cutoff=column,
        people=len(test.low),
        figures=metrics.probabilities(test.low, predicted, test.index, capacity, replicates=0),
        rules={
            kind: metrics.auc(test.low, -rule(panel, column)[test.index]) for kind, rule in baselines.RULES.items()
        },
        shift=float((test.low - predicted).sum()) / information,
        error=1.0 / information,
    )


def _rules(panel: Panel, tested: Rows, capacity: float) -> Mapping[ModelKind, Figures]:
    columns = [int(column) for column in np.unique(tested.cutoff)]
    return {
        kind: metrics.ranking(
            tested.low,
            np.concatenate([-rule(panel, column)[tested.at(column).index] for column in columns]),
            tested.index,
            capacity,
        )
        for kind, rule in baselines.RULES.items()
    }


def _secondary(
    panel: Panel, threshold: float, tested: Rows, predicted: Floats, capacity: float
) -> Mapping[str, Figures]:
    # The same predictions against the other two labels, where these are known and occur at all.
    columns = [int(column) for column in np.unique(tested.cutoff)]
    later = {
        "LOW_WITHIN_TWO": [
            label.low_within(panel, column, threshold, 2) for column in columns if column + 2 < panel.quarters
        ],
        "BELOW_BAIK_NEXT": [label.below_baik_next(panel, column) for column in columns],
    }
    made: dict[str, Figures] = {}
    for name, outcomes in later.items():
        pieces = zip(columns, outcomes, strict=False)
        low, score, person = _joined([_matched(tested, predicted, *piece) for piece in pieces])
        if low.any() and not low.all():
            made[name] = metrics.ranking(low, score, person, capacity)
    return made


def _matched(tested: Rows, predicted: Floats, column: int, outcome: label.Label) -> tuple[Bools, Floats, Ints]:
    here = tested.cutoff == column
    index = tested.index[here]
    known = outcome.known[index]
    return outcome.low[index][known], predicted[here][known], index[known]


def _joined(pieces: list[tuple[Bools, Floats, Ints]]) -> tuple[Bools, Floats, Ints]:
    if not pieces:
        return np.zeros(0, np.bool_), np.zeros(0), np.zeros(0, np.int64)
    low, score, person = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return low, score, person


def _unseen_unit(
    panel: Panel, rows: Rows, column: int, strength: float, capacity: float, kind: ModelKind
) -> Figures | None:
    """Figures at the last fold in the largest unit of at most a third of the people, learnt without that unit."""
    unit = panel.unit[rows.index, rows.cutoff]
    past, test = rows.cutoff <= column - HORIZON, rows.cutoff == column
    codes, sizes = np.unique(unit[test], return_counts=True)
    fitting = np.where(sizes * 3 <= sizes.sum(), sizes, 0)
    chosen = unit == codes[int(np.argmax(fitting))]
    learnt, held = rows.part(past & ~chosen), rows.part(test & chosen)
    if not fitting.any() or not (_both(learnt.low) and _both(held.low)):
        return None
    model = logistic.fit(learnt, inputs.names(kind), strength, kind)
    return metrics.probabilities(held.low, artefact.predict(model, held.inputs), held.index, capacity)


def _both(low: Bools) -> bool:
    return bool(low.any() and not low.all())


def best_rule(report: Report) -> tuple[ModelKind, Estimate]:
    """The rule with the highest AUC over all folds."""
    kind = max(report.rules, key=lambda rule: report.rules[rule]["AUC"].value)
    return kind, report.rules[kind]["AUC"]
