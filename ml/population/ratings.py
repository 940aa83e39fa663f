"""Ratings and predikat of many people at once, by cut-offs and a matrix that are handed in."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from domain.evaluation.facts import Cutoffs, Predikat, Rating
from ml.population.province import Codes, Floats

RATINGS: Final = tuple(Rating)
"""What a code of a rating stands for, best first."""
PREDIKAT: Final = tuple(Predikat)
"""What a code of a predikat stands for, best first."""


def rate(index: Floats, cutoffs: Cutoffs) -> Codes:
    """Codes of `RATINGS` for indices of 0…120, any shape; -1 for a missing one."""
    above, below = index >= float(cutoffs.above), index < float(cutoffs.below)
    return np.where(np.isnan(index), -1, np.where(above, 0, np.where(below, 2, 1))).astype(np.int8)


def predikat(results: Codes, behaviour: Codes, matrix: Mapping[tuple[Rating, Rating], Predikat]) -> Codes:
    """Codes of `PREDIKAT` for codes of ratings, by the matrix of the regulation; -1 where either is missing."""
    table = np.array([[PREDIKAT.index(matrix[row, column]) for column in RATINGS] for row in RATINGS], dtype=np.int8)
    return np.where((results < 0) | (behaviour < 0), -1, table[results, behaviour]).astype(np.int8)
