"""Linear algebra keeps to one thread where bits and neighbours matter."""

import threadpoolctl

from ml import threads


def count_blas_threads() -> set[int]:
    return {
        int(library["num_threads"]) for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"
    }


@threads.single_threaded
def count_threads_inside() -> set[int]:
    return count_blas_threads()


def test_inside_there_is_one_thread_and_afterwards_as_many_as_before() -> None:
    before = count_blas_threads()
    assert before
    assert count_threads_inside() == {1}
    assert count_blas_threads() == before
