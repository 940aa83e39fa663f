"""Fetcher of one root field: level by level, one statement per field with other rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resolvers.graph import global_ids, model
from resolvers.planner import field_arguments
from resolvers.planner.field_arguments import InvalidArgument, QueryContext
from resolvers.ports import ExecutionContext
from resolvers.reference.batch_loader import BatchLoader, LoadedRow
from resolvers.reference.connections import ConnectionResolver
from resolvers.reference.selections import (
    FailedCell,
    FieldNodes,
    ObjectSelection,
    ReferenceSelections,
    ResolvedObject,
    SelectedField,
    collect_columns,
)

KeySource = model.ColumnSource | model.AttributeSource


class Fetcher:
    """Fetches the objects of one root field of a request."""

    def __init__(self, graph: model.Graph, context: ExecutionContext, document: ReferenceSelections) -> None:
        self._graph = graph
        self._document = document
        self._context: QueryContext = field_arguments.build_query_context(context)
        self._loader = BatchLoader(graph, self._context, context)
        self._viewed_people = context.viewed_people
        self._connections = ConnectionResolver(document, self._loader, self)

    async def fetch_root(self, field: model.ObjectField, arguments: Mapping[str, Any], nodes: FieldNodes) -> Any:
        """The value of a field of Query with rows. Raises InvalidArgument."""
        match field.source:
            case model.LookupSource() as source:
                return await self._fetch_by_ids(source, arguments, nodes)
            case model.FirstRowSource(choice, order):
                found = await self._fetch_row_lists(field, choice, None, field_arguments.PageRange(order, 1), nodes)
                return next(iter(found.get(None, [])), None)
            case model.BoundedListSource() as source:
                span = field_arguments.parse_list_range(source, arguments)
                return (await self._fetch_row_lists(field, source.row_set, None, span, nodes)).get(None, [])
            case model.ConnectionSource() as source:
                return (await self._connections.resolve_connections(source, None, arguments, nodes))[None]
            case _:
                raise AssertionError(f"{field.name} shows no rows")

    async def fetch_row(self, type_name: str, key: int, nodes: FieldNodes) -> ResolvedObject | None:
        """The row of a type by its key, if visible to the actor."""
        return (await self.fetch_by_keys(type_name, [key], nodes)).get(key)

    async def fetch_by_keys(
        self, type_name: str, keys: Sequence[int], nodes: FieldNodes
    ) -> dict[int, ResolvedObject]:
        """Rows of a type by their keys, without those not visible to the actor."""
        selection = self._document.select_fields(self._graph.object_types[type_name], nodes)
        rows = await self._loader.load_by_keys(str(selection.object_type.table), keys, collect_columns([selection]))
        shown = await self.resolve_rows(selection, rows)
        return {row.key: each for row, each in zip(rows, shown, strict=True)}

    async def resolve_rows(self, selection: ObjectSelection, rows: Sequence[LoadedRow]) -> list[ResolvedObject]:
        """Resolve rows to objects with the fields of a selection."""
        looked = self._graph.tables[str(selection.object_type.table)].view_kinds.get(self._context.role)
        if looked is not None:
            self._viewed_people.add(looked, (row.person for row in rows if row.person is not None))
        shown = [ResolvedObject(selection.object_type.name) for _ in rows]
        for chosen in selection.fields:
            cells = await self._resolve_cells(chosen, rows)
            for each, cell in zip(shown, cells, strict=True):
                each.cells[chosen.response_name] = cell
        return shown

    async def resolve_facts(self, type_name: str, facts: Sequence[Any], nodes: FieldNodes) -> list[ResolvedObject]:
        """Resolve facts to objects with the fields of a selection."""
        selection = self._document.select_fields(self._graph.object_types[type_name], nodes)
        if selection.object_type.view_kind is not None:
            self._viewed_people.add(selection.object_type.view_kind, (each.person_id for each in facts))
        shown = [ResolvedObject(type_name) for _ in facts]
        for chosen in selection.fields:
            cells = await self._resolve_facts_cells(chosen, facts)
            for each, cell in zip(shown, cells, strict=True):
                each.cells[chosen.response_name] = cell
        return shown

    def resolve_refusal(self, refusal: str, values: Mapping[str, Any], nodes: FieldNodes) -> ResolvedObject:
        """A refusal as an object of its union."""
        asked = self._document.group_fields(refusal, nodes)
        return ResolvedObject(refusal, {name: values[field] for name, (field, _) in asked.items() if field in values})

    async def _fetch_by_ids(self, source: model.LookupSource, arguments: Mapping[str, Any], nodes: FieldNodes) -> Any:
        if source.key_input is not None:
            return await self._fetch_by_unique_key(source.key_input, str(source.node_type), arguments, nodes)
        asked = arguments["ids"] if source.is_list else [arguments["id"]]
        if len(asked) > self._context.max_page_size:
            raise InvalidArgument(f"`ids` takes at most {self._context.max_page_size} IDs, not {len(asked)}")
        named = [global_ids.parse_global_id(text) for text in asked]
        by_type: dict[str, list[int]] = {}
        for code, key in filter(None, named):
            type_name = self._graph.types_by_code.get(code)
            if type_name is not None and source.node_type in {None, type_name}:
                by_type.setdefault(code, []).append(key)
        found = {
            (code, key): shown
            for code, keys in by_type.items()
            for key, shown in (await self.fetch_by_keys(self._graph.types_by_code[code], keys, nodes)).items()
        }
        answer = [None if each is None else found.get(each) for each in named]
        return answer if source.is_list else answer[0]

    async def _fetch_by_unique_key(
        self, keys: model.FilterInput, type_name: str, arguments: Mapping[str, Any], nodes: FieldNodes
    ) -> Any:
        selection = self._document.select_fields(self._graph.object_types[type_name], nodes)
        wanted = field_arguments.parse_filter_values(keys, arguments, "by")
        rows = await self._loader.load_matching(
            str(selection.object_type.table), collect_columns([selection]), wanted
        )
        return next(iter(await self.resolve_rows(selection, rows)), None)

    async def _resolve_cells(self, chosen: SelectedField, rows: Sequence[LoadedRow]) -> Sequence[Any]:
        if isinstance(chosen.arguments, FailedCell):
            return [chosen.arguments] * len(rows)
        try:
            return await self._resolve_row_cells(chosen, chosen.arguments, rows)
        except InvalidArgument as error:
            return [FailedCell(error)] * len(rows)

    async def _resolve_row_cells(
        self, chosen: SelectedField, arguments: Mapping[str, Any], rows: Sequence[LoadedRow]
    ) -> Sequence[Any]:
        match chosen.field.source:
            case model.GlobalIdSource(code):
                return [global_ids.format_global_id(code, row.key) for row in rows]
            case model.ColumnSource() as source:
                return [_read_key_value(source, row) for row in rows]
            case model.ComputedSource() as source:
                return [self._compute_value(chosen, source, arguments, row) for row in rows]
            case model.ReferenceSource(key):
                return await self._fetch_referenced_rows(chosen, [_read_key_value(key, row) for row in rows])
            case _:
                return await self._fetch_owned_rows(chosen, arguments, [row.key for row in rows])

    async def _fetch_owned_rows(
        self, chosen: SelectedField, arguments: Mapping[str, Any], owners: Sequence[int]
    ) -> Sequence[Any]:
        """The rows of other tables with foreign keys to these owners."""
        match chosen.field.source:
            case model.FirstRowSource(choice, order):
                first = await self._fetch_row_lists(
                    chosen.field, choice, owners, field_arguments.PageRange(order, 1), chosen.nodes
                )
                return [next(iter(first.get(owner, [])), None) for owner in owners]
            case model.BoundedListSource() as source:
                span = field_arguments.parse_list_range(source, arguments)
                listed = await self._fetch_row_lists(chosen.field, source.row_set, owners, span, chosen.nodes)
                return [listed.get(owner, []) for owner in owners]
            case model.ConnectionSource() as source:
                paged = await self._connections.resolve_connections(source, owners, arguments, chosen.nodes)
                return [paged[owner] for owner in owners]
            case _:
                raise AssertionError(f"{chosen.field.name} is no field of rows")

    async def _resolve_facts_cells(self, chosen: SelectedField, facts: Sequence[Any]) -> Sequence[Any]:
        arguments = chosen.arguments
        if isinstance(arguments, FailedCell):
            return [arguments] * len(facts)
        match chosen.field.source:
            case model.AttributeSource(name):
                values = [getattr(each, name) for each in facts]
                return await self.resolve_values(chosen.field.type_ref, values, chosen.nodes)
            case model.ComputedSource() as source:
                return [self._compute_value(chosen, source, arguments, each) for each in facts]
            case model.ReferenceSource(key):
                return await self._fetch_referenced_rows(chosen, [_read_key_value(key, each) for each in facts])
            case _:
                raise AssertionError(f"{chosen.field.name} is no field of facts")

    async def resolve_values(
        self, type_ref: model.TypeRef, values: Sequence[Any], nodes: FieldNodes
    ) -> Sequence[Any]:
        """Resolve values of facts: unchanged, or to objects of a facts type, in lists too."""
        if type_ref.leaf_name not in self._graph.object_types:
            return values
        flat = list(_flatten_values(values))
        shown = iter(await self.resolve_facts(type_ref.leaf_name, flat, nodes))
        return [_restore_nesting(value, shown) for value in values]

    async def _fetch_referenced_rows(self, chosen: SelectedField, keys: Sequence[int | None]) -> Sequence[Any]:
        known = [key for key in keys if key is not None]
        found = await self.fetch_by_keys(chosen.field.type_ref.leaf_name, known, chosen.nodes)
        return [None if key is None else found.get(key) for key in keys]

    async def _fetch_row_lists(
        self,
        field: model.ObjectField,
        row_set: model.RowSet,
        owners: Sequence[int] | None,
        page_range: field_arguments.PageRange,
        nodes: FieldNodes,
    ) -> dict[int | None, list[ResolvedObject]]:
        selection = self._document.select_fields(self._graph.object_types[field.type_ref.leaf_name], nodes)
        found = await self._loader.load_row_lists(row_set, owners, collect_columns([selection]), page_range)
        rows = [row for listed in found.values() for row in listed]
        grouped: dict[int | None, list[ResolvedObject]] = {}
        for row, shown in zip(rows, await self.resolve_rows(selection, rows), strict=True):
            grouped.setdefault(row.owner, []).append(shown)
        return grouped

    def _compute_value(
        self, chosen: SelectedField, source: model.ComputedSource, arguments: Mapping[str, Any], of: Any
    ) -> Any:
        if source.visibility is not None and not _read_key_value(source.visibility, of):
            return None
        clock = {name: getattr(self._context, name) for name in source.clock_parameters}
        named = {
            argument.python_name: arguments[argument.name]
            for argument in chosen.field.arguments
            if argument.name in arguments
        }
        values = [
            value if enum is None or value is None else enum(value)
            for enum, value in zip(
                source.parameter_enums, (_read_key_value(each, of) for each in source.values), strict=True
            )
        ]
        try:
            return source.function(*values, **clock, **named)
        except Exception as error:  # noqa: BLE001 - the field raises it, with its path
            return FailedCell(error)


def _read_key_value(key: KeySource, of: Any) -> Any:
    if isinstance(key, model.AttributeSource):
        return getattr(of, key.name)
    value = of.values[id(key)]
    return json.loads(value) if key.sql_type == "json" and value is not None else value


def _flatten_values(values: Sequence[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flatten_values(value)
        elif value is not None:
            yield value


def _restore_nesting(value: Any, shown: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_restore_nesting(each, shown) for each in value]
    return None if value is None else next(shown)
