"""Compiler protocol: the compiler's interface for connections and look-ups."""

from typing import Protocol

from resolvers.graph import model, sql_fragments
from resolvers.planner.field_arguments import PageRange
from resolvers.planner.json_sql import JsonSql
from resolvers.planner.plan_key import PlanKey
from resolvers.planner.row_query import RowQuery
from resolvers.planner.selections import FieldNodes, Selections


class CompilerProtocol(Protocol):
    """A statement being compiled, implemented by `resolvers.planner.compiler.QueryCompiler`."""

    graph: model.Graph
    plan_key: PlanKey
    parameters: sql_fragments.ParameterList
    row_query: RowQuery
    selections: Selections

    def create_alias(self) -> str:
        """A row alias, unique in the statement."""
        ...

    def build_object_json(self, of: model.ObjectType, alias: str, nodes: FieldNodes) -> JsonSql:
        """A row as a JSON object."""
        ...

    def build_row_json(self, of: model.ObjectType, nodes: FieldNodes, link_sql: str | None) -> str:
        """The row of a type with this key, as JSON text; null if not visible."""
        ...

    def add_side_query(self, shown: JsonSql, rows: str) -> JsonSql:
        """JSON text over all rows of a query, moved into a side query of FROM."""
        ...

    def restore_row_order(self, page_range: PageRange, alias: str) -> str:
        """ORDER BY for rows taken from the end."""
        ...
