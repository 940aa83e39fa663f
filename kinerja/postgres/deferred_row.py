"""Deferred columns: placeholders for values of a row read only when its statement is sent."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

_UNRESOLVED: Final = object()


class DeferredColumn:
    """Column of a deferred row; only its name is known before its statement was sent.

    It is accepted as a value wherever a statement takes one.

    Raises:
        TypeError: on access to the value before it is known, and on every comparison: a decision by a value needs a
            real read.
    """

    __slots__ = ("_value", "column")

    def __init__(self, column: str) -> None:
        self.column = column
        self._value: Any = _UNRESOLVED

    @property
    def is_resolved(self) -> bool:
        """True once its statement has found the row."""
        return self._value is not _UNRESOLVED

    @property
    def value(self) -> Any:
        """The resolved value."""
        if self._value is _UNRESOLVED:
            raise TypeError(f"{self.column} is assumed, and not known before the statement is sent")
        return self._value

    def resolve(self, value: Any) -> None:
        """Set the value."""
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
    """Return the values of a statement sent after all deferred columns among them are resolved."""
    return [each.value if type(each) is DeferredColumn else each for each in values]
