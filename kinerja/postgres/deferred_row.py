"""Columns of a row that a statement will find when it is sent; until then each stands for its value."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

_UNRESOLVED: Final = object()


class DeferredColumn:
    """A column of an assumed row, of which nothing is known but its name until its statement was sent.

    It passes as the value wherever a statement takes one. Whoever looks into it before it is known gets a TypeError,
    and so does whoever compares it at all: what is decided by a value has to read it.
    """

    __slots__ = ("_value", "column")

    def __init__(self, column: str) -> None:
        self.column = column
        self._value: Any = _UNRESOLVED

    @property
    def is_resolved(self) -> bool:
        """Whether its statement found the row."""
        return self._value is not _UNRESOLVED

    @property
    def value(self) -> Any:
        """What it stands for."""
        if self._value is _UNRESOLVED:
            raise TypeError(f"{self.column} is assumed, and not known before the statement is sent")
        return self._value

    def resolve(self, value: Any) -> None:
        """Know the value."""
        self._value = value

    def __int__(self) -> int:
        return int(self.value)

    def __str__(self) -> str:
        return str(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, _other: object) -> bool:
        raise TypeError(f"{self.column} is assumed: nothing can be decided by it")

    __hash__ = object.__hash__


def resolve_deferred_values(values: Iterable[Any]) -> Sequence[Any]:
    """Values of a statement that is sent after all symbols among them are known."""
    return [each.value if type(each) is DeferredColumn else each for each in values]
