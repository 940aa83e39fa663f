"""Keyset cursors, opaque to clients: tag of an order, and key values of one row."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resolvers.graph import global_ids, model, scalars

MAX_CURSOR_LENGTH = 2_000


def _require_int64(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > global_ids.MAX_KEY:
        raise ValueError(f"{value!r} is no number of 64 bits")
    return value


CODECS_BY_SQL_TYPE: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "bigint": (int, _require_int64),
    "boolean": (bool, scalars.BOOLEAN.parse),
    "text": (str, scalars.STRING.parse),
    "numeric": (scalars.format_decimal, scalars.parse_decimal),
    "date": (scalars.format_date, scalars.parse_date),
    "timestamptz": (scalars.format_instant, scalars.parse_instant),
}
"""Encoder and decoder of a cursor's key values, by SQL type."""


def encode_cursor(order: model.SortOrder, values: Sequence[Any]) -> str:
    """The cursor of a row, from the values of the order's keys."""
    shown = [CODECS_BY_SQL_TYPE[key.sql_type][0](value) for key, value in zip(order.keys, values, strict=True)]
    return encode_values(order.tag, *shown)


def decode_cursor(order: model.SortOrder, cursor: str) -> tuple[Any, ...]:
    """The key values in a cursor of this order. Raises ValueError for any other text."""
    tag, *values = decode_values(cursor)
    if tag != order.tag or len(values) != len(order.keys):
        raise ValueError("this cursor is of a list in another order")
    try:
        return tuple(
            CODECS_BY_SQL_TYPE[key.sql_type][1](value) for key, value in zip(order.keys, values, strict=True)
        )
    except ValueError:
        raise ValueError("this is no cursor of this list") from None


def encode_values(*values: Any) -> str:
    """Encode JSON values as opaque, URL-safe text."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_values(cursor: str) -> list[Any]:
    """Decode the values of opaque text, at least one. Raises ValueError for any other text."""
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise ValueError("this is no cursor of this list")
    try:
        found = json.loads(urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode("ascii")).decode())
    except (ValueError, Error, RecursionError):
        raise ValueError("this is no cursor of this list") from None
    if not isinstance(found, list) or not found:
        raise ValueError("this is no cursor of this list")
    return found
