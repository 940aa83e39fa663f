"""Independent streams of random numbers, one per purpose and quarter."""

from zlib import crc32

import numpy as np

ALL_QUARTERS = -1
"""Quarter of draws made once for the whole life of the province."""


def create_random_stream(seed: int, purpose: str, quarter: int = ALL_QUARTERS) -> np.random.Generator:
    """Create the random generator for one purpose in one quarter.

    Its draws depend on nothing else, so a further quarter or another purpose changes no number.
    """
    return np.random.default_rng((seed, crc32(purpose.encode()), quarter + 1))
