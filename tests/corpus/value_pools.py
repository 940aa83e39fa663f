"""What documents are filled with: real IDs, cursors and filter values of a database, and strings that mean harm."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvers.graph import global_ids, model, scalars, sql_fragments
from resolvers.graph.declarations import MatchKind

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
class ValuePools:
    """Values that a database of a graph really has.

    `ids` by code; `cursors` by class of orders and order; `filters` by input and field.
    """

    ids: Mapping[str, Sequence[str]]
    cursors: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    filters: Mapping[tuple[str, str], Sequence[Any]] = field(default_factory=dict)


async def collect_pools(graph: model.Graph, named: Mapping[str, Any], read: Read, query: Query) -> ValuePools:
    """Look what there is.

    Args:
        graph: what is shown.
        named: the values of a request that expressions may name.
        read: rows of a SELECT.
        query: the data of a document, as somebody who sees everything.
    """
    found = {code: await _collect_ids(graph, code, read) for code in graph.types_by_code}
    cursors: dict[tuple[str, str], list[str]] = {}
    for owner, field_ in list_connections(graph):
        orders = find_order_enum_name(field_)
        for order in graph.order_enums[orders].orders:
            shown = await query(*_write_cursor_query(owner, field_, order, found))
            cursors.setdefault((orders, order), []).extend(_collect_cursors(shown))
    filters = {
        (filters.name, name): await _collect_filter_values(table, filter_, named, found, read)
        for filters, table in list_filter_inputs(graph)
        for name, filter_ in filters.fields.items()
    }
    return ValuePools(found, {key: tuple(dict.fromkeys(each))[:CURSORS] for key, each in cursors.items()}, filters)


def find_order_enum_name(listed: model.ObjectField) -> str:
    """The class of orders of a paged list."""
    return next(each.type_ref.name for each in listed.arguments if each.name == "orderBy")


def _write_cursor_query(
    owner: model.ObjectType, listed: model.ObjectField, order: str, found: Mapping[str, Sequence[str]]
) -> tuple[str, Mapping[str, Any]]:
    """A document that shows cursors of a list, and its variables."""
    page = f"{listed.name}(first: 4, orderBy: {order}) {{ edges {{ cursor }} }}"
    if owner.code is None:
        return f"{{ {page} }}", {}
    asked = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {owner.name} {{ {page} }} }} }}"
    return asked, {"ids": found[owner.code]}


def list_connections(graph: model.Graph) -> Iterator[tuple[model.ObjectType, model.ObjectField]]:
    """All paged lists and the types that have them."""
    for owner in (graph.query, *graph.object_types.values()):
        for field_ in owner.fields.values():
            if isinstance(field_.source, model.ConnectionSource) and (owner.code or owner is graph.query):
                yield owner, field_


def list_filter_inputs(graph: model.Graph) -> Iterator[tuple[model.FilterInput, str]]:
    """All inputs that filter, or name by keys, and the table of the rows."""
    for _, field_ in list_connections(graph):
        if isinstance(field_.source, model.ConnectionSource) and field_.source.filter_input:
            yield field_.source.filter_input, field_.source.row_set.table
    for field_ in graph.query.fields.values():
        if isinstance(field_.source, model.LookupSource) and field_.source.key_input:
            yield field_.source.key_input, str(graph.object_types[str(field_.source.node_type)].table)


async def _collect_ids(graph: model.Graph, code: str, read: Read) -> Sequence[str]:
    """Some from the beginning, some from all over."""
    table = graph.tables[str(graph.object_types[graph.types_by_code[code]].table)]
    rows = await read(f"SELECT {table.key} FROM {table.name} ORDER BY {table.key}", [])
    keys = [row[0] for row in rows]
    step = max(1, len(keys) // (IDS // 2))
    return [global_ids.format_global_id(code, key) for key in dict.fromkeys([*keys[: IDS // 2], *keys[::step]][:IDS])]


def _collect_cursors(shown: Any) -> Iterator[str]:
    if isinstance(shown, dict):
        for name, value in shown.items():
            if name == "cursor":
                yield value
            else:
                yield from _collect_cursors(value)
    elif isinstance(shown, list):
        for each in shown:
            yield from _collect_cursors(each)


async def _collect_filter_values(
    table: str,
    filter_: model.FilterField,
    named: Mapping[str, Any],
    found: Mapping[str, Sequence[str]],
    read: Read,
) -> Sequence[Any]:
    if filter_.code is not None:
        return found[filter_.code]
    binds = sql_fragments.ParameterList(named)
    shown = [
        piece.render_sql("r", binds) for piece in (filter_.fragment, filter_.second_fragment) if piece is not None
    ]
    if filter_.match is MatchKind.WORDS:
        shown = [f"array_to_string(tsvector_to_array({shown[0]}), ' ')"]
    text = f"SELECT DISTINCT {', '.join(shown)} FROM {table} r ORDER BY 1 LIMIT 60"
    rows = await read(text, binds.values)
    return [_format_filter_value(filter_, row) for row in rows if None not in row][:IDS]


def _format_filter_value(filter_: model.FilterField, row: Sequence[Any]) -> Any:
    value = row[0]
    match filter_.match:
        case MatchKind.PREFIX:
            return value[: 1 + len(value) % 6]
        case MatchKind.WORDS:
            return " ".join(word[: 2 + len(word) % 4] for word in value.split()[:2])
        case MatchKind.WITHIN:
            return scalars.format_period(value, row[-1])
        case _:
            leaf = filter_.type_ref.leaf_name
            return next((each.encode(value) for each in scalars.ALL_SCALARS if each.name == leaf), value)
