"""Documents that go every way that the graph has, and what of an answer somebody may see by the oracle.

What somebody may see is what the same document shows where there is no rule of access, cut down by the oracle: an
element of a list that they may not see is not there, neither is it counted; a thing that they may not see is null.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.actor import Actor
from resolvers.graph import global_ids, model
from tests.access import access_oracle
from tests.access.town import UNITS, Town, TownRow

PAGE: Final = 100
OTHER_ROW: Final = "another row of the same owner"
"""Stands for what is expected where the first of several rows is hidden: another that may be seen, or nothing."""


@dataclass(frozen=True, slots=True)
class GraphPath:
    """One document that goes one way, and its variables; `name` names it."""

    name: str
    text: str
    variables: Mapping[str, Any]


class PathWriter:
    """Writes the documents of a graph.

    Args:
        graph: what is shown.
        town: the rows that there are.
    """

    def __init__(self, graph: model.Graph, town: Town) -> None:
        self._graph = graph
        self._town = town

    def write_paths(self, edges: int) -> Iterator[GraphPath]:
        """Each way of so many edges from each field of Query and each kind of thing; the last in one document."""
        for name, field in self._graph.query.fields.items():
            match field.source:
                case model.ConnectionSource(node_type=node):
                    for way, body in self.write_selections(node, edges):
                        yield GraphPath(
                            f"{name}{way}",
                            self._write_document(f"{name}{_write_page_arguments(field)}", self._write_page(body)),
                            {},
                        )
                case model.FirstRowSource() | model.ReferenceSource():
                    for way, body in self.write_selections(field.type_ref.leaf_name, edges):
                        yield GraphPath(f"{name}{way}", self._write_document(name, body), {})
                case _:
                    pass
        for code, node in self._graph.types_by_code.items():
            keys = [
                global_ids.format_global_id(code, row.key)
                for row in self._town.list_rows(str(self._graph.object_types[node].table))
            ]
            for place in range(0, len(keys), PAGE):
                for way, body in self.write_selections(node, edges):
                    text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id ... on {node} {body} }} }}"
                    yield GraphPath(f"nodes:{node}{way}", text, {"ids": keys[place : place + PAGE]})

    def write_full_selection(self, name: str) -> str:
        """A selection of all leaves of a type, and of those of each edge."""
        return next(self.write_selections(name, 1))[1]

    def write_selections(self, name: str, edges: int) -> Iterator[tuple[str, str]]:
        """Selections of a type: its leaves, and one edge after another; below the last edge, all at once."""
        here = list(self._list_edges(name))
        if edges <= 1:
            below = "".join(
                f" {self._write_edge(name, edge, self._write_leaves(self._find_edge_type(name, edge)))}"
                for edge in here
            )
            yield "", self._write_selection(name, below)
            return
        if not here:
            yield "", self._write_selection(name, "")
        for edge in here:
            for way, body in self.write_selections(self._find_edge_type(name, edge), edges - 1):
                yield f".{edge}{way}", self._write_selection(name, f" {self._write_edge(name, edge, body)}")

    def _list_edges(self, name: str) -> Iterator[str]:
        for field in self._graph.object_types[name].fields.values():
            if isinstance(
                field.source,
                model.ReferenceSource | model.FirstRowSource | model.BoundedListSource | model.ConnectionSource,
            ):
                yield field.name

    def _find_edge_type(self, name: str, edge: str) -> str:
        field = self._graph.object_types[name].fields[edge]
        return (
            field.source.node_type if isinstance(field.source, model.ConnectionSource) else field.type_ref.leaf_name
        )

    def _write_edge(self, name: str, edge: str, body: str) -> str:
        field = self._graph.object_types[name].fields[edge]
        body = self._write_page(body) if isinstance(field.source, model.ConnectionSource) else body
        return f"{edge}{_write_page_arguments(field)} {body}"

    def _write_leaves(self, name: str) -> str:
        return self._write_selection(name, "")

    def _write_selection(self, name: str, below: str) -> str:
        fields = self._graph.object_types[name].fields.values()
        leaves = [
            field.name
            for field in fields
            if isinstance(
                field.source, model.ColumnSource | model.GlobalIdSource | model.ComputedSource | model.AttributeSource
            )
        ]
        return f"{{ __typename {' '.join(leaves)}{below} }}"

    @staticmethod
    def _write_page(body: str) -> str:
        info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        return f"{{ totalCount {info} edges {{ cursor node {body} }} nodes {{ __typename id }} }}"

    @staticmethod
    def _write_document(head: str, body: str) -> str:
        return f"{{ {head} {body} }}"


def _write_page_arguments(field: model.ObjectField) -> str:
    match field.source:
        case model.ConnectionSource():
            return f"(first: {PAGE})"
        case model.BoundedListSource(argument=str(argument), max_rows=most):
            return f"({argument}: {most})"
        case _:
            return ""


class OracleView:
    """What of an answer somebody may see.

    Args:
        graph: what is shown.
        town: the rows that there are.
        actor: who looks.
    """

    def __init__(self, graph: model.Graph, town: Town, actor: Actor | None) -> None:
        self._graph = graph
        self._town = town
        self._actor = actor

    def filter_query(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of Query."""
        fields = self._graph.query.fields
        return {name: self._filter_field(fields[name], value, None) for name, value in shown.items()}

    def filter_object(self, value: Mapping[str, Any] | None) -> Any:
        """One thing."""
        return self._filter_visible_object(value, None)

    def _filter_field(self, field: model.ObjectField, value: Any, owner: TownRow | None) -> Any:
        match field.source:
            case model.ConnectionSource():
                return self._filter_page(value, listed=field.name == "riskList")
            case model.BoundedListSource() | model.LookupSource(is_list=True):
                kept = [self._filter_visible_object(each, owner) for each in value]
                return (
                    kept
                    if isinstance(field.source, model.LookupSource)
                    else [each for each in kept if each is not None]
                )
            case model.ReferenceSource() | model.LookupSource():
                return None if value is None else self._filter_visible_object(value, owner)
            case model.FirstRowSource():
                return self._filter_first(value, owner)
            case model.ColumnSource(visibility=seen) if seen is not None:
                assert owner is not None
                assert owner.person is not None
                return value if access_oracle.can_see_nip(self._actor, owner.person) else None
            case _:
                return value

    def _filter_page(self, value: Mapping[str, Any], *, listed: bool) -> dict[str, Any]:
        edges = [{**edge, "node": self._filter_visible_object(edge["node"], None)} for edge in value["edges"]]
        edges = [
            edge for edge in edges if edge["node"] is not None and not (listed and self._is_own_row(edge["node"]))
        ]
        return {
            "totalCount": len(edges),
            "pageInfo": {
                **value["pageInfo"],
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
            "edges": edges,
            "nodes": [{"__typename": each["node"]["__typename"], "id": each["node"]["id"]} for each in edges],
        }

    def _is_own_row(self, node: Mapping[str, Any]) -> bool:
        mine = None if self._actor is None else self._actor.person_id
        return mine is not None and self._find_row(node, None).person == mine

    def _filter_first(self, value: Mapping[str, Any] | None, owner: TownRow | None) -> Any:
        """The first that they may see; it is another than everybody's where that one is hidden."""
        if value is None:
            return None
        shown = self._filter_visible_object(value, owner)
        if shown is not None:
            return shown
        first = self._find_row(value, owner)
        seen = [
            row
            for row in self._town.list_rows(first.table)
            if (row.person, row.path) == (first.person, first.path) and access_oracle.can_see(self._actor, row)
        ]
        return {OTHER_ROW: {row.key for row in seen}} if seen else None

    def _filter_visible_object(self, value: Mapping[str, Any] | None, owner: TownRow | None) -> Any:
        if value is None:
            return None
        row = self._find_row(value, owner)
        if not access_oracle.can_see(self._actor, row):
            return None
        fields = self._graph.object_types[value["__typename"]].fields
        return {
            name: each if name == "__typename" else self._filter_field(fields[name], each, row)
            for name, each in value.items()
        }

    def _find_row(self, value: Mapping[str, Any], owner: TownRow | None) -> TownRow:
        """The row of an object: by its ID, or, where it has none, as one of those of its owner."""
        table = str(self._graph.object_types[value["__typename"]].table)
        if "id" in value:
            found = global_ids.parse_global_id(value["id"])
            assert found is not None
            return self._town.rows_by_key[table, found[1]]
        assert owner is not None
        return TownRow(table, person=owner.person, path=UNITS[owner.key] if owner.table == "unit" else None)


def find_difference(expected: Any, shown: Any, at: str = "") -> str:
    """Where an answer is another than expected, or nothing."""
    if isinstance(expected, dict) and OTHER_ROW in expected:
        return _check_other_row(expected[OTHER_ROW], shown, at)
    if isinstance(expected, dict) and isinstance(shown, dict):
        if list(expected) != list(shown):
            return f"{at}: {list(expected)} ≠ {list(shown)}"
        found = (find_difference(expected[name], shown[name], f"{at}.{name}") for name in expected)
        return next(filter(None, found), "")
    if isinstance(expected, list) and isinstance(shown, list):
        if len(expected) != len(shown):
            return f"{at}: {_summarize_list(expected)} expected, shown {_summarize_list(shown)}"
        pairs = enumerate(zip(expected, shown, strict=True))
        return next(filter(None, (find_difference(a, b, f"{at}[{place}]") for place, (a, b) in pairs)), "")
    return "" if expected == shown else f"{at}: expected {expected!r:.200}, shown {shown!r:.200}"


def _check_other_row(keys: Collection[int], shown: Any, at: str) -> str:
    found = global_ids.parse_global_id(shown["id"]) if isinstance(shown, dict) else None
    return "" if shown is None or (found and found[1] in keys) else f"{at}: hidden, and yet {shown}"


def _summarize_list(listed: Sequence[Any]) -> list[Any]:
    """How many there are of a list, and which, where they have an ID."""
    named = [each.get("node", each) if isinstance(each, dict) else each for each in listed]
    return [len(listed), *(each.get("id") for each in named if isinstance(each, dict) and "id" in each)]
