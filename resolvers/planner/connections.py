"""Connections as SQL: edges, nodes, page info and total count, each only on request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from resolvers.graph import model
from resolvers.graph.scalars import DATE_TIME
from resolvers.planner import json_sql
from resolvers.planner.compiler_protocol import CompilerProtocol
from resolvers.planner.field_arguments import FilterValue, PageRange
from resolvers.planner.json_sql import JsonSql, coalesce_to_null
from resolvers.planner.plan_key import add_extra_row
from resolvers.planner.request_values import FieldCall
from resolvers.planner.selections import FieldNodes

ROW_NUMBER_COLUMN = "place_"
"""Column with the row number in a page, counted from the end of its selection."""

CURSOR_KEY_SQL: Mapping[str, str] = {
    "bigint": "({})::text",
    "boolean": "({})::text",
    "text": "to_json({})::text",
    "numeric": """'"' || ({})::text || '"'""",
    "date": """'"' || ({})::text || '"'""",
    "timestamptz": f"""'"' || {DATE_TIME.sql_template} || '"'""",
}
"""One cursor key as JSON text, by SQL type; equal to `cursors.encode_cursor` in Python."""


def compile_connection(
    compiler: CompilerProtocol, page: model.ConnectionSource, at: FieldCall, nodes: FieldNodes, link_sql: str | None
) -> JsonSql:
    """Compile a connection to a JSON object."""
    return _ConnectionCompiler(compiler, page, at, link_sql).build_connection_json(nodes)


@dataclass(slots=True)
class _PageNeeds:
    """Rows and cursors needed by the fields of a page."""

    extra_row: bool = False
    end_cursors: bool = False


class _ConnectionCompiler:
    def __init__(
        self, compiler: CompilerProtocol, page: model.ConnectionSource, at: FieldCall, link_sql: str | None
    ) -> None:
        self._compiler = compiler
        self._page = page
        self._link_sql = link_sql
        self._page_range: PageRange = compiler.plan_key.decide_page_range(at)
        self._filter_values: Sequence[FilterValue] = compiler.plan_key.decide_filter_values(at, page.filter_input)
        self._alias = compiler.create_alias()
        self._object_type = compiler.graph.object_types[page.node_type]

    def build_connection_json(self, nodes: FieldNodes) -> JsonSql:
        asked = self._compiler.selections.collect_fields(f"{self._page.node_type}Connection", nodes)
        names = {under[0].name.value for under in asked.values()}
        needs = self._find_page_needs(asked)
        whole = JsonSql("{")
        for place, (name, under) in enumerate(asked.items()):
            whole.add_literal(f'{"," * (place > 0)}"{name}":').append(self._build_field_json(under, needs))
        whole.add_literal("}")
        if not (names & {"edges", "nodes"} or needs.extra_row or needs.end_cursors):
            return whole
        if self._link_sql is None:
            return self._compiler.add_side_query(whole, f"({self._select_page_rows(needs)}) AS {self._alias}")
        return JsonSql().add_sql(f"(SELECT {whole} FROM ({self._select_page_rows(needs)}) AS {self._alias})")

    def _find_page_needs(self, asked: Mapping[str, FieldNodes]) -> _PageNeeds:
        needs = _PageNeeds()
        for under in asked.values():
            if under[0].name.value == "pageInfo":
                fields = self._compiler.selections.collect_fields("PageInfo", under).values()
                names = {each[0].name.value for each in fields}
                needs.extra_row |= ("hasPreviousPage" if self._page_range.backward else "hasNextPage") in names
                needs.end_cursors |= bool(names & {"startCursor", "endCursor"})
        return needs

    def _select_page_rows(self, needs: _PageNeeds) -> str:
        alias = self._alias
        span = self._page_range
        if needs.extra_row:
            about = None if span.estimated_limit is None else span.estimated_limit + 1
            span = replace(span, limit=add_extra_row(span.limit), estimated_limit=about)
        rows = self._compiler.row_query.select_rows(
            f"{alias}.*",
            self._page.row_set,
            alias=alias,
            link_sql=self._link_sql,
            filter_values=self._filter_values,
            page_range=span,
        )
        if not (needs.extra_row or needs.end_cursors):
            return rows
        return f"SELECT {alias}.*, row_number() OVER () AS {ROW_NUMBER_COLUMN} FROM ({rows}) AS {alias}"

    def _build_field_json(self, nodes: FieldNodes, needs: _PageNeeds) -> JsonSql:
        match nodes[0].name.value:
            case "edges":
                return self._build_nodes_json(str(self._build_edge_json(nodes)), needs)
            case "nodes":
                return self._build_nodes_json(
                    str(self._compiler.build_object_json(self._object_type, self._alias, nodes)), needs
                )
            case "pageInfo":
                return self._build_page_info_json(nodes, needs)
            case "totalCount":
                return JsonSql().add_sql(self._build_total_sql())
            case _:
                return JsonSql(f'"{self._page.node_type}Connection"')

    def _build_nodes_json(self, shown: str, needs: _PageNeeds) -> JsonSql:
        return (
            JsonSql("[")
            .add_sql(
                json_sql.aggregate_json(shown, self._build_aggregate_order(needs), self._build_page_condition(needs))
            )
            .add_literal("]")
        )

    def _build_aggregate_order(self, needs: _PageNeeds) -> str:
        """The one order of all aggregates of the page.

        With two different orders, one of the aggregates would lose its own.
        """
        if not self._page_range.backward:
            return ""
        if needs.extra_row or needs.end_cursors:
            return f"{self._alias}.{ROW_NUMBER_COLUMN} DESC"
        return self._compiler.restore_row_order(self._page_range, self._alias)

    def _build_page_condition(self, needs: _PageNeeds) -> str:
        """The condition for rows of the page, without the extra row."""
        if not needs.extra_row:
            return ""
        limit = self._compiler.parameters.add_value(self._page_range.limit, "bigint")
        return f"{self._alias}.{ROW_NUMBER_COLUMN} <= {limit}"

    def _build_edge_json(self, nodes: FieldNodes) -> JsonSql:
        whole = JsonSql("{")
        asked = self._compiler.selections.collect_fields(f"{self._page.node_type}Edge", nodes)
        for place, (name, under) in enumerate(asked.items()):
            whole.add_literal(f'{"," * (place > 0)}"{name}":')
            match under[0].name.value:
                case "cursor":
                    whole.add_literal('"').add_sql(self._build_cursor_sql()).add_literal('"')
                case "node":
                    whole.append(self._compiler.build_object_json(self._object_type, self._alias, under))
                case _:
                    whole.add_literal(f'"{self._page.node_type}Edge"')
        return whole.add_literal("}")

    def _build_cursor_sql(self) -> str:
        order = self._page_range.order
        whole = JsonSql(f'["{order.tag}"')
        for key in order.keys:
            whole.add_literal(",").add_sql(
                CURSOR_KEY_SQL[key.sql_type].format(key.fragment.render_sql(self._alias, self._compiler.parameters))
            )
        # URL-safe Base64: without line ends and padding.
        return f"translate(encode(convert_to({whole.add_literal(']')}, 'UTF8'), 'base64'), E'+/=\\n', '-_')"

    def _build_page_info_json(self, nodes: FieldNodes, needs: _PageNeeds) -> JsonSql:
        whole = JsonSql("{")
        for place, (name, under) in enumerate(self._compiler.selections.collect_fields("PageInfo", nodes).items()):
            whole.add_literal(f'{"," * (place > 0)}"{name}":')
            match under[0].name.value:
                case "startCursor":
                    whole.add_sql(self._build_end_cursor(needs, "1"))
                case "endCursor":
                    whole.add_sql(self._build_end_cursor(needs, f"count(*){self._build_filter_clause(needs)}"))
                case "hasNextPage":
                    self._add_page_flag(
                        whole, counted=not self._page_range.backward, given=self._page_range.before is not None
                    )
                case "hasPreviousPage":
                    self._add_page_flag(
                        whole, counted=self._page_range.backward, given=self._page_range.after is not None
                    )
                case _:
                    whole.add_literal('"PageInfo"')
        return whole.add_literal("}")

    def _add_page_flag(self, whole: JsonSql, *, counted: bool, given: bool) -> None:
        if counted:
            whole.add_sql(
                f"(count(*) > {self._compiler.parameters.add_value(self._page_range.limit, 'bigint')})::text"
            )
        else:
            whole.add_literal("true" if given else "false")

    def _build_end_cursor(self, needs: _PageNeeds, place: str) -> str:
        """The cursor of the row at a place of the page."""
        order = self._build_aggregate_order(needs)
        sorting = f" ORDER BY {order}" if order else ""
        found = f"(array_agg({self._build_cursor_sql()}{sorting}){self._build_filter_clause(needs)})[{place}]"
        return coalesce_to_null(f"""'"' || {found} || '"'""")

    def _build_filter_clause(self, needs: _PageNeeds) -> str:
        kept = self._build_page_condition(needs)
        return f" FILTER (WHERE {kept})" if kept else ""

    def _build_total_sql(self) -> str:
        page = self._page
        stored = None if self._filter_values else self._compiler.row_query.build_stored_total(page)
        if stored is not None:
            return f"({stored})::text"
        alias = self._compiler.create_alias()
        counted = self._compiler.row_query.select_rows(
            "count(*)::text",
            self._page.row_set,
            alias=alias,
            link_sql=self._link_sql,
            filter_values=self._filter_values,
        )
        return f"({counted})"
