"""A cache of bounded size that a flood of new keys cannot empty."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """What was seen lately, in two parts: seen once, and seen again.

    New keys push out one another, never what was asked for twice: whoever sends endless new keys costs memory
    nothing and others no time. Each part is bounded by its number of entries and by their weight.

    Args:
        entries: the most entries of both parts together.
        weight: the most weight of both parts together, in the unit that `put` is told.
    """

    def __init__(self, entries: int, weight: int) -> None:
        self._new: _Part[Key, Value] = _Part(entries // 4, weight // 4)
        self._known: _Part[Key, Value] = _Part(entries - entries // 4, weight - weight // 4)

    def __len__(self) -> int:
        return len(self._new.rows) + len(self._known.rows)

    @property
    def weight(self) -> int:
        """What is kept weighs."""
        return self._new.weight + self._known.weight

    def get(self, key: Key) -> Value | None:
        """What is kept under a key, which is thereby known."""
        found = self._known.rows.get(key)
        if found is not None:
            self._known.rows.move_to_end(key)
            return found[0]
        again = self._new.take(key)
        if again is None:
            return None
        self._known.put(key, *again)
        return again[0]

    def put(self, key: Key, value: Value, weight: int = 1) -> None:
        """Keep something new; what weighs too much is not kept at all."""
        self._new.put(key, value, weight)


class _Part(Generic[Key, Value]):
    """One part: the least recently used goes first."""

    def __init__(self, entries: int, weight: int) -> None:
        self.rows: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.weight = 0
        self._most = entries
        self._heaviest = weight

    def take(self, key: Key) -> tuple[Value, int] | None:
        found = self.rows.pop(key, None)
        if found is not None:
            self.weight -= found[1]
        return found

    def put(self, key: Key, value: Value, weight: int) -> None:
        if weight > self._heaviest:
            return
        self.take(key)
        self.rows[key] = (value, weight)
        self.weight += weight
        while len(self.rows) > self._most or self.weight > self._heaviest:
            _, (_, gone) = self.rows.popitem(last=False)
            self.weight -= gone
