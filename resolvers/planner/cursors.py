"""Opaque cursors: an order's tag and the values of its keys in one row."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resolvers.graph import ids, model, scalars

LONGEST = 2_000


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > ids.LARGEST:
        raise ValueError(f"{value!r} is no number of 64 bits")
    return value


KINDS: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "bigint": (int, _whole),
    "boolean": (bool, scalars.BOOLEAN.parse),
    "text": (str, scalars.STRING.parse),
    "numeric": (scalars.show_decimal, scalars.read_decimal),
    "date": (scalars.show_day, scalars.read_day),
    "timestamptz": (scalars.show_instant, scalars.read_instant),
}
"""How a value of each SQL type goes into a cursor and comes out of it."""


def write(order: model.Order, values: Sequence[Any]) -> str:
    """The cursor of a row, by the values of the order's keys."""
    shown = [KINDS[key.kind][0](value) for key, value in zip(order.keys, values, strict=True)]
    return encoded(order.tag, *shown)


def read(order: model.Order, cursor: str) -> tuple[Any, ...]:
    """The values of the order's keys in a cursor. Raises ValueError for anything but a cursor of this order."""
    tag, *values = decoded(cursor)
    if tag != order.tag or len(values) != len(order.keys):
        raise ValueError("this cursor is of a list in another order")
    try:
        return tuple(KINDS[key.kind][1](value) for key, value in zip(order.keys, values, strict=True))
    except ValueError:
        raise ValueError("this is no cursor of this list") from None


def encoded(*values: Any) -> str:
    """Values that JSON holds as opaque text, for addresses too."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(cursor: str) -> list[Any]:
    """The values of opaque text, one at least. Raises ValueError for anything else."""
    if len(cursor) > LONGEST:
        raise ValueError("this is no cursor of this list")
    try:
        found = json.loads(urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode("ascii")).decode())
    except (ValueError, Error, RecursionError):
        raise ValueError("this is no cursor of this list") from None
    if not isinstance(found, list) or not found:
        raise ValueError("this is no cursor of this list")
    return found
