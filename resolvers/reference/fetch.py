"""The answer of one root field: level by level, one statement per field that shows other rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resolvers.graph import ids, model
from resolvers.planner import ask
from resolvers.planner.ask import Ask, BadArgument
from resolvers.ports import Asking
from resolvers.reference.load import Loader, Row
from resolvers.reference.pages import Pages
from resolvers.reference.shown import Chosen, Document, Failure, Nodes, Selection, Shown, needed

Key = model.Column | model.Attribute


class Fetch:
    """Fetches what one root field of a request shows."""

    def __init__(self, graph: model.Graph, asking: Asking, document: Document) -> None:
        self._graph = graph
        self._document = document
        self._ask: Ask = ask.of(asking)
        self._load = Loader(graph, self._ask, asking)
        self._seen = asking.seen
        self._pages = Pages(document, self._load, self)

    async def root(self, field: model.Field, arguments: Mapping[str, Any], nodes: Nodes) -> Any:
        """The value of a field of Query that shows rows. Raises BadArgument."""
        match field.source:
            case model.Lookup() as source:
                return await self._lookup(source, arguments, nodes)
            case model.First(choice, order):
                found = await self._listed(field, choice, None, ask.Span(order, 1), nodes)
                return next(iter(found.get(None, [])), None)
            case model.Many() as source:
                span = ask.some(source, arguments)
                return (await self._listed(field, source.choice, None, span, nodes)).get(None, [])
            case model.Page() as source:
                return (await self._pages.of(source, None, arguments, nodes))[None]
            case _:
                raise AssertionError(f"{field.name} shows no rows")

    async def row(self, type_name: str, key: int, nodes: Nodes) -> Shown | None:
        """The row of a type by its key, if the actor may see it."""
        return (await self.by_keys(type_name, [key], nodes)).get(key)

    async def by_keys(self, type_name: str, keys: Sequence[int], nodes: Nodes) -> dict[int, Shown]:
        """Rows of a type by their keys; those that the actor may not see are absent."""
        selection = self._document.selection(self._graph.objects[type_name], nodes)
        rows = await self._load.by_keys(str(selection.object.table), keys, needed([selection]))
        shown = await self.rows(selection, rows)
        return {row.key: each for row, each in zip(rows, shown, strict=True)}

    async def rows(self, selection: Selection, rows: Sequence[Row]) -> list[Shown]:
        """Show rows as a selection asks."""
        looked = self._graph.tables[str(selection.object.table)].looked.get(self._ask.role)
        if looked is not None:
            self._seen.add(looked, (row.person for row in rows if row.person is not None))
        shown = [Shown(selection.object.name) for _ in rows]
        for chosen in selection.chosen:
            cells = await self._cells(chosen, rows)
            for each, cell in zip(shown, cells, strict=True):
                each.cells[chosen.name] = cell
        return shown

    async def facts(self, type_name: str, facts: Sequence[Any], nodes: Nodes) -> list[Shown]:
        """Show facts as a selection asks."""
        selection = self._document.selection(self._graph.objects[type_name], nodes)
        if selection.object.looked is not None:
            self._seen.add(selection.object.looked, (each.person_id for each in facts))
        shown = [Shown(type_name) for _ in facts]
        for chosen in selection.chosen:
            cells = await self._cells_of_facts(chosen, facts)
            for each, cell in zip(shown, cells, strict=True):
                each.cells[chosen.name] = cell
        return shown

    def refused(self, refusal: str, values: Mapping[str, Any], nodes: Nodes) -> Shown:
        """A refusal as a member of a union."""
        asked = self._document.fields(refusal, nodes)
        return Shown(refusal, {name: values[field] for name, (field, _) in asked.items() if field in values})

    async def _lookup(self, source: model.Lookup, arguments: Mapping[str, Any], nodes: Nodes) -> Any:
        if source.by is not None:
            return await self._by(source.by, str(source.node), arguments, nodes)
        asked = arguments["ids"] if source.many else [arguments["id"]]
        if len(asked) > self._ask.largest:
            raise BadArgument(f"`ids` takes at most {self._ask.largest} IDs, not {len(asked)}")
        named = [ids.read(text) for text in asked]
        by_type: dict[str, list[int]] = {}
        for code, key in filter(None, named):
            type_name = self._graph.nodes.get(code)
            if type_name is not None and source.node in {None, type_name}:
                by_type.setdefault(code, []).append(key)
        found = {
            (code, key): shown
            for code, keys in by_type.items()
            for key, shown in (await self.by_keys(self._graph.nodes[code], keys, nodes)).items()
        }
        answer = [None if each is None else found.get(each) for each in named]
        return answer if source.many else answer[0]

    async def _by(self, keys: model.Filters, type_name: str, arguments: Mapping[str, Any], nodes: Nodes) -> Any:
        selection = self._document.selection(self._graph.objects[type_name], nodes)
        wanted = ask.wanted(keys, arguments, "by")
        rows = await self._load.matching(str(selection.object.table), needed([selection]), wanted)
        return next(iter(await self.rows(selection, rows)), None)

    async def _cells(self, chosen: Chosen, rows: Sequence[Row]) -> Sequence[Any]:
        if isinstance(chosen.arguments, Failure):
            return [chosen.arguments] * len(rows)
        try:
            return await self._cells_of_rows(chosen, chosen.arguments, rows)
        except BadArgument as error:
            return [Failure(error)] * len(rows)

    async def _cells_of_rows(
        self, chosen: Chosen, arguments: Mapping[str, Any], rows: Sequence[Row]
    ) -> Sequence[Any]:
        match chosen.field.source:
            case model.GlobalId(code):
                return [ids.write(code, row.key) for row in rows]
            case model.Column() as source:
                return [_value(source, row) for row in rows]
            case model.Computed() as source:
                return [self._computed(chosen, source, arguments, row) for row in rows]
            case model.ToOne(key):
                return await self._named(chosen, [_value(key, row) for row in rows])
            case _:
                return await self._owned(chosen, arguments, [row.key for row in rows])

    async def _owned(self, chosen: Chosen, arguments: Mapping[str, Any], owners: Sequence[int]) -> Sequence[Any]:
        """The rows of other tables that name these owners."""
        match chosen.field.source:
            case model.First(choice, order):
                first = await self._listed(chosen.field, choice, owners, ask.Span(order, 1), chosen.nodes)
                return [next(iter(first.get(owner, [])), None) for owner in owners]
            case model.Many() as source:
                span = ask.some(source, arguments)
                listed = await self._listed(chosen.field, source.choice, owners, span, chosen.nodes)
                return [listed.get(owner, []) for owner in owners]
            case model.Page() as source:
                paged = await self._pages.of(source, owners, arguments, chosen.nodes)
                return [paged[owner] for owner in owners]
            case _:
                raise AssertionError(f"{chosen.field.name} is no field of rows")

    async def _cells_of_facts(self, chosen: Chosen, facts: Sequence[Any]) -> Sequence[Any]:
        arguments = chosen.arguments
        if isinstance(arguments, Failure):
            return [arguments] * len(facts)
        match chosen.field.source:
            case model.Attribute(name):
                values = [getattr(each, name) for each in facts]
                return await self.values(chosen.field.shape, values, chosen.nodes)
            case model.Computed() as source:
                return [self._computed(chosen, source, arguments, each) for each in facts]
            case model.ToOne(key):
                return await self._named(chosen, [_value(key, each) for each in facts])
            case _:
                raise AssertionError(f"{chosen.field.name} is no field of facts")

    async def values(self, shape: model.Shape, values: Sequence[Any], nodes: Nodes) -> Sequence[Any]:
        """Show values of facts: as they are, or by a view, also where they are lists."""
        if shape.leaf not in self._graph.objects:
            return values
        flat = list(_flat(values))
        shown = iter(await self.facts(shape.leaf, flat, nodes))
        return [_like(value, shown) for value in values]

    async def _named(self, chosen: Chosen, keys: Sequence[int | None]) -> Sequence[Any]:
        known = [key for key in keys if key is not None]
        found = await self.by_keys(chosen.field.shape.leaf, known, chosen.nodes)
        return [None if key is None else found.get(key) for key in keys]

    async def _listed(
        self,
        field: model.Field,
        choice: model.Choice,
        owners: Sequence[int] | None,
        span: ask.Span,
        nodes: Nodes,
    ) -> dict[int | None, list[Shown]]:
        selection = self._document.selection(self._graph.objects[field.shape.leaf], nodes)
        found = await self._load.listed(choice, owners, needed([selection]), span)
        rows = [row for listed in found.values() for row in listed]
        grouped: dict[int | None, list[Shown]] = {}
        for row, shown in zip(rows, await self.rows(selection, rows), strict=True):
            grouped.setdefault(row.owner, []).append(shown)
        return grouped

    def _computed(self, chosen: Chosen, source: model.Computed, arguments: Mapping[str, Any], of: Any) -> Any:
        if source.seen is not None and not _value(source.seen, of):
            return None
        clock = {name: getattr(self._ask, name) for name in source.clock}
        named = {
            argument.python: arguments[argument.name]
            for argument in chosen.field.arguments
            if argument.name in arguments
        }
        values = [
            value if enum is None or value is None else enum(value)
            for enum, value in zip(source.enums, (_value(each, of) for each in source.values), strict=True)
        ]
        try:
            return source.function(*values, **clock, **named)
        except Exception as error:  # noqa: BLE001 - the field raises it where its path is known
            return Failure(error)


def _value(key: Key, of: Any) -> Any:
    if isinstance(key, model.Attribute):
        return getattr(of, key.name)
    value = of.values[id(key)]
    return json.loads(value) if key.kind == "json" and value is not None else value


def _flat(values: Sequence[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        elif value is not None:
            yield value


def _like(value: Any, shown: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_like(each, shown) for each in value]
    return None if value is None else next(shown)
