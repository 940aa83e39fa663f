"""Metrics of rankings and probabilities, each with a bootstrap interval.

Areas are by ranks with ties shared; at capacity, people tied at the cut count in proportion, as a lottery would draw
them. The bootstrap gives each person a Poisson(1) weight, so rows of one person stay together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ml.model.artefact import expit
from ml.panel import Bools, Floats, Ints

CALIBRATION_BINS = 10
REPLICATES = 200
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class MetricEstimate:
    """A metric with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


MetricEstimates = Mapping[str, MetricEstimate]


@dataclass(frozen=True, slots=True)
class RankedOutcomes:
    """Outcomes sorted from the highest score down, with the start of each tie run."""

    order: Ints
    low: Floats
    starts: Ints


def estimate_ranking_metrics(
    low: Bools, score: Floats, person: Ints, capacity: float, seed: int = 0, replicates: int = REPLICATES
) -> MetricEstimates:
    """Estimate the ranking metrics at `capacity` (a share of people).

    Base rate, AUC, average precision, and at `capacity` precision, recall and lift. Only the order counts: a higher
    `score` is more at risk.
    """
    ranked = rank_outcomes(low, score)
    return _bootstrap_metrics(
        lambda weight: _compute_ranking_metrics(ranked, weight, capacity), low, person, seed, replicates
    )


def estimate_probability_metrics(
    low: Bools, probability: Floats, person: Ints, capacity: float, seed: int = 0, replicates: int = REPLICATES
) -> MetricEstimates:
    """Estimate the ranking metrics and the metrics of probabilities.

    The latter are the Brier score, the calibration error over ten bins of equal count, slope and intercept of the
    outcome on the logit, and net benefit at the threshold filling `capacity`.
    """
    ranked = rank_outcomes(low, probability)
    calibration = _Calibration.fit_bins(low, probability, capacity)
    return _bootstrap_metrics(
        lambda weight: {**_compute_ranking_metrics(ranked, weight, capacity), **calibration.compute_metrics(weight)},
        low,
        person,
        seed,
        replicates,
    )


def compute_auc(low: Bools, score: Floats) -> float:
    """AUC: chance of a higher score for a low person than for another.

    Ties count half.
    """
    return _compute_ranking_metrics(rank_outcomes(low, score), np.ones(len(low)), 1.0)["AUC"]


def compute_calibration_error(low: Bools, probability: Floats) -> float:
    """Mean distance between promised and actual share over ten bins of equal count."""
    return _Calibration.fit_bins(low, probability, 1.0).compute_metrics(np.ones(len(low)))["CALIBRATION_ERROR"]


def rank_outcomes(low: Bools, score: Floats) -> RankedOutcomes:
    """Sort outcomes by score.

    Raises ValueError without both outcomes, for then no ranking can be judged.
    """
    if low.all() or not low.any():
        raise ValueError("a ranking can be judged only where some people are low and some are not")
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=np.inf))
    return RankedOutcomes(order, low[order].astype(np.float64), starts)


def _compute_ranking_metrics(ranked: RankedOutcomes, weight: Floats, capacity: float) -> dict[str, float]:
    weighted = weight[ranked.order]
    hits = np.add.reduceat(weighted * ranked.low, ranked.starts)
    people = np.add.reduceat(weighted, ranked.starts)
    above, flagged = np.cumsum(hits), np.cumsum(people)
    all_hits, everybody = above[-1], flagged[-1]
    misses = people - hits
    beaten = (everybody - all_hits) - np.cumsum(misses) + misses / 2
    precision = above / np.maximum(flagged, 1e-12)
    seats = capacity * everybody
    caught = float(np.interp(seats, np.concatenate([[0.0], flagged]), np.concatenate([[0.0], above])))
    base = float(all_hits / everybody)
    return {
        "BASE_RATE": base,
        "AUC": float((hits * beaten).sum() / (all_hits * (everybody - all_hits))),
        "AVERAGE_PRECISION": float((hits * precision).sum() / all_hits),
        "PRECISION_AT_CAPACITY": caught / float(seats),
        "RECALL_AT_CAPACITY": caught / float(all_hits),
        "LIFT_AT_CAPACITY": caught / float(seats) / base,
    }


@dataclass(frozen=True, slots=True)
class _Calibration:
    low: Floats
    probability: Floats
    bins: Ints
    calibration_line: Floats
    slopes: Floats
    curves: Floats
    threshold: float

    @classmethod
    def fit_bins(cls, low: Bools, probability: Floats, capacity: float) -> "_Calibration":
        outcome = low.astype(np.float64)
        place = np.argsort(np.argsort(probability, kind="stable"), kind="stable")
        clipped = np.clip(probability, 1e-9, 1 - 1e-9)
        logit = np.log(clipped / (1 - clipped))
        line = _fit_recalibration(outcome, logit)
        fitted = expit(line[0] + line[1] * logit)
        gradient = outcome - fitted
        spread = fitted * (1 - fitted)
        return cls(
            low=outcome,
            probability=probability,
            bins=place * CALIBRATION_BINS // len(place),
            calibration_line=line,
            slopes=np.column_stack([gradient, gradient * logit]),
            curves=np.column_stack([spread, spread * logit, spread * logit * logit]),
            threshold=float(np.quantile(probability, 1 - capacity)),
        )

    def compute_metrics(self, weight: Floats) -> dict[str, float]:
        total = weight.sum()
        gaps = np.bincount(self.bins, weights=weight * (self.low - self.probability), minlength=CALIBRATION_BINS)
        intercept, slope = self._refit_line(weight)
        return {
            "BRIER": float(weight @ (self.low - self.probability) ** 2 / total),
            "CALIBRATION_ERROR": float(np.abs(gaps).sum() / total),
            "CALIBRATION_INTERCEPT": intercept,
            "CALIBRATION_SLOPE": slope,
            "NET_BENEFIT": self._compute_net_benefit(weight) / float(total),
        }

    def _refit_line(self, weight: Floats) -> tuple[float, float]:
        # One Newton step from the fit on everybody: exact for equal weights, and close enough for a replicate.
        gradient = weight @ self.slopes
        level, mixed, steep = weight @ self.curves
        step = np.linalg.lstsq(np.array([[level, mixed], [mixed, steep]]), gradient, rcond=None)[0]
        return float(self.calibration_line[0] + step[0]), float(self.calibration_line[1] + step[1])

    def _compute_net_benefit(self, weight: Floats) -> float:
        flagged = self.probability >= self.threshold
        hits = float(weight[flagged] @ self.low[flagged])
        false = float(weight[flagged].sum()) - hits
        odds = min(self.threshold / max(1 - self.threshold, 1e-9), 1e9)
        return hits - false * odds


def _fit_recalibration(outcome: Floats, logit: Floats) -> Floats:
    # Maximum likelihood of outcome ~ intercept + slope · logit by Newton's method, steps halved while they overshoot.
    design = np.column_stack([np.ones(len(logit)), logit])
    line, loss = np.array([0.0, 1.0]), _negative_log_likelihood(outcome, logit)
    for _ in range(50):
        fitted = expit(design @ line)
        curvature = design.T @ (design * (fitted * (1 - fitted))[:, None])
        step = np.linalg.lstsq(curvature, design.T @ (outcome - fitted), rcond=None)[0]
        while np.abs(step).max() > TINY and _negative_log_likelihood(outcome, design @ (line + step)) > loss:
            step = step / 2
        line = line + step
        loss = _negative_log_likelihood(outcome, design @ line)
        if np.abs(step).max() <= TINY:
            break
    return line


def _negative_log_likelihood(outcome: Floats, logit: Floats) -> float:
    return float((np.logaddexp(0.0, logit) - outcome * logit).sum())


def _bootstrap_metrics(
    compute_metrics: Callable[[Floats], dict[str, float]], low: Bools, person: Ints, seed: int, replicates: int
) -> MetricEstimates:
    codes, dense = np.unique(person, return_inverse=True)
    whole = compute_metrics(np.ones(len(person)))
    random = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {name: [value] for name, value in whole.items()}
    for _ in range(replicates):
        weight = random.poisson(1.0, len(codes)).astype(np.float64)[dense]
        # A replicate of a very small group may hold one outcome only, and then says nothing.
        if weight[low].any() and weight[~low].any():
            for name, value in compute_metrics(weight).items():
                draws[name].append(value)
    return {name: _build_interval(value, np.array(draws[name])) for name, value in whole.items()}


def _build_interval(value: float, draws: Floats) -> MetricEstimate:
    low, high = np.quantile(draws, [0.025, 0.975])
    return MetricEstimate(value, float(low), float(high))
