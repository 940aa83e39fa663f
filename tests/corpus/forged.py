"""Cursors that no answer ever gave: each is refused before any SQL, and those at the very edge are not."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from resolvers.graph import model
from resolvers.planner import cursors
from tests.corpus.judge import Read
from tests.corpus.plain import Plain
from tests.corpus.worlds import World

LEAST, LARGEST = -(2**63) + 1, 2**63 - 1
GOOD: Mapping[str, tuple[Any, ...]] = {
    "bigint": (1, LARGEST, LEAST, 0),
    "boolean": (True, False),
    "text": ("", "Budi", "'\\\"\n\u2028\U0001f642"),
    "numeric": ("80.00", "-1", "0.5", 3),
    "date": ("2026-01-01", "0001-01-01", "9999-12-31"),
    "timestamptz": ("2026-01-01T00:00:00.000000Z", "2026-01-01T07:00:00+07:00"),
}
BAD: Mapping[str, tuple[Any, ...]] = {
    "bigint": (True, "1", 1.5, None, LARGEST + 1, LEAST - 1, [1]),
    "boolean": (1, "true", None),
    "text": (1, None, "a\x00", "\ud800", ["a"]),
    "numeric": (1.5, "NaN", "x", None, True, "1e99", "Infinity"),
    "date": ("2026-02-30", "20260101", 1, None),
    "timestamptz": ("2026-01-01T00:00:00", "x", 1, None),
}
NONE = ("", "=", "%", "a", "\U0001f642", "e30", "bnVsbA", "MQ", "W10", "IngiIA", "WyJ4Il0", "/w", "W1tb")
"""No base64, no UTF-8, or base64 of `{}`, `null`, `1`, `[]`, `"x" `, `["x"]`, `[[[`."""


async def refused(world: World, plain: Plain) -> None:
    """No list takes a forged cursor, and each takes one of its order, whatever its values."""
    for field in world.graph.query.fields.values():
        if isinstance(field.source, model.Page):
            for name, order in field.source.orders.items():
                for cursor in (*NONE, *_forged(field.source, order)):
                    assert await _refuses(world, plain, field, name, cursor), (field.name, name, cursor)
                for cursor in _genuine(order):
                    assert not await _refuses(world, plain, field, name, cursor), (field.name, name, cursor)


async def _refuses(world: World, plain: Plain, field: model.Field, order: str, cursor: str) -> bool:
    document = (
        f"query ($after: String) {{ {field.name}(first: 1, after: $after, orderBy: {order}) {{ totalCount }} }}"
    )
    read = Read()
    async with world.opened(plain.actor, read) as asking:
        answer = await world.answers.answer(world.operation(document), {"after": cursor}, asking)
    if not answer.errors:
        return False
    assert [error.extensions for error in answer.errors] == [{"code": "INVALID_INPUT"}], answer
    assert not read.statements
    return True


def _forged(page: model.Page, order: model.Order) -> Iterator[str]:
    good = [GOOD[key.kind][0] for key in order.keys]
    for place, key in enumerate(order.keys):
        for bad in BAD[key.kind]:
            yield _written([order.tag, *good[:place], bad, *good[place + 1 :]])
    yield _written([f"{order.tag}x", *good])
    yield _written([None, *good])
    yield _written([order.tag, *good, 1])
    yield _written([order.tag, *good[:-1]])
    yield _written({"0": order.tag})
    yield _written(order.tag)
    yield urlsafe_b64encode(b"[" * 1_400).decode()
    yield urlsafe_b64encode(b"\xff[]").decode()
    yield from (
        _written([other.tag, *(GOOD[key.kind][0] for key in other.keys)])
        for other in page.orders.values()
        if other is not order
    )
    if order.keys[0].kind == "text":
        yield _long(order, cursors.LONGEST + 1)
        yield _long(order, cursors.LONGEST) + "="


def _genuine(order: model.Order) -> Iterator[str]:
    for turn in range(4):
        values = [GOOD[key.kind][turn % len(GOOD[key.kind])] for key in order.keys]
        yield _written([order.tag, *values])
    if order.keys[0].kind == "text":
        yield _long(order, cursors.LONGEST)


def _long(order: model.Order, length: int) -> str:
    """A cursor of an order that is so long, or longer by less than four."""
    values = [GOOD[key.kind][0] for key in order.keys[1:]]
    letters = 0
    while len(_written([order.tag, "x" * (letters + 1), *values])) <= length:
        letters += 1
    return _written([order.tag, "x" * (letters + (length > cursors.LONGEST)), *values])


def _written(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")
