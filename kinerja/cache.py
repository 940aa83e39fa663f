"""Segmented LRU cache of bounded size: a flood of new keys cannot empty it."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class SegmentedCache(Generic[Key, Value]):
    """A scan-resistant LRU cache in two segments: seen once, and seen again.

    New keys evict one another, never an entry requested twice. A client sending endless new keys therefore costs
    bounded memory, and slows down nobody else. Each segment is bounded by its number of entries and by their weight.

    Args:
        max_entries: maximum number of entries of both segments together.
        max_weight: maximum weight of both segments together, in the unit of `put`.
    """

    def __init__(self, max_entries: int, max_weight: int) -> None:
        self._probation: _CacheSegment[Key, Value] = _CacheSegment(max_entries // 4, max_weight // 4)
        self._protected: _CacheSegment[Key, Value] = _CacheSegment(
            max_entries - max_entries // 4, max_weight - max_weight // 4
        )

    def __len__(self) -> int:
        return len(self._probation.entries) + len(self._protected.entries)

    @property
    def weight(self) -> int:
        """Total weight of all entries."""
        return self._probation.weight + self._protected.weight

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, and promote the entry to the protected segment."""
        found = self._protected.entries.get(key)
        if found is not None:
            self._protected.entries.move_to_end(key)
            return found[0]
        again = self._probation.remove(key)
        if again is None:
            return None
        self._protected.insert(key, *again)
        return again[0]

    def put(self, key: Key, value: Value, weight: int = 1) -> None:
        """Store a new entry; an entry heavier than its segment is not stored."""
        self._probation.insert(key, value, weight)


class _CacheSegment(Generic[Key, Value]):
    """One segment with eviction of the least recently used entry."""

    def __init__(self, max_entries: int, max_weight: int) -> None:
        self.entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.weight = 0
        self._max_entries = max_entries
        self._max_weight = max_weight

    def remove(self, key: Key) -> tuple[Value, int] | None:
        found = self.entries.pop(key, None)
        if found is not None:
            self.weight -= found[1]
        return found

    def insert(self, key: Key, value: Value, weight: int) -> None:
        if weight > self._max_weight:
            return
        self.remove(key)
        self.entries[key] = (value, weight)
        self.weight += weight
        while len(self.entries) > self._max_entries or self.weight > self._max_weight:
            _, (_, gone) = self.entries.popitem(last=False)
            self.weight -= gone
