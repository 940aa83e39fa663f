"""Query compiler: from a selection to one SQL statement with the answer as JSON text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema

from resolvers.graph import model, sql_fragments
from resolvers.graph.scalars import JsonForm
from resolvers.operations import Operation
from resolvers.planner import access_markers, connections, json_sql, lookups, python_fields, session_context
from resolvers.planner.field_arguments import PageRange
from resolvers.planner.json_sql import JsonSql, coalesce_to_null, quote_literal
from resolvers.planner.plan_key import NAMED_VALUES, PlanKey
from resolvers.planner.request_values import (
    DeferredValue,
    FallbackToReference,
    FieldCall,
    RequestValues,
    build_field_call,
)
from resolvers.planner.row_query import RowQuery
from resolvers.planner.selections import FieldNodes, Selections
from resolvers.ports import WRITTEN_ROW


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """A statement with one row: the values between the literals of the JSON text."""

    sql: str
    literals: tuple[str, ...]


class QueryCompiler:
    """Compiles one statement; parameters and Python fields are collected on the way.

    The values are in `parameters`, the placeholders in `python_fields`; `has_access_markers` is true for text with
    access markers.
    """

    def __init__(
        self, graph: model.Graph, schema: GraphQLSchema, operation: Operation, values: RequestValues
    ) -> None:
        self.graph = graph
        self.plan_key = PlanKey(values)
        self.parameters = sql_fragments.ParameterList(NAMED_VALUES)
        self.row_query = RowQuery(graph, values.context, self.parameters)
        self.selections = Selections(schema, operation.fragments, self.plan_key.decide_condition)
        self.python_fields: list[python_fields.PythonField] = []
        self.has_access_markers = False
        self.written_row_sql = ""
        """The payload's statement over the written row, without a session context of its own."""
        self._schema = schema
        self._operation = operation
        self._role = values.context.role
        self._aliases = 0
        self._side_queries: list[str] = []

    def compile_query(self) -> PlannedStatement:
        """Compile a whole query. Raises FallbackToReference."""
        whole = JsonSql("{")
        asked = self.selections.collect_fields("Query", [self._operation.node])
        for place, (name, nodes) in enumerate(asked.items()):
            whole.add_literal(f'{"," * (place > 0)}"{name}":').append(self._build_root_json(nodes))
        literals, expressions = whole.add_literal("}").split_parts()
        beside = f" FROM {', '.join(self._side_queries)}" if self._side_queries else ""
        return self._add_session_context(f"SELECT {', '.join(expressions)}{beside}", literals)

    def compile_payload(self, type_name: str, nodes: FieldNodes) -> PlannedStatement:
        """Compile a payload: one row of a type, with its key given by each request."""
        of = self.graph.object_types[type_name]
        alias = self.create_alias()
        key = self.parameters.add_value(DeferredValue(lambda facts: facts.row_key), "bigint")
        literals, expressions = self.build_object_json(of, alias, nodes).split_parts()
        columns = ", ".join(expressions) or "true"
        row = self.row_query.select_rows(columns, self.build_key_row_set(of), alias=alias, link_sql=key)
        self.written_row_sql = self.row_query.select_rows(
            columns, self.build_key_row_set(of), alias=alias, link_sql=key, source_table=WRITTEN_ROW
        )
        return self._add_session_context(row, literals)

    def _add_session_context(self, select: str, literals: Sequence[str]) -> PlannedStatement:
        return PlannedStatement(
            session_context.wrap_in_session_context(self._role, select, self.parameters), tuple(literals)
        )

    def add_side_query(self, shown: JsonSql, rows: str) -> JsonSql:
        """JSON text over all rows of a query, moved into a side query of FROM.

        PostgreSQL then does not copy long text again.
        """
        alias = self.create_alias()
        columns, text_over = shown.split_columns(alias)
        self._side_queries.append(f"(SELECT {columns} FROM {rows}) AS {alias}")
        return text_over

    def create_alias(self) -> str:
        """A row alias, unique in the statement."""
        self._aliases += 1
        return f"t{self._aliases}"

    def build_key_row_set(self, of: model.ObjectType) -> model.RowSet:
        """The row set of one row, by its key."""
        table = str(of.table)
        return model.RowSet(table, self.graph.tables[table].key)

    def build_key_sql(self, of: model.ObjectType, alias: str) -> str:
        """The key of a row, as SQL."""
        return f"{alias}.{self.graph.tables[str(of.table)].key}"

    def create_field_call(self, of: str, field: model.ObjectField, node: FieldNode) -> FieldCall:
        """The call of a field at its place in the document."""
        named = cast("GraphQLObjectType", self._schema.get_type(of))
        return build_field_call(field.source, named.fields[field.name], node)

    def build_object_json(self, of: model.ObjectType, alias: str, nodes: FieldNodes) -> JsonSql:
        """A row as a JSON object, with an access marker for personal data."""
        whole = self._add_access_marker(of, alias).add_literal("{")
        for place, (name, under) in enumerate(self.selections.collect_fields(of.name, nodes).items()):
            whole.add_literal(f'{"," * (place > 0)}"{name}":')
            asked = under[0].name.value
            if asked == "__typename":
                whole.add_literal(f'"{of.name}"')
            else:
                whole.append(self._build_cell_json(of, alias, of.fields[asked], under))
        return whole.add_literal("}")

    def _add_access_marker(self, of: model.ObjectType, alias: str) -> JsonSql:
        looked = self.graph.tables[str(of.table)].view_kinds.get(self._role)
        if looked is None:
            return JsonSql()
        self.has_access_markers = True
        return access_markers.build_access_marker(looked, alias)

    def build_row_json(self, of: model.ObjectType, nodes: FieldNodes, link_sql: str | None) -> str:
        """The row of a type with this key, as JSON text; null if not visible."""
        alias = self.create_alias()
        shown = str(self.build_object_json(of, alias, nodes))
        return f"({self.row_query.select_rows(shown, self.build_key_row_set(of), alias=alias, link_sql=link_sql)})"

    def build_first_row_json(
        self, field: model.ObjectField, source: model.FirstRowSource, nodes: FieldNodes, link_sql: str | None
    ) -> JsonSql:
        """The first row of a row set, or null."""
        alias = self.create_alias()
        span = PageRange(source.order, 1, estimated_limit=1)
        rows = self.row_query.select_rows(
            f"{alias}.*", source.row_set, alias=alias, link_sql=link_sql, page_range=span
        )
        shown = self.build_object_json(self.graph.object_types[field.type_ref.leaf_name], alias, nodes)
        return JsonSql().add_sql(coalesce_to_null(f"(SELECT {shown} FROM ({rows}) AS {alias})"))

    def build_list_json(
        self,
        field: model.ObjectField,
        source: model.BoundedListSource,
        at: FieldCall,
        nodes: FieldNodes,
        link_sql: str | None,
    ) -> JsonSql:
        """A bounded list as a JSON array."""
        of = self.graph.object_types[field.type_ref.leaf_name]
        alias = self.create_alias()
        span = self.plan_key.decide_page_range(at)
        rows = self.row_query.select_rows(
            f"{alias}.*", source.row_set, alias=alias, link_sql=link_sql, page_range=span
        )
        listed = json_sql.aggregate_json(
            str(self.build_object_json(of, alias, nodes)), self.restore_row_order(span, alias)
        )
        if link_sql is None:
            return self.add_side_query(JsonSql("[").add_sql(listed).add_literal("]"), f"({rows}) AS {alias}")
        return JsonSql("[").add_sql(f"(SELECT {listed} FROM ({rows}) AS {alias})").add_literal("]")

    def restore_row_order(self, page_range: PageRange, alias: str) -> str:
        """ORDER BY for rows taken from the end, and therefore in reverse order."""
        if not page_range.backward:
            return ""
        names = [key.fragment.render_sql(alias, self.parameters) for key in page_range.order.keys]
        return self.row_query.build_order_by(page_range.order, names, backward=False)

    def _build_root_json(self, nodes: FieldNodes) -> JsonSql:
        name = nodes[0].name.value
        if name == "__typename":
            return JsonSql('"Query"')
        if name.startswith("__"):
            raise FallbackToReference("introspection")
        field = self.graph.query.fields[name]
        at = self.create_field_call("Query", field, nodes[0])
        match field.source:
            case model.LookupSource() as source:
                return lookups.compile_lookup(self, source, at, nodes)
            case model.FirstRowSource() as source:
                return self.build_first_row_json(field, source, nodes, None)
            case model.BoundedListSource() as source:
                return self.build_list_json(field, source, at, nodes, None)
            case model.ConnectionSource() as source:
                return connections.compile_connection(self, source, at, nodes, None)
            case _:
                raise FallbackToReference("a service")

    def _build_cell_json(
        self, of: model.ObjectType, alias: str, field: model.ObjectField, nodes: FieldNodes
    ) -> JsonSql:
        match field.source:
            case model.GlobalIdSource(code):
                return JsonSql(f'"{code}').add_sql(f"{self.build_key_sql(of, alias)}::text").add_literal('"')
            case model.ColumnSource() as source:
                return self._build_column_json(field, source, alias)
            case model.ComputedSource() as source:
                return self._add_python_field(field, source, self.create_field_call(of.name, field, nodes[0]), alias)
            case model.ReferenceSource(model.ColumnSource() as key):
                shown = self.build_row_json(
                    self.graph.object_types[field.type_ref.leaf_name], nodes, self._build_value_sql(key, alias)
                )
                return JsonSql().add_sql(coalesce_to_null(shown) if field.type_ref.nullable else shown)
            case _:
                return self._build_linked_rows_json(of, field, nodes, self.build_key_sql(of, alias))

    def _build_linked_rows_json(
        self, of: model.ObjectType, field: model.ObjectField, nodes: FieldNodes, link_sql: str
    ) -> JsonSql:
        """Rows of another table with a foreign key to this row."""
        match field.source:
            case model.FirstRowSource() as source:
                return self.build_first_row_json(field, source, nodes, link_sql)
            case model.BoundedListSource() as source:
                return self.build_list_json(
                    field, source, self.create_field_call(of.name, field, nodes[0]), nodes, link_sql
                )
            case model.ConnectionSource() as source:
                return connections.compile_connection(
                    self, source, self.create_field_call(of.name, field, nodes[0]), nodes, link_sql
                )
            case _:
                raise FallbackToReference("facts of a service")

    def _build_value_sql(self, column: model.ColumnSource, alias: str) -> str:
        """A column's value, null for actors not admitted by its field rule."""
        value = column.fragment.render_sql(alias, self.parameters)
        if column.visibility is None:
            return value
        return f"CASE WHEN {self.row_query.build_visibility_condition(column.visibility, alias)} THEN {value} END"

    def _build_column_json(self, field: model.ObjectField, column: model.ColumnSource, alias: str) -> JsonSql:
        value = self._build_value_sql(column, alias)
        scalar = self.graph.scalars.get(field.type_ref.leaf_name)
        shown = f"({value})" if scalar is None else scalar.sql_template.format(value)
        match JsonForm.QUOTED if scalar is None else scalar.json_form:
            case JsonForm.ESCAPED:
                shown = f"to_json({shown})::text"
            case JsonForm.QUOTED if field.type_ref.nullable:
                shown = f"""'"' || {shown} || '"'"""
            case JsonForm.QUOTED:
                return JsonSql('"').add_sql(shown).add_literal('"')
            case JsonForm.BARE:
                pass
        return JsonSql().add_sql(coalesce_to_null(shown) if field.type_ref.nullable else shown)

    def _add_python_field(
        self, field: model.ObjectField, source: model.ComputedSource, at: FieldCall, alias: str
    ) -> JsonSql:
        show = python_fields.build_json_encoder(self.graph, field.type_ref)
        opened = JsonSql(f"{python_fields.FIELD_START}{len(self.python_fields)}{python_fields.VALUES_START}[")
        self.python_fields.append(python_fields.PythonField(field, source, at, show))
        for place, column in enumerate(source.values):
            if not isinstance(column, model.ColumnSource):
                raise FallbackToReference("facts of a service")
            opened.add_literal("," * (place > 0))
            opened.add_sql(
                coalesce_to_null(
                    python_fields.JSON_SQL_BY_TYPE[column.sql_type].format(self._build_value_sql(column, alias))
                )
            )
        opened.add_literal(f"]{python_fields.FIELD_END}")
        if source.visibility is None:
            return opened
        return JsonSql().add_sql(
            f"CASE WHEN {self._build_value_sql(source.visibility, alias)} THEN {opened}"
            f" ELSE {quote_literal('null')} END"
        )
