"""Any table as inputs of the same estimator: numbers as they are, words as one column each, nothing left out."""

from collections.abc import Mapping, Sequence

import numpy as np

from ml.model import artefact, logistic
from ml.panel import Bools, Floats, Ints

PENALTY_CANDIDATES = tuple((sparse, strength) for sparse in (False, True) for strength in (0.03, 0.1, 0.3, 1.0))
"""Penalties that are tried: whether by absolute weights, and the inverse strength."""
INNER_FOLDS = 4


def encode_table(table: Mapping[str, Sequence[str]]) -> tuple[Floats, tuple[str, ...]]:
    """Inputs, n × columns, and their names: a column of numbers stays, each word of another becomes 0 or 1."""
    columns: list[Floats] = []
    names: list[str] = []
    for name, values in table.items():
        try:
            columns.append(np.array(values, dtype=np.float64))
            names.append(name)
        except ValueError:
            words = sorted(set(values))
            columns.extend(np.array([value == word for value in values], dtype=np.float64) for word in words)
            names.extend(f"{name}={word}" for word in words)
    return np.column_stack(columns), tuple(names)


def predict_cross_validated(
    inputs: Floats, low: Bools, names: Sequence[str], folds: int = 5, repeats: int = 3, seed: int = 0
) -> Floats:
    """Probabilities, repeats × n, each from a model that did not see its row; folds keep the share of outcomes.

    The penalty is chosen anew inside each fold, by log loss over folds of its own. For tables without time alone: a
    panel is split by time.
    """
    made = np.empty((repeats, len(low)))
    for repeat in range(repeats):
        part = assign_folds(low, folds, np.random.default_rng([seed, repeat]))
        for fold in range(folds):
            learnt = part != fold
            random = np.random.default_rng([seed, repeat, fold])
            sparse, strength = _choose_penalty(inputs[learnt], low[learnt], names, random)
            model = logistic.fit_table(inputs[learnt], low[learnt], names, strength, sandwich=False, sparse=sparse)
            made[repeat, ~learnt] = artefact.predict_probabilities(model, inputs[~learnt])
    return made


def assign_folds(low: Bools, folds: int, random: np.random.Generator) -> Ints:
    """The fold of each row, with the same share of either outcome in each."""
    part = np.empty(len(low), dtype=np.int64)
    for outcome in (True, False):
        rows = random.permutation(np.flatnonzero(low == outcome))
        part[rows] = np.arange(len(rows)) % folds
    return part


def _choose_penalty(
    inputs: Floats, low: Bools, names: Sequence[str], random: np.random.Generator
) -> tuple[bool, float]:
    part = assign_folds(low, INNER_FOLDS, random)
    losses = np.zeros(len(PENALTY_CANDIDATES))
    for fold in range(INNER_FOLDS):
        learnt = part != fold
        for place, (sparse, strength) in enumerate(PENALTY_CANDIDATES):
            model = logistic.fit_table(inputs[learnt], low[learnt], names, strength, sandwich=False, sparse=sparse)
            logit = artefact.compute_logits(model, inputs[~learnt])
            losses[place] += logistic.compute_log_loss(low[~learnt], logit) * (~learnt).sum()
    return PENALTY_CANDIDATES[int(np.argmin(losses))]
