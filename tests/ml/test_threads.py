"""Linear algebra keeps to one thread where bits and neighbours matter."""

import threadpoolctl

from ml import threads


def blas_threads() -> set[int]:
    return {
        int(library["num_threads"]) for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"
    }


@threads.alone
def inside() -> set[int]:
    return blas_threads()


def test_inside_there_is_one_thread_and_afterwards_as_many_as_before() -> None:
    before = blas_threads()
    assert before
    assert inside() == {1}
    assert blas_threads() == before
