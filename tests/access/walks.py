"""Documents that go every way that the graph has, and what of an answer somebody may see by the oracle.

What somebody may see is what the same document shows where there is no rule of access, cut down by the oracle: an
element of a list that he may not see is not there, neither is it counted; a thing that he may not see is null.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.actor import Actor
from resolvers.graph import ids, model
from tests.access import oracle
from tests.access.town import UNITS, Row, Town

PAGE: Final = 100
OTHER: Final = "another row of the same owner"
"""Stands for what is expected where the first of several rows is hidden: another that may be seen, or nothing."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One document that goes one way, and its variables; `way` names it."""

    way: str
    text: str
    variables: Mapping[str, Any]


class Walker:
    """Writes the documents of a graph.

    Args:
        graph: what is shown.
        town: the rows that there are.
    """

    def __init__(self, graph: model.Graph, town: Town) -> None:
        self._graph = graph
        self._town = town

    def walks(self, edges: int) -> Iterator[Walk]:
        """Each way of so many edges from each field of Query and each kind of thing; the last in one document."""
        for name, field in self._graph.query.fields.items():
            match field.source:
                case model.Page(node=node):
                    for way, body in self.ways(node, edges):
                        yield Walk(f"{name}{way}", self._document(f"{name}{_given(field)}", self._page(body)), {})
                case model.First() | model.ToOne():
                    for way, body in self.ways(field.shape.leaf, edges):
                        yield Walk(f"{name}{way}", self._document(name, body), {})
                case _:
                    pass
        for code, node in self._graph.nodes.items():
            keys = [ids.write(code, row.key) for row in self._town.of(str(self._graph.objects[node].table))]
            for place in range(0, len(keys), PAGE):
                for way, body in self.ways(node, edges):
                    text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id ... on {node} {body} }} }}"
                    yield Walk(f"nodes:{node}{way}", text, {"ids": keys[place : place + PAGE]})

    def whole(self, name: str) -> str:
        """A selection of all leaves of a type, and of those of each edge."""
        return next(self.ways(name, 1))[1]

    def ways(self, name: str, edges: int) -> Iterator[tuple[str, str]]:
        """Selections of a type: its leaves, and one edge after another; below the last edge, all at once."""
        here = list(self._edges(name))
        if edges <= 1:
            below = "".join(f" {self._edge(name, edge, self._leaves(self._below(name, edge)))}" for edge in here)
            yield "", self._selection(name, below)
            return
        if not here:
            yield "", self._selection(name, "")
        for edge in here:
            for way, body in self.ways(self._below(name, edge), edges - 1):
                yield f".{edge}{way}", self._selection(name, f" {self._edge(name, edge, body)}")

    def _edges(self, name: str) -> Iterator[str]:
        for field in self._graph.objects[name].fields.values():
            if isinstance(field.source, model.ToOne | model.First | model.Many | model.Page):
                yield field.name

    def _below(self, name: str, edge: str) -> str:
        field = self._graph.objects[name].fields[edge]
        return field.source.node if isinstance(field.source, model.Page) else field.shape.leaf

    def _edge(self, name: str, edge: str, body: str) -> str:
        field = self._graph.objects[name].fields[edge]
        body = self._page(body) if isinstance(field.source, model.Page) else body
        return f"{edge}{_given(field)} {body}"

    def _leaves(self, name: str) -> str:
        return self._selection(name, "")

    def _selection(self, name: str, below: str) -> str:
        fields = self._graph.objects[name].fields.values()
        leaves = [
            field.name
            for field in fields
            if isinstance(field.source, model.Column | model.GlobalId | model.Computed | model.Attribute)
        ]
        return f"{{ __typename {' '.join(leaves)}{below} }}"

    @staticmethod
    def _page(body: str) -> str:
        info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        return f"{{ totalCount {info} edges {{ cursor node {body} }} nodes {{ __typename id }} }}"

    @staticmethod
    def _document(head: str, body: str) -> str:
        return f"{{ {head} {body} }}"


def _given(field: model.Field) -> str:
    match field.source:
        case model.Page():
            return f"(first: {PAGE})"
        case model.Many(argument=str(argument), most=most):
            return f"({argument}: {most})"
        case _:
            return ""


class Cut:
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

    def whole(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of Query."""
        fields = self._graph.query.fields
        return {name: self._field(fields[name], value, None) for name, value in shown.items()}

    def thing(self, value: Mapping[str, Any] | None) -> Any:
        """One thing."""
        return self._object(value, None)

    def _field(self, field: model.Field, value: Any, owner: Row | None) -> Any:
        match field.source:
            case model.Page():
                return self._page(value, listed=field.name == "riskList")
            case model.Many() | model.Lookup(many=True):
                kept = [self._object(each, owner) for each in value]
                return kept if isinstance(field.source, model.Lookup) else [each for each in kept if each is not None]
            case model.ToOne() | model.Lookup():
                return None if value is None else self._object(value, owner)
            case model.First():
                return self._first(value, owner)
            case model.Column(seen=seen) if seen is not None:
                assert owner is not None
                assert owner.about is not None
                return value if oracle.numbers(self._actor, owner.about) else None
            case _:
                return value

    def _page(self, value: Mapping[str, Any], *, listed: bool) -> dict[str, Any]:
        edges = [{**edge, "node": self._object(edge["node"], None)} for edge in value["edges"]]
        edges = [edge for edge in edges if edge["node"] is not None and not (listed and self._mine(edge["node"]))]
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

    def _mine(self, node: Mapping[str, Any]) -> bool:
        mine = None if self._actor is None else self._actor.person_id
        return mine is not None and self._row(node, None).about == mine

    def _first(self, value: Mapping[str, Any] | None, owner: Row | None) -> Any:
        """The first that he may see; it is another than everybody's where that one is hidden."""
        if value is None:
            return None
        shown = self._object(value, owner)
        if shown is not None:
            return shown
        first = self._row(value, owner)
        seen = [
            row
            for row in self._town.of(first.table)
            if (row.about, row.path) == (first.about, first.path) and oracle.sees(self._actor, row)
        ]
        return {OTHER: {row.key for row in seen}} if seen else None

    def _object(self, value: Mapping[str, Any] | None, owner: Row | None) -> Any:
        if value is None:
            return None
        row = self._row(value, owner)
        if not oracle.sees(self._actor, row):
            return None
        fields = self._graph.objects[value["__typename"]].fields
        return {
            name: each if name == "__typename" else self._field(fields[name], each, row)
            for name, each in value.items()
        }

    def _row(self, value: Mapping[str, Any], owner: Row | None) -> Row:
        """The row of an object: by its ID, or, where it has none, as one of those of its owner."""
        table = str(self._graph.objects[value["__typename"]].table)
        if "id" in value:
            found = ids.read(value["id"])
            assert found is not None
            return self._town.found[table, found[1]]
        assert owner is not None
        return Row(table, about=owner.about, path=UNITS[owner.key] if owner.table == "unit" else None)


def differs(expected: Any, shown: Any, at: str = "") -> str:
    """Where an answer is another than expected, or nothing."""
    if isinstance(expected, dict) and OTHER in expected:
        return _other(expected[OTHER], shown, at)
    if isinstance(expected, dict) and isinstance(shown, dict):
        if list(expected) != list(shown):
            return f"{at}: {list(expected)} ≠ {list(shown)}"
        found = (differs(expected[name], shown[name], f"{at}.{name}") for name in expected)
        return next(filter(None, found), "")
    if isinstance(expected, list) and isinstance(shown, list):
        if len(expected) != len(shown):
            return f"{at}: {_named(expected)} expected, shown {_named(shown)}"
        pairs = enumerate(zip(expected, shown, strict=True))
        return next(filter(None, (differs(a, b, f"{at}[{place}]") for place, (a, b) in pairs)), "")
    return "" if expected == shown else f"{at}: expected {expected!r:.200}, shown {shown!r:.200}"


def _other(keys: Collection[int], shown: Any, at: str) -> str:
    found = ids.read(shown["id"]) if isinstance(shown, dict) else None
    return "" if shown is None or (found and found[1] in keys) else f"{at}: hidden, and yet {shown}"


def _named(listed: Sequence[Any]) -> list[Any]:
    """How many there are of a list, and which, where they have an ID."""
    named = [each.get("node", each) if isinstance(each, dict) else each for each in listed]
    return [len(listed), *(each.get("id") for each in named if isinstance(each, dict) and "id" in each)]
