"""Connection resolver: edges, nodes, page info and total count of one page per owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from resolvers.graph import model
from resolvers.planner import cursors, field_arguments
from resolvers.reference.batch_loader import BatchLoader, LoadedRow
from resolvers.reference.selections import (
    FieldNodes,
    ObjectSelection,
    ReferenceSelections,
    ResolvedObject,
    collect_columns,
)

OwnerKeys = Sequence[int] | None


class RowResolver(Protocol):
    """Resolves loaded rows to objects with the fields of a selection."""

    async def resolve_rows(self, selection: ObjectSelection, rows: Sequence[LoadedRow]) -> list[ResolvedObject]:
        """One object per row."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectionList:
    """A selected list of a connection, `edges` or `nodes`.

    `name` is its response name, `selections` are the selections of its nodes by response name.
    """

    name: str
    selections: Mapping[str, ObjectSelection]
    cursor_names: tuple[str, ...] = ()
    is_edges: bool = False


class ConnectionResolver:
    """Resolves connections."""

    def __init__(self, document: ReferenceSelections, loader: BatchLoader, show: RowResolver) -> None:
        self._document = document
        self._loader = loader
        self._row_resolver = show

    async def resolve_connections(
        self, page: model.ConnectionSource, owners: OwnerKeys, arguments: Mapping[str, Any], nodes: FieldNodes
    ) -> dict[int | None, ResolvedObject]:
        """One page per owner, even if empty. Raises InvalidArgument."""
        span = field_arguments.parse_page_range(page, arguments, self._loader.query_context.max_page_size)
        wanted = field_arguments.parse_filter_values(page.filter_input, arguments)
        asked = self._document.group_fields(f"{page.node_type}Connection", nodes)
        everyone: Sequence[int | None] = [None] if owners is None else owners
        shown = {owner: ResolvedObject(f"{page.node_type}Connection") for owner in everyone}
        parts = [part for name, each in asked.items() if (part := self._build_connection_list(page, name, *each))]
        infos = {name: under for name, (field, under) in asked.items() if field == "pageInfo"}
        if parts or infos:
            await self._fill_pages(page, owners, span, wanted, parts, infos, shown)
        for name, (field, _) in asked.items():
            if field == "totalCount":
                counts = await self._load_totals(page, owners, wanted) if shown else {}
                for owner, each in shown.items():
                    each.cells[name] = counts[owner]
        return shown

    async def _load_totals(
        self, page: model.ConnectionSource, owners: OwnerKeys, filter_values: Sequence[field_arguments.FilterValue]
    ) -> Mapping[int | None, int]:
        total = await self._loader.load_stored_total(page, filter_values)
        return await self._loader.count_rows(page.row_set, owners, filter_values) if total is None else {None: total}

    def _build_connection_list(
        self, page: model.ConnectionSource, name: str, field: str, nodes: FieldNodes
    ) -> ConnectionList | None:
        of = self._loader.graph.object_types[page.node_type]
        if field == "nodes":
            return ConnectionList(name, {name: self._document.select_fields(of, nodes)})
        if field != "edges":
            return None
        asked = self._document.group_fields(f"{page.node_type}Edge", nodes)
        return ConnectionList(
            name,
            {
                inner: self._document.select_fields(of, under)
                for inner, (field_name, under) in asked.items()
                if field_name == "node"
            },
            tuple(inner for inner, (field_name, _) in asked.items() if field_name == "cursor"),
            is_edges=True,
        )

    async def _fill_pages(
        self,
        page: model.ConnectionSource,
        owners: OwnerKeys,
        page_range: field_arguments.PageRange,
        filter_values: Sequence[field_arguments.FilterValue],
        parts: Sequence[ConnectionList],
        infos: Mapping[str, FieldNodes],
        shown: Mapping[int | None, ResolvedObject],
    ) -> None:
        columns = collect_columns(selection for part in parts for selection in part.selections.values())
        # One extra row detects another page.
        beyond = replace(page_range, limit=page_range.limit + 1)
        found = await self._loader.load_row_lists(page.row_set, owners, columns, beyond, filter_values)
        kept = {owner: _trim_page(found.get(owner, []), page_range) for owner in shown}
        for name, nodes in infos.items():
            for owner, each in shown.items():
                more = len(found.get(owner, [])) > page_range.limit
                each.cells[name] = self._resolve_page_info(page_range, kept[owner], nodes, more=more)
        for part in parts:
            await self._fill_lists(page, page_range, part, kept, shown)

    async def _fill_lists(
        self,
        page: model.ConnectionSource,
        page_range: field_arguments.PageRange,
        part: ConnectionList,
        kept: Mapping[int | None, Sequence[LoadedRow]],
        shown: Mapping[int | None, ResolvedObject],
    ) -> None:
        rows = [row for listed in kept.values() for row in listed]
        made = {
            name: iter(await self._row_resolver.resolve_rows(each, rows)) for name, each in part.selections.items()
        }
        for owner, listed in kept.items():
            if part.is_edges:
                cells = [self._resolve_edge(page, page_range, part, made, row) for row in listed]
            else:
                cells = [next(made[part.name]) for _ in listed]
            shown[owner].cells[part.name] = cells

    @staticmethod
    def _resolve_edge(
        page: model.ConnectionSource,
        page_range: field_arguments.PageRange,
        part: ConnectionList,
        made: Mapping[str, Any],
        row: LoadedRow,
    ) -> ResolvedObject:
        edge = ResolvedObject(f"{page.node_type}Edge", {name: next(each) for name, each in made.items()})
        for name in part.cursor_names:
            edge.cells[name] = cursors.encode_cursor(page_range.order, row.order_values)
        return edge

    def _resolve_page_info(
        self, page_range: field_arguments.PageRange, kept: Sequence[LoadedRow], nodes: FieldNodes, *, more: bool
    ) -> ResolvedObject:
        values = {
            "hasNextPage": page_range.before is not None if page_range.backward else more,
            "hasPreviousPage": more if page_range.backward else page_range.after is not None,
            "startCursor": cursors.encode_cursor(page_range.order, kept[0].order_values) if kept else None,
            "endCursor": cursors.encode_cursor(page_range.order, kept[-1].order_values) if kept else None,
        }
        asked = self._document.group_fields("PageInfo", nodes)
        return ResolvedObject("PageInfo", {name: values.get(field) for name, (field, _) in asked.items()})


def _trim_page(rows: Sequence[LoadedRow], page_range: field_arguments.PageRange) -> Sequence[LoadedRow]:
    """The rows of a page without the extra one.

    The extra row is at the end, or at the start of a backward page.
    """
    if len(rows) <= page_range.limit:
        return rows
    return rows[-page_range.limit :] if page_range.backward and page_range.limit else rows[: page_range.limit]
