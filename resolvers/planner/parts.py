"""What pages and look-ups need of the compiler that they are parts of."""

from typing import Protocol

from resolvers.graph import model, sql
from resolvers.planner.ask import Span
from resolvers.planner.document import Document, Nodes
from resolvers.planner.rows import Rows
from resolvers.planner.shape import Shape
from resolvers.planner.text import Text


class Compiling(Protocol):
    """A statement that is being written; `resolvers.planner.compile.Compiler` is one."""

    graph: model.Graph
    shape: Shape
    binds: sql.Binds
    rows: Rows
    document: Document

    def alias(self) -> str:
        """A name for a row that no other row of the statement has."""
        ...

    def object(self, of: model.Object, alias: str, nodes: Nodes) -> Text:
        """A row as a JSON object."""
        ...

    def one(self, of: model.Object, nodes: Nodes, linked: str | None) -> str:
        """The row of a type with this key, as JSON text; null where it is not seen."""
        ...

    def beside(self, shown: Text, rows: str) -> Text:
        """Text over all rows of a query, which stand beside the rest."""
        ...

    def again(self, span: Span, alias: str) -> str:
        """ORDER BY for rows that were taken from the end."""
        ...
