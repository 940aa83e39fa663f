"""Batch loader against N+1 reads: one statement for all parents of a field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.graph import model, sql_fragments
from resolvers.planner.field_arguments import FilterValue, PageRange, QueryContext
from resolvers.planner.row_query import RowQuery
from resolvers.ports import ExecutionContext


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """One row: key, owner, column values by column identity, and the order's key values.

    `person` is the person of a row subject to the access log, else None.
    """

    key: int
    owner: int | None
    person: int | None
    values: dict[int, Any]
    order_values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class BatchLoader:
    """Loads rows of one request in batches."""

    graph: model.Graph
    query_context: QueryContext
    context: ExecutionContext

    async def load_by_keys(
        self, table: str, keys: Sequence[int], columns: Sequence[model.ColumnSource]
    ) -> list[LoadedRow]:
        """The rows of a table with these keys, if visible to the actor."""
        if not keys:
            return []
        binds = sql_fragments.ParameterList(self.query_context.named_values)
        rows = RowQuery(self.graph, self.query_context, binds)
        choice = model.RowSet(table, self.graph.tables[table].key)
        linked = f"ANY({binds.add_value(sorted(set(keys)), 'bigint[]')})"
        text = rows.select_rows(self._select_columns(rows, binds, table, columns), choice, alias="r", link_sql=linked)
        found = await self.context.fetch_rows(text, binds.values)
        return [_build_loaded_row(columns, None, values) for values in found]

    async def load_matching(
        self, table: str, columns: Sequence[model.ColumnSource], filter_values: Sequence[FilterValue]
    ) -> list[LoadedRow]:
        """The rows of a table matching the filter and visible to the actor."""
        binds = sql_fragments.ParameterList(self.query_context.named_values)
        rows = RowQuery(self.graph, self.query_context, binds)
        shown = self._select_columns(rows, binds, table, columns)
        text = rows.select_rows(shown, model.RowSet(table), alias="r", filter_values=filter_values)
        return [
            _build_loaded_row(columns, None, values) for values in await self.context.fetch_rows(text, binds.values)
        ]

    async def load_row_lists(
        self,
        row_set: model.RowSet,
        owners: Sequence[int] | None,
        columns: Sequence[model.ColumnSource],
        page_range: PageRange,
        filter_values: Sequence[FilterValue] = (),
    ) -> dict[int | None, list[LoadedRow]]:
        """Ordered rows of a row set by owner; under None without owners."""
        if owners is not None and not owners:
            return {}
        binds = sql_fragments.ParameterList(self.query_context.named_values)
        rows = RowQuery(self.graph, self.query_context, binds)
        keys = "" if owners is None else binds.add_value(sorted(set(owners)), "bigint[]")
        names = [f"o{place}" for place in range(len(page_range.order.keys))]
        ordered = "".join(
            f", {key.fragment.render_sql('r', binds)} AS {name}"
            for key, name in zip(page_range.order.keys, names, strict=True)
        )
        text = rows.select_rows(
            self._select_columns(rows, binds, row_set.table, columns) + ordered,
            row_set,
            alias="r",
            link_sql=None if owners is None else "o.key",
            filter_values=filter_values,
            page_range=page_range,
        )
        if owners is not None:
            order = rows.build_order_by(
                page_range.order, [f"s.{name}" for name in names], backward=page_range.backward
            )
            text = (
                f"SELECT o.key, s.* FROM unnest({keys}) AS o(key) CROSS JOIN LATERAL ({text}) AS s ORDER BY {order}"
            )
        found = await self.context.fetch_rows(text, binds.values)
        return _group_by_owner(columns, found, owned=owners is not None, backward=page_range.backward)

    async def load_stored_total(
        self, page: model.ConnectionSource, filter_values: Sequence[FilterValue]
    ) -> int | None:
        """The stored total of a list; None if its rows must be counted."""
        binds = sql_fragments.ParameterList(self.query_context.named_values)
        stored = None if filter_values else RowQuery(self.graph, self.query_context, binds).build_stored_total(page)
        if stored is None:
            return None
        return int((await self.context.fetch_rows(f"SELECT {stored}", binds.values))[0][0])

    async def count_rows(
        self, row_set: model.RowSet, owners: Sequence[int] | None, filter_values: Sequence[FilterValue]
    ) -> dict[int | None, int]:
        """The number of rows of a row set, by owner."""
        binds = sql_fragments.ParameterList(self.query_context.named_values)
        rows = RowQuery(self.graph, self.query_context, binds)
        if owners is None:
            text = rows.select_rows("count(*)", row_set, alias="r", filter_values=filter_values)
            return {None: (await self.context.fetch_rows(text, binds.values))[0][0]}
        keys = binds.add_value(sorted(set(owners)), "bigint[]")
        counted = rows.select_rows("count(*)", row_set, alias="r", link_sql="o.key", filter_values=filter_values)
        text = f"SELECT o.key, ({counted}) FROM unnest({keys}) AS o(key)"
        return {row[0]: row[1] for row in await self.context.fetch_rows(text, binds.values)}

    def _select_columns(
        self,
        rows: RowQuery,
        parameters: sql_fragments.ParameterList,
        table: str,
        columns: Sequence[model.ColumnSource],
    ) -> str:
        of = self.graph.tables[table]
        shown = [
            f"r.{of.key} AS k",
            f"{'r.person_id' if self.query_context.role in of.view_kinds else 'NULL::bigint'} AS p",
        ]
        for place, column in enumerate(columns):
            text = column.fragment.render_sql("r", parameters)
            if column.sql_type == "json":
                text = f"({text})::text"
            if column.visibility is not None:
                text = f"CASE WHEN {rows.build_visibility_condition(column.visibility, 'r')} THEN {text} END"
            shown.append(f"{text} AS c{place}")
        return ", ".join(shown)


def _build_loaded_row(columns: Sequence[model.ColumnSource], owner: int | None, values: Sequence[Any]) -> LoadedRow:
    end = 2 + len(columns)
    named = {id(column): value for column, value in zip(columns, values[2:end], strict=True)}
    return LoadedRow(values[0], owner, values[1], named, tuple(values[end:]))


def _group_by_owner(
    columns: Sequence[model.ColumnSource], found: Sequence[Sequence[Any]], *, owned: bool, backward: bool
) -> dict[int | None, list[LoadedRow]]:
    grouped: dict[int | None, list[LoadedRow]] = {}
    for values in reversed(found) if backward else found:
        owner = values[0] if owned else None
        grouped.setdefault(owner, []).append(_build_loaded_row(columns, owner, values[owned:]))
    return grouped
