"""Risk scores as of a cut-off: probability, interval, band, rank and reasons."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.risk.facts import Abstention, Band, ModelKind
from ml import threads
from ml.model import artefact, features, fit_rows, inputs, reasons
from ml.model.artefact import Artefact
from ml.model.reasons import MICROS_PER_LOGIT, Explanation
from ml.panel import Bools, Ints, RiskPanel

Z95 = 1.959964
ELEVATED_FACTOR = 2.0
"""Multiple of the usual risk that makes a band elevated, if surely exceeded."""


@dataclass(frozen=True, slots=True)
class PanelScores:
    """Scores of the people active at the cut-off (m), in the order of the panel.

    `index` is a person's place in the panel; `probability`, `low` and `high` (95 % interval) are millionths, and mean
    nothing under `abstentions`; `rank` is 1…m, those without a score last; `draw` is the number drawn by each in the
    lottery among ties. `explanation` has a row for each of the m.
    """

    index: Ints
    person: Ints
    probability: Ints
    low: Ints
    high: Ints
    band: Sequence[Band]
    rank: Ints
    draw: Sequence[int]
    evaluation_counts: Ints
    abstentions: Sequence[Abstention | None]
    explanation: Explanation


@threads.single_threaded
def score_panel(model: Artefact, panel: RiskPanel, column: int, capacity: float, seed: int) -> PanelScores:
    """Score the panel as of the end of `column`.

    `capacity` is the share of people with a seat. Equal arguments give equal bytes, and nothing after `column` has a
    part in it.
    """
    kind = ModelKind(model.kind)
    seen = panel.snapshot_at(column)
    index = np.flatnonzero(seen.active[:, column])
    table = inputs.build_inputs(kind, seen, column)[index]
    why = reasons.explain_logits(model, inputs.select_features(kind), seen, column, table, index)
    error = artefact.compute_logit_errors(model, table)
    logit = why.logit / MICROS_PER_LOGIT
    few = ~fit_rows.has_enough_evaluations(seen, column)[index]
    strange = artefact.find_unfamiliar_inputs(model, table) & ~few
    scored = ~few & ~strange
    probability, low, high = (
        np.rint(artefact.expit(logit + step * error) * MICROS_PER_LOGIT).astype(np.int64) for step in (0.0, -Z95, Z95)
    )
    draw = [draw_lottery_number(seed, int(person)) for person in seen.person[index]]
    return PanelScores(
        index=index,
        person=seen.person[index],
        probability=probability,
        low=low,
        high=high,
        band=assign_bands(probability, low, high, scored, capacity, model.base_rate),
        rank=rank_by_risk(probability, scored, draw),
        draw=draw,
        evaluation_counts=features.count_recorded_evaluations(seen, column)[index],
        abstentions=[_choose_abstention(*pair) for pair in zip(few.tolist(), strange.tolist(), strict=True)],
        explanation=why,
    )


def draw_lottery_number(seed: int, person: int) -> int:
    """Lottery number of a person: first 64 bits of SHA-256 of `seed:person`.

    Anybody can draw it again.
    """
    return int.from_bytes(hashlib.sha256(f"{seed}:{person}".encode()).digest()[:8], "big")


def rank_by_risk(probability: Ints, scored: Bools, draw: Sequence[int]) -> Ints:
    """Rank by risk, 1…n: highest probability first, ties by the smaller draw.

    Those without a score come last.
    """
    drawn = np.array(draw, dtype=np.uint64)
    order = np.lexsort((drawn, np.where(scored, -probability, 1)))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(1, len(order) + 1)
    return place


def assign_bands(
    probability: Ints, low: Ints, high: Ints, scored: Bools, capacity: float, base_rate: float
) -> list[Band]:
    """Assign each person's band from the interval, the seats and the usual rate.

    HIGH: the whole interval lies within the capacity. ELEVATED: it reaches into the capacity, or lies wholly above
    twice the usual rate. LOW: the rest. UNKNOWN: no score.
    """
    cut = find_capacity_threshold(probability[scored], capacity)
    inside = low >= cut
    above = (high >= cut) | (low >= ELEVATED_FACTOR * base_rate * MICROS_PER_LOGIT)
    return [
        Band.UNKNOWN if not known else Band.HIGH if sure else Band.ELEVATED if perhaps else Band.LOW
        for known, sure, perhaps in zip(scored.tolist(), inside.tolist(), above.tolist(), strict=True)
    ]


def find_capacity_threshold(probability: Ints, capacity: float) -> float:
    """Probability of the last person with a seat; infinite without seats or people."""
    seats = int(np.floor(capacity * len(probability)))
    if seats < 1:
        return float("inf")
    return float(np.sort(probability)[::-1][seats - 1])


def _choose_abstention(few: bool, strange: bool) -> Abstention | None:  # noqa: FBT001 - two columns of one table
    if few:
        return Abstention.TOO_FEW_EVALUATIONS
    return Abstention.OUTSIDE_TRAINING_RANGE if strange else None
