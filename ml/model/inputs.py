"""Inputs of each model kind: the whole feature registry, or one score."""

from collections.abc import Sequence

import numpy as np

from domain.risk.drivers import Driver
from domain.risk.facts import ModelKind
from ml.model import baselines, features
from ml.model.features import Feature
from ml.panel import Floats, RiskPanel


def select_features(kind: ModelKind) -> Sequence[Feature]:
    """The features of a kind of model, in the order of its inputs."""
    if kind is ModelKind.LOGISTIC:
        return features.FEATURES
    return (Feature(kind.lower(), Driver.SCORE, ("score",), headline=True),)


def list_input_names(kind: ModelKind) -> tuple[str, ...]:
    """The names of a kind's inputs."""
    return tuple(feature.name for feature in select_features(kind))


def build_inputs(kind: ModelKind, panel: RiskPanel, column: int) -> Floats:
    """Inputs of everybody as of the end of `column`, n × inputs, finite everywhere."""
    if kind is ModelKind.LOGISTIC:
        return features.build_features(panel, column)[0]
    return np.asarray(baselines.BASELINE_RULES[kind](panel, column)[:, None])
