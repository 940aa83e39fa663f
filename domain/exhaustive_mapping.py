"""Exhaustive mappings: a missing entry stops the process at start, not a later request."""

from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class IncompleteMapping(Exception):
    """A mapping lacks members of an enumeration; the message names both in one line."""


class ExhaustiveMapping(dict[Key, Value]):
    """A mapping with an entry for each member of an enumeration, checked at import.

    Attributes:
        name: module and name, for the operator's one-line error message.
        levels: the enumeration of its keys, then of the keys of inner mappings.
        omitted: members of the first enumeration left out by intent.
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
    """The names of members without an entry, in inner mappings together with the outer key."""
    if not levels:
        return
    entries = entries if isinstance(entries, Mapping) else {}
    for member in levels[0]:
        if member in entries:
            yield from (f"{gap} of {member.name}" for gap in _find_gaps(entries[member], levels[1:]))
        elif member not in omitted:
            yield f"{levels[0].__name__}.{member.name}"
