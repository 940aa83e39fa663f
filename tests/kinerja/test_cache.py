"""The cache that a flood of new keys cannot empty."""

from hypothesis import given
from hypothesis import strategies as st

from kinerja.cache import SegmentedCache


def test_what_was_asked_for_twice_outlives_a_flood() -> None:
    kept: SegmentedCache[str, int] = SegmentedCache(8, 1_000)
    kept.put("known", 1)
    assert kept.get("known") == 1
    for n in range(100):
        kept.put(f"new {n}", n)
    assert kept.get("known") == 1
    assert kept.get("new 0") is None
    assert kept.get("new 99") == 99


def test_the_least_recently_used_goes_first() -> None:
    kept: SegmentedCache[int, int] = SegmentedCache(4, 1_000)
    for n in range(3):
        kept.put(n, n)
        assert kept.get(n) == n
    kept.get(0)
    kept.put(3, 3)
    kept.get(3)
    assert [kept.get(n) for n in range(4)] == [0, None, 2, 3]


def test_what_is_too_heavy_is_not_kept() -> None:
    kept: SegmentedCache[str, int] = SegmentedCache(10, 100)
    kept.put("heavy", 1, 26)
    assert kept.get("heavy") is None
    assert kept.weight == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 20))))
def test_it_stays_within_its_bounds_and_tells_no_lie(steps: list[tuple[bool, int, int]]) -> None:
    kept: SegmentedCache[int, int] = SegmentedCache(8, 60)
    put: dict[int, int] = {}
    for writes, key, weight in steps:
        if writes and kept.get(key) is None:
            kept.put(key, weight, weight)
            put[key] = weight
        elif (found := kept.get(key)) is not None:
            assert found == put[key]
        assert len(kept) <= 8
        assert 0 <= kept.weight <= 60
