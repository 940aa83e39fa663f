"""Exhaustive mappings: a gap for a new role stops the process at its start, not the first request."""

from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class IncompleteMapping(Exception):
    """A mapping lacks members of an enumeration; the message names both in one line."""


class ExhaustiveMapping(dict[Key, Value]):
    """A mapping with an entry for each member of an enumeration, checked as its module is imported.

    Attributes:
        name: module and name, for the one line that an operator is told.
        levels: the enumeration of its keys, then that of the keys of its values, where those are mappings.
        omitted: members of the first enumeration that it has no entry for, by intent.
    """

    __slots__ = ("levels", "name", "omitted")

    def __init__(
        self,
        name: str,
        entries: Mapping[Key, Value],
        *levels: type[Enum],
        omitted: Collection[Enum] = (),
    ) -> None:
        super().__init__(entries)
        self.name = name
        self.levels = levels
        self.omitted = frozenset(omitted)
        gaps = list(_find_gaps(entries, levels, self.omitted))
        if gaps:
            raise IncompleteMapping(f"{name} lacks {', '.join(gaps)}")


def _find_gaps(entries: object, levels: tuple[type[Enum], ...], omitted: Collection[Enum] = ()) -> Iterator[str]:
    """Name the members without an entry, those of an inner mapping with the key leading to it."""
    if not levels:
        return
    entries = entries if isinstance(entries, Mapping) else {}
    for member in levels[0]:
        if member in entries:
            yield from (f"{gap} of {member.name}" for gap in _find_gaps(entries[member], levels[1:]))
        elif member not in omitted:
            yield f"{levels[0].__name__}.{member.name}"
