"""Model artefact: a fitted model as JSON weights with a hash, never a pickle.

It is computed by numpy alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ml.panel import Bools, Floats

ARTEFACT_FORMAT = 1


@dataclass(frozen=True)
class Artefact:
    """Logistic model over named inputs: logit = intercept + Σ coefficient · z.

    z = (x − mean) / scale. `covariance` belongs to (intercept, coefficients), clustered by person; `drift` is the
    variance of the logit's level from one quarter to another. `low` and `high` bound the model's training range of
    each input. `base_rate` is the share of low outcomes among the `rows` of its fit; `strength` the inverse penalty.
    """

    kind: str
    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    coefficients: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    intercept: float
    covariance: tuple[tuple[float, ...], ...]
    drift: float
    base_rate: float
    rows: int
    strength: float

    @cached_property
    def weights(self) -> Floats:
        """Weights in logits per unit of each input."""
        return np.asarray(np.array(self.coefficients) / np.array(self.scales))

    def standardise(self, inputs: Floats) -> Floats:
        """Standardise inputs (n × inputs) to the model's own units."""
        return np.asarray((inputs - np.array(self.means)) / np.array(self.scales))


def replace_drift(artefact: Artefact, drift: float) -> Artefact:
    """Copy a model with another variance of the level."""
    return replace(artefact, drift=drift)


def compute_logits(artefact: Artefact, inputs: Floats) -> Floats:
    """Log odds of a low outcome for each row of `inputs`.

    `inputs` is n × inputs, in the order of `artefact.names`.
    """
    return np.asarray(artefact.intercept + artefact.standardise(inputs) @ np.array(artefact.coefficients))


def predict_probabilities(artefact: Artefact, inputs: Floats) -> Floats:
    """Probability of a low outcome for each row of `inputs`."""
    return expit(compute_logits(artefact, inputs))


def compute_logit_errors(artefact: Artefact, inputs: Floats) -> Floats:
    """Standard error of each row's logit.

    It rests on the weights' variance (delta method) and the level's from quarter to quarter.
    """
    design = np.column_stack([np.ones(len(inputs)), artefact.standardise(inputs)])
    variance = ((design @ np.array(artefact.covariance)) * design).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0) + artefact.drift))


def find_unfamiliar_inputs(artefact: Artefact, inputs: Floats) -> Bools:
    """Rows with a weighted input outside the training range.

    The margin is half a standard deviation; inputs without weight do not count.
    """
    room = 0.5 * np.array(artefact.scales)
    beyond = (inputs < np.array(artefact.low) - room) | (inputs > np.array(artefact.high) + room)
    return np.asarray((beyond & (np.array(artefact.coefficients) != 0)).any(axis=1))


def expit(logit: Floats) -> Floats:
    """Probability of log odds, without overflow."""
    shrunk = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1.0 / (1.0 + shrunk), shrunk / (1.0 + shrunk))


def dump_artefact(artefact: Artefact) -> dict[str, Any]:
    """The artefact as JSON values."""
    return {"format": ARTEFACT_FORMAT, **_to_json_values(asdict(artefact))}


def load_artefact(document: Mapping[str, Any]) -> Artefact:
    """Load an artefact from JSON values.

    Raises ValueError for values of another format, or not fitting together.
    """
    if document.get("format") != ARTEFACT_FORMAT:
        raise ValueError(
            f"a model of format {document.get('format')!r} cannot be read; this is format {ARTEFACT_FORMAT}"
        )
    content = {name: _to_tuples(value) for name, value in document.items() if name != "format"}
    artefact = Artefact(**content)
    size = len(artefact.names)
    lists = (artefact.means, artefact.scales, artefact.coefficients, artefact.low, artefact.high)
    if any(len(values) != size for values in lists) or len(artefact.covariance) != size + 1:
        raise ValueError(f"a model of {size} inputs has weights for another number of them")
    return artefact


def hash_artefact(document: Mapping[str, Any]) -> str:
    """Hash of the canonical JSON of an artefact.

    Keys sorted, no spaces, numbers as Python prints them.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _to_json_values(value: Any) -> Any:
    # −0.0 becomes 0.0 and whole floats stay floats: a jsonb column then gives back what was hashed.
    if isinstance(value, Mapping):
        return {name: _to_json_values(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_to_json_values(inner) for inner in value]
    return value + 0.0 if isinstance(value, float) else value


def _to_tuples(value: Any) -> Any:
    return tuple(_to_tuples(inner) for inner in value) if isinstance(value, list) else value
