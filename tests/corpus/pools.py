"""What documents are filled with: real IDs, cursors and filter values of a database, and strings that mean harm."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvers.graph import ids, model, scalars, sql
from resolvers.graph.words import Match

Read = Callable[[str, Sequence[Any]], Awaitable[Sequence[Sequence[Any]]]]
Query = Callable[[str, Mapping[str, Any]], Awaitable[Any]]

IDS = 40
CURSORS = 12

HOSTILE = (
    "'; DROP TABLE person; --",
    '"',
    "\\",
    "\\'",
    "%",
    "_%",
    "%s",
    "{}",
    "{0}",
    "$1",
    "$1::text",
    ":actor_person",
    "' || (SELECT version()) || '",
    "Ünïcödé ß ﬀ",
    "\ufdfa\u202eright to left",
    "🙂👩‍👩‍👧",
    "\u2028\u2029",
    "\x01\x02\x1f\x7f",
    "a\tb\nc\r\n",
    "/* */ --",
    "e\u0301",
    "x" * 300,
    "",
    " ",
)
"""Text that a client may send and that must stay a value."""

BROKEN_IDS = (
    "",
    "pe",
    "pe0",
    "pe-1",
    "PE1",
    "pe01",
    "pe1'",
    "pe 1",
    "1",
    "zz1",
    "pe9223372036854775808",
    "\U0001f6421",
    "pe\uff11",
)
BROKEN_CURSORS = ("", "x", "%%%", "bnVsbA", "W10", "WyJuYW1lLGlkIl0", "e30", "'; --", "🙂", "A" * 3_000)
"""No cursors: no base64, `null`, `[]`, an order's tag without values, `{}`."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Values that a database of a graph really has.

    `ids` by code; `cursors` by class of orders and order; `filters` by input and field.
    """

    ids: Mapping[str, Sequence[str]]
    cursors: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    filters: Mapping[tuple[str, str], Sequence[Any]] = field(default_factory=dict)


async def gather(graph: model.Graph, named: Mapping[str, Any], read: Read, query: Query) -> Pools:
    """Look what there is.

    Args:
        graph: what is shown.
        named: the values of a request that expressions may name.
        read: rows of a SELECT.
        query: the data of a document, as somebody who sees everything.
    """
    found = {code: await _ids(graph, code, read) for code in graph.nodes}
    cursors: dict[tuple[str, str], list[str]] = {}
    for owner, field_ in paged(graph):
        orders = orders_of(field_)
        for order in graph.orders[orders].values:
            shown = await query(*_listing(owner, field_, order, found))
            cursors.setdefault((orders, order), []).extend(_cursors(shown))
    filters = {
        (filters.name, name): await _values(table, filter_, named, found, read)
        for filters, table in filtered(graph)
        for name, filter_ in filters.fields.items()
    }
    return Pools(found, {key: tuple(dict.fromkeys(each))[:CURSORS] for key, each in cursors.items()}, filters)


def orders_of(listed: model.Field) -> str:
    """The class of orders of a paged list."""
    return next(each.shape.name for each in listed.arguments if each.name == "orderBy")


def _listing(
    owner: model.Object, listed: model.Field, order: str, found: Mapping[str, Sequence[str]]
) -> tuple[str, Mapping[str, Any]]:
    """A document that shows cursors of a list, and its variables."""
    page = f"{listed.name}(first: 4, orderBy: {order}) {{ edges {{ cursor }} }}"
    if owner.code is None:
        return f"{{ {page} }}", {}
    asked = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {owner.name} {{ {page} }} }} }}"
    return asked, {"ids": found[owner.code]}


def paged(graph: model.Graph) -> Iterator[tuple[model.Object, model.Field]]:
    """All paged lists and the types that have them."""
    for owner in (graph.query, *graph.objects.values()):
        for field_ in owner.fields.values():
            if isinstance(field_.source, model.Page) and (owner.code or owner is graph.query):
                yield owner, field_


def filtered(graph: model.Graph) -> Iterator[tuple[model.Filters, str]]:
    """All inputs that filter, or name by keys, and the table of the rows."""
    for _, field_ in paged(graph):
        if isinstance(field_.source, model.Page) and field_.source.filters:
            yield field_.source.filters, field_.source.choice.table
    for field_ in graph.query.fields.values():
        if isinstance(field_.source, model.Lookup) and field_.source.by:
            yield field_.source.by, str(graph.objects[str(field_.source.node)].table)


async def _ids(graph: model.Graph, code: str, read: Read) -> Sequence[str]:
    """Some from the beginning, some from all over."""
    table = graph.tables[str(graph.objects[graph.nodes[code]].table)]
    rows = await read(f"SELECT {table.key} FROM {table.name} ORDER BY {table.key}", [])
    keys = [row[0] for row in rows]
    step = max(1, len(keys) // (IDS // 2))
    return [ids.write(code, key) for key in dict.fromkeys([*keys[: IDS // 2], *keys[::step]][:IDS])]


def _cursors(shown: Any) -> Iterator[str]:
    if isinstance(shown, dict):
        for name, value in shown.items():
            if name == "cursor":
                yield value
            else:
                yield from _cursors(value)
    elif isinstance(shown, list):
        for each in shown:
            yield from _cursors(each)


async def _values(
    table: str,
    filter_: model.Filter,
    named: Mapping[str, Any],
    found: Mapping[str, Sequence[str]],
    read: Read,
) -> Sequence[Any]:
    if filter_.code is not None:
        return found[filter_.code]
    binds = sql.Binds(named)
    shown = [piece.text("r", binds) for piece in (filter_.piece, filter_.last) if piece is not None]
    if filter_.match is Match.WORDS:
        shown = [f"array_to_string(tsvector_to_array({shown[0]}), ' ')"]
    text = f"SELECT DISTINCT {', '.join(shown)} FROM {table} r ORDER BY 1 LIMIT 60"
    rows = await read(text, binds.values)
    return [_shown(filter_, row) for row in rows if None not in row][:IDS]


def _shown(filter_: model.Filter, row: Sequence[Any]) -> Any:
    value = row[0]
    match filter_.match:
        case Match.PREFIX:
            return value[: 1 + len(value) % 6]
        case Match.WORDS:
            return " ".join(word[: 2 + len(word) % 4] for word in value.split()[:2])
        case Match.WITHIN:
            return scalars.show_period(value, row[-1])
        case _:
            leaf = filter_.shape.leaf
            return next((each.encode(value) for each in scalars.ALL if each.name == leaf), value)
