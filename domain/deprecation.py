"""Deprecation of API members: reason and day of removal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

EnumClass = TypeVar("EnumClass", bound=type[StrEnum])


@dataclass(frozen=True, slots=True)
class Deprecated:
    """Marks a field of a request, by `Annotated`, as one that will be removed.

    Args:
        reason: a sentence saying what to use instead.
        removed_on: the day of removal.
    """

    reason: str
    removed_on: date


def deprecate_members(**members: Deprecated) -> Callable[[EnumClass], EnumClass]:
    """Mark members of an enumeration, by name, as values that will be removed."""

    def attach_reasons(cls: EnumClass) -> EnumClass:
        marked: Any = cls
        marked.__deprecated__ = members
        return cls

    return attach_reasons


def deprecated_members(cls: type[StrEnum]) -> dict[str, Deprecated]:
    """The members of an enumeration marked, by name."""
    return getattr(cls, "__deprecated__", {})
