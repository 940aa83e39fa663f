"""Vectorised ratings and predikat, by given cut-offs and matrix."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from domain.evaluation.facts import Cutoffs, Predikat, Rating
from ml.synthetic.province import Codes, Floats

RATING_CODES: Final = tuple(Rating)
"""Ratings by code, best first."""
PREDIKAT_CODES: Final = tuple(Predikat)
"""Predikat by code, best first."""


def rate_indices(index: Floats, cutoffs: Cutoffs) -> Codes:
    """Codes of `RATING_CODES` for indices of 0…120; -1 for a missing one.

    Any shape.
    """
    above, below = index >= float(cutoffs.upper), index < float(cutoffs.lower)
    return np.where(np.isnan(index), -1, np.where(above, 0, np.where(below, 2, 1))).astype(np.int8)


def derive_predikat_codes(
    results: Codes, behaviour: Codes, matrix: Mapping[tuple[Rating, Rating], Predikat]
) -> Codes:
    """Codes of `PREDIKAT_CODES` for codes of ratings, by the regulation's matrix.

    -1 if either is missing.
    """
    table = np.array(
        [[PREDIKAT_CODES.index(matrix[row, column]) for column in RATING_CODES] for row in RATING_CODES],
        dtype=np.int8,
    )
    return np.where((results < 0) | (behaviour < 0), -1, table[results, behaviour]).astype(np.int8)
