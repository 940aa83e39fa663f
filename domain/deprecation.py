"""What is to be removed from the API: why, and when."""

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
        reason: a sentence that says what to use instead.
        removed_on: the day on which it is removed.
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
    """The members of an enumeration that are marked, by name."""
    return getattr(cls, "__deprecated__", {})
