"""Deprecation of API members: reason and day of removal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

EnumClass = TypeVar("EnumClass", bound=type[StrEnum])


@dataclass(frozen=True, slots=True)
class Deprecated:
    """Deprecation of a request field, attached by `Annotated`.

    Args:
        reason: a sentence naming the replacement.
        removed_on: the day of removal.
    """

    reason: str
    removed_on: date


def deprecate_members(**members: Deprecated) -> Callable[[EnumClass], EnumClass]:
    """Decorator deprecating members of an enumeration, by name."""

    def attach_reasons(cls: EnumClass) -> EnumClass:
        marked: Any = cls
        marked.__deprecated__ = members
        return cls

    return attach_reasons


def deprecated_members(cls: type[StrEnum]) -> dict[str, Deprecated]:
    """The deprecated members of an enumeration, by name."""
    return getattr(cls, "__deprecated__", {})
