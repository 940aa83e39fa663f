"""BLAS thread limit: one thread for linear algebra, for speed and equal bits.

It is faster beside others, and gives the same bits on every machine and day. On two shared cores a fit of 450,000
rows took five times as long with the library's own threads, waiting for each other by spinning, and its last digit
depended on their number.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import scipy.linalg
import threadpoolctl

Parameters = ParamSpec("Parameters")
ReturnValue = TypeVar("ReturnValue")

LINEAR_ALGEBRA_LIBRARIES = (np.linalg, scipy.linalg)
"""Modules of the linear algebra libraries, loaded before the thread controller's search."""

_controller: Any = threadpoolctl.ThreadpoolController()


def limit_blas_threads() -> AbstractContextManager[Any]:
    """Limit linear algebra to one thread inside the block, for the whole process."""
    limited: AbstractContextManager[Any] = _controller.limit(limits=1)
    return limited


def single_threaded(function: Callable[Parameters, ReturnValue]) -> Callable[Parameters, ReturnValue]:
    """Wrap a function to run inside `limit_blas_threads`."""

    @wraps(function)
    def limited(*args: Parameters.args, **kwargs: Parameters.kwargs) -> ReturnValue:
        with limit_blas_threads():
            return function(*args, **kwargs)

    return limited
