"""Logistic regression of the champion model, with the penalty chosen on earlier quarters.

Its inputs are standardised.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from domain.risk.facts import ModelKind
from ml import threads
from ml.model.artefact import Artefact, compute_logits, expit
from ml.model.fit_rows import HORIZON, FitRows
from ml.panel import Bools, Floats, Ints

BLOCK_ROWS = 50_000
STRENGTHS = (0.003, 0.01, 0.1, 1.0)
"""Inverse penalties of the search, strongest first."""
USUAL_STRENGTH = 0.01
"""Inverse penalty without enough history for a search."""


def fit_logistic(
    rows: FitRows, names: Sequence[str], strength: float, kind: ModelKind = ModelKind.LOGISTIC
) -> Artefact:
    """Fit the model of these rows; raises ValueError without both outcomes."""
    return fit_table(rows.inputs, rows.low, names, strength, kind=kind, cluster=rows.index)


def choose_strength(rows: FitRows, names: Sequence[str], strengths: Sequence[float] = STRENGTHS) -> float:
    """Choose the strength with the least log loss by rolling validation.

    Each cut-off of these rows is predicted from the rows known before it.
    """
    losses = np.zeros(len(strengths))
    for column in np.unique(rows.cutoff):
        earlier, later = rows.rows_up_to(int(column) - HORIZON), rows.rows_at(int(column))
        if earlier.low.any() and not earlier.low.all():
            losses += [_compute_validation_loss(earlier, later, names, strength) for strength in strengths]
    return strengths[int(np.argmin(losses))] if losses.any() else USUAL_STRENGTH


def _compute_validation_loss(earlier: FitRows, later: FitRows, names: Sequence[str], strength: float) -> float:
    model = fit_table(earlier.inputs, earlier.low, names, strength, sandwich=False)
    return compute_log_loss(later.low, compute_logits(model, later.inputs))


def compute_log_loss(low: Bools, logit: Floats) -> float:
    """Log loss: mean of −log of the probability given to the actual outcome."""
    return float(np.logaddexp(0.0, np.where(low, -logit, logit)).mean())


@threads.single_threaded
def fit_table(
    inputs: Floats,
    low: Bools,
    names: Sequence[str],
    strength: float,
    kind: ModelKind = ModelKind.LOGISTIC,
    cluster: Ints | None = None,
    *,
    sandwich: bool = True,
    sparse: bool = False,
) -> Artefact:
    """Fit a logistic model on any table of finite numbers (n × inputs).

    `cluster` numbers the rows belonging together. `sparse` penalises the sum of absolute weights, so most become
    zero: for small tables of many columns. Without `sandwich` the covariance is left at zero, for fits never
    published. Probabilities are left as they are: no class weights, no resampling. A constant input gets no weight.
    """
    if low.all() or not low.any():
        raise ValueError("a model needs both outcomes to learn from; here everybody has the same")
    means, scales = inputs.mean(axis=0), inputs.std(axis=0)
    varies = scales > 1e-9 * np.maximum(np.abs(means), 1.0)
    scales = np.where(varies, scales, 1.0)
    design = inputs - means
    design /= scales
    design[:, ~varies] = 0.0
    solver = _build_solver(strength, sparse=sparse).fit(design, low)
    coefficients = np.where(varies, solver.coef_[0], 0.0)
    intercept = float(solver.intercept_[0])
    groups = np.arange(len(low)) if cluster is None else cluster
    covariance = np.zeros((len(names) + 1, len(names) + 1))
    if sandwich:
        covariance = _estimate_covariance(design, low, intercept + design @ coefficients, strength, groups)
    return Artefact(
        kind=str(kind),
        names=tuple(names),
        means=tuple(means.tolist()),
        scales=tuple(scales.tolist()),
        coefficients=tuple(coefficients.tolist()),
        low=tuple(inputs.min(axis=0).tolist()),
        high=tuple(inputs.max(axis=0).tolist()),
        intercept=intercept,
        covariance=tuple(tuple(float(f"{value:.6g}") for value in row) for row in covariance),
        drift=0.0,
        base_rate=float(low.mean()),
        rows=len(low),
        strength=strength,
    )


def _build_solver(strength: float, *, sparse: bool) -> LogisticRegression:
    if sparse:
        # The library penalises this solver's intercept too; scaled up, it costs next to nothing.
        return LogisticRegression(C=strength, l1_ratio=1.0, solver="liblinear", intercept_scaling=100.0, tol=1e-5)
    return LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200, tol=1e-8)


def _estimate_covariance(design: Floats, low: Bools, logit: Floats, strength: float, groups: Ints) -> Floats:
    # Sandwich of the penalised likelihood, the scores summed by person (Liang & Zeger 1986).
    probability = expit(logit)
    codes, dense = np.unique(groups, return_inverse=True)
    columns = [np.ones(len(design)), *design.T]
    scores = np.column_stack(
        [np.bincount(dense, weights=column * (low - probability), minlength=len(codes)) for column in columns]
    )
    bread = np.linalg.inv(_compute_curvature(design, probability, strength))
    covariance = bread @ (scores.T @ scores) @ bread
    return np.asarray((covariance + covariance.T) / 2)


def _compute_curvature(design: Floats, probability: Floats, strength: float) -> Floats:
    size = design.shape[1] + 1
    total = np.diag([0.0, *[1.0 / strength] * (size - 1)])
    for start in range(0, len(design), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        full = np.column_stack([np.ones(len(design[rows])), design[rows]])
        total += full.T @ (full * (probability[rows] * (1 - probability[rows]))[:, None])
    return total
