"""What each kind of model looks at: the whole registry of features, or the one score of a rule."""

from collections.abc import Sequence

import numpy as np

from domain.risk.drivers import Driver
from domain.risk.facts import ModelKind
from ml import baselines, features
from ml.features import Feature
from ml.panel import Floats, Panel


def registry(kind: ModelKind) -> Sequence[Feature]:
    """The features of a kind of model, in the order of its inputs."""
    if kind is ModelKind.LOGISTIC:
        return features.REGISTRY
    return (Feature(kind.lower(), Driver.SCORE, ("score",), headline=True),)


def names(kind: ModelKind) -> tuple[str, ...]:
    """The names of a kind's inputs."""
    return tuple(feature.name for feature in registry(kind))


def build(kind: ModelKind, panel: Panel, column: int) -> Floats:
    """Inputs of everybody as of the end of `column`, n × inputs, finite everywhere."""
    if kind is ModelKind.LOGISTIC:
        return features.build(panel, column)[0]
    return np.asarray(baselines.RULES[kind](panel, column)[:, None])
