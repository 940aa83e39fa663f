"""Cursors that no answer ever gave: each is refused before any SQL, and those at the very edge are not."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from resolvers.graph import model
from resolvers.planner import cursors
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.executor_comparison import ReadRecord
from tests.corpus.row_oracle import RowOracle

LEAST, LARGEST = -(2**63) + 1, 2**63 - 1
VALID_VALUES: Mapping[str, tuple[Any, ...]] = {
    "bigint": (1, LARGEST, LEAST, 0),
    "boolean": (True, False),
    "text": ("", "Budi", "'\\\"\n\u2028\U0001f642"),
    "numeric": ("80.00", "-1", "0.5", 3),
    "date": ("2026-01-01", "0001-01-01", "9999-12-31"),
    "timestamptz": ("2026-01-01T00:00:00.000000Z", "2026-01-01T07:00:00+07:00"),
}
INVALID_VALUES: Mapping[str, tuple[Any, ...]] = {
    "bigint": (True, "1", 1.5, None, LARGEST + 1, LEAST - 1, [1]),
    "boolean": (1, "true", None),
    "text": (1, None, "a\x00", "\ud800", ["a"]),
    "numeric": (1.5, "NaN", "x", None, True, "1e99", "Infinity"),
    "date": ("2026-02-30", "20260101", 1, None),
    "timestamptz": ("2026-01-01T00:00:00", "x", 1, None),
}
NOT_CURSORS = ("", "=", "%", "a", "\U0001f642", "e30", "bnVsbA", "MQ", "W10", "IngiIA", "WyJ4Il0", "/w", "W1tb")
"""No base64, no UTF-8, or base64 of `{}`, `null`, `1`, `[]`, `"x" `, `["x"]`, `[[[`."""


async def check_forged_cursors(world: ComparisonWorld, plain: RowOracle) -> None:
    """No list takes a forged cursor, and each takes one of its order, whatever its values."""
    for field in world.graph.query.fields.values():
        if isinstance(field.source, model.ConnectionSource):
            for name, order in field.source.orders.items():
                for cursor in (*NOT_CURSORS, *_forge_cursors(field.source, order)):
                    assert await _is_refused(world, plain, field, name, cursor), (field.name, name, cursor)
                for cursor in _build_genuine_cursors(order):
                    assert not await _is_refused(world, plain, field, name, cursor), (field.name, name, cursor)


async def _is_refused(
    world: ComparisonWorld, plain: RowOracle, field: model.ObjectField, order: str, cursor: str
) -> bool:
    document = (
        f"query ($after: String) {{ {field.name}(first: 1, after: $after, orderBy: {order}) {{ totalCount }} }}"
    )
    read = ReadRecord()
    async with world.open_context(plain.actor, read) as asking:
        answer = await world.executor.execute(world.parse_operation(document), {"after": cursor}, asking)
    if not answer.errors:
        return False
    assert [error.extensions for error in answer.errors] == [{"code": "INVALID_INPUT"}], answer
    assert not read.statements
    return True


def _forge_cursors(page: model.ConnectionSource, order: model.SortOrder) -> Iterator[str]:
    good = [VALID_VALUES[key.sql_type][0] for key in order.keys]
    for place, key in enumerate(order.keys):
        for bad in INVALID_VALUES[key.sql_type]:
            yield _encode_cursor_text([order.tag, *good[:place], bad, *good[place + 1 :]])
    yield _encode_cursor_text([f"{order.tag}x", *good])
    yield _encode_cursor_text([None, *good])
    yield _encode_cursor_text([order.tag, *good, 1])
    yield _encode_cursor_text([order.tag, *good[:-1]])
    yield _encode_cursor_text({"0": order.tag})
    yield _encode_cursor_text(order.tag)
    yield urlsafe_b64encode(b"[" * 1_400).decode()
    yield urlsafe_b64encode(b"\xff[]").decode()
    yield from (
        _encode_cursor_text([other.tag, *(VALID_VALUES[key.sql_type][0] for key in other.keys)])
        for other in page.orders.values()
        if other is not order
    )
    if order.keys[0].sql_type == "text":
        yield _build_long_cursor(order, cursors.MAX_CURSOR_LENGTH + 1)
        yield _build_long_cursor(order, cursors.MAX_CURSOR_LENGTH) + "="


def _build_genuine_cursors(order: model.SortOrder) -> Iterator[str]:
    for turn in range(4):
        values = [VALID_VALUES[key.sql_type][turn % len(VALID_VALUES[key.sql_type])] for key in order.keys]
        yield _encode_cursor_text([order.tag, *values])
    if order.keys[0].sql_type == "text":
        yield _build_long_cursor(order, cursors.MAX_CURSOR_LENGTH)


def _build_long_cursor(order: model.SortOrder, length: int) -> str:
    """A cursor of an order that is so long, or longer by less than four."""
    values = [VALID_VALUES[key.sql_type][0] for key in order.keys[1:]]
    letters = 0
    while len(_encode_cursor_text([order.tag, "x" * (letters + 1), *values])) <= length:
        letters += 1
    return _encode_cursor_text([order.tag, "x" * (letters + (length > cursors.MAX_CURSOR_LENGTH)), *values])


def _encode_cursor_text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")
