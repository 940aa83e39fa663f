"""From a selection to one SQL whose result is the JSON text of its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema

from resolvers.graph import model, sql
from resolvers.graph.scalars import Json
from resolvers.operations import Operation
from resolvers.planner import context, holes, lookups, marks, pages, text
from resolvers.planner.ask import Span
from resolvers.planner.document import Document, Nodes
from resolvers.planner.facts import Facts, Later, Site, StepAside, site
from resolvers.planner.rows import Rows
from resolvers.planner.shape import NAMED, Shape
from resolvers.planner.text import Text, or_null, quoted
from resolvers.ports import WRITTEN


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL whose one row holds what stands between the literals of the JSON text."""

    sql: str
    literals: tuple[str, ...]


class Compiler:
    """Writes one statement; its values and holes gather in `binds` and `holes`; `marks` where it marks rows."""

    def __init__(self, graph: model.Graph, schema: GraphQLSchema, operation: Operation, facts: Facts) -> None:
        self.graph = graph
        self.shape = Shape(facts)
        self.binds = sql.Binds(NAMED)
        self.rows = Rows(graph, facts.ask, self.binds)
        self.document = Document(schema, operation.fragments, self.shape.truth)
        self.holes: list[holes.Hole] = []
        self.marks = False
        self.over = ""
        """The same as a payload's statement, but over the written row and in no context of its own."""
        self._schema = schema
        self._operation = operation
        self._role = facts.ask.role
        self._aliases = 0
        self._beside: list[str] = []

    def query(self) -> Statement:
        """The statement of a whole query. Raises StepAside."""
        whole = Text("{")
        asked = self.document.fields("Query", [self._operation.node])
        for place, (name, nodes) in enumerate(asked.items()):
            whole.literal(f'{"," * (place > 0)}"{name}":').add(self._root(nodes))
        literals, expressions = whole.literal("}").cut()
        beside = f" FROM {', '.join(self._beside)}" if self._beside else ""
        return self._in_context(f"SELECT {', '.join(expressions)}{beside}", literals)

    def payload(self, type_name: str, nodes: Nodes) -> Statement:
        """The statement of one row of a type, whose key each request gives."""
        of = self.graph.objects[type_name]
        alias = self.alias()
        key = self.binds.add(Later(lambda facts: facts.key), "bigint")
        literals, expressions = self.object(of, alias, nodes).cut()
        columns = ", ".join(expressions) or "true"
        row = self.rows.select(columns, self.by_key(of), alias=alias, linked=key)
        self.over = self.rows.select(columns, self.by_key(of), alias=alias, linked=key, instead=WRITTEN)
        return self._in_context(row, literals)

    def _in_context(self, select: str, literals: Sequence[str]) -> Statement:
        return Statement(context.within(self._role, select, self.binds), tuple(literals))

    def beside(self, shown: Text, rows: str) -> Text:
        """Text over all rows of a query, which stand beside the rest: PostgreSQL copies no long text again."""
        alias = self.alias()
        columns, text_over = shown.columns(alias)
        self._beside.append(f"(SELECT {columns} FROM {rows}) AS {alias}")
        return text_over

    def alias(self) -> str:
        """A name for a row that no other row of the statement has."""
        self._aliases += 1
        return f"t{self._aliases}"

    def by_key(self, of: model.Object) -> model.Choice:
        """The choice of a row by its key."""
        table = str(of.table)
        return model.Choice(table, self.graph.tables[table].key)

    def key(self, of: model.Object, alias: str) -> str:
        """The key of a row."""
        return f"{alias}.{self.graph.tables[str(of.table)].key}"

    def site(self, of: str, field: model.Field, node: FieldNode) -> Site:
        """A field at its place."""
        named = cast("GraphQLObjectType", self._schema.get_type(of))
        return site(field.source, named.fields[field.name], node)

    def object(self, of: model.Object, alias: str, nodes: Nodes) -> Text:
        """A row as a JSON object, marked where somebody's record is shown by it."""
        whole = self._mark(of, alias).literal("{")
        for place, (name, under) in enumerate(self.document.fields(of.name, nodes).items()):
            whole.literal(f'{"," * (place > 0)}"{name}":')
            asked = under[0].name.value
            if asked == "__typename":
                whole.literal(f'"{of.name}"')
            else:
                whole.add(self._cell(of, alias, of.fields[asked], under))
        return whole.literal("}")

    def _mark(self, of: model.Object, alias: str) -> Text:
        looked = self.graph.tables[str(of.table)].looked.get(self._role)
        if looked is None:
            return Text()
        self.marks = True
        return marks.mark(looked, alias)

    def one(self, of: model.Object, nodes: Nodes, linked: str | None) -> str:
        """The row of a type with this key, as JSON text; null where it is not seen."""
        alias = self.alias()
        shown = str(self.object(of, alias, nodes))
        return f"({self.rows.select(shown, self.by_key(of), alias=alias, linked=linked)})"

    def first(self, field: model.Field, source: model.First, nodes: Nodes, linked: str | None) -> Text:
        """The first row of a choice, or null."""
        alias = self.alias()
        span = Span(source.order, 1, about=1)
        rows = self.rows.select(f"{alias}.*", source.choice, alias=alias, linked=linked, span=span)
        shown = self.object(self.graph.objects[field.shape.leaf], alias, nodes)
        return Text().sql(or_null(f"(SELECT {shown} FROM ({rows}) AS {alias})"))

    def many(self, field: model.Field, source: model.Many, at: Site, nodes: Nodes, linked: str | None) -> Text:
        """A bounded list."""
        of = self.graph.objects[field.shape.leaf]
        alias = self.alias()
        span = self.shape.span(at)
        rows = self.rows.select(f"{alias}.*", source.choice, alias=alias, linked=linked, span=span)
        listed = text.listed(str(self.object(of, alias, nodes)), self.again(span, alias))
        if linked is None:
            return self.beside(Text("[").sql(listed).literal("]"), f"({rows}) AS {alias}")
        return Text("[").sql(f"(SELECT {listed} FROM ({rows}) AS {alias})").literal("]")

    def again(self, span: Span, alias: str) -> str:
        """ORDER BY for rows that were taken from the end, and so stand in reverse."""
        if not span.backward:
            return ""
        names = [key.piece.text(alias, self.binds) for key in span.order.keys]
        return self.rows.order(span.order, names, backward=False)

    def _root(self, nodes: Nodes) -> Text:
        name = nodes[0].name.value
        if name == "__typename":
            return Text('"Query"')
        if name.startswith("__"):
            raise StepAside("introspection")
        field = self.graph.query.fields[name]
        at = self.site("Query", field, nodes[0])
        match field.source:
            case model.Lookup() as source:
                return lookups.write(self, source, at, nodes)
            case model.First() as source:
                return self.first(field, source, nodes, None)
            case model.Many() as source:
                return self.many(field, source, at, nodes, None)
            case model.Page() as source:
                return pages.write(self, source, at, nodes, None)
            case _:
                raise StepAside("a service")

    def _cell(self, of: model.Object, alias: str, field: model.Field, nodes: Nodes) -> Text:
        match field.source:
            case model.GlobalId(code):
                return Text(f'"{code}').sql(f"{self.key(of, alias)}::text").literal('"')
            case model.Column() as source:
                return self._column(field, source, alias)
            case model.Computed() as source:
                return self._hole(field, source, self.site(of.name, field, nodes[0]), alias)
            case model.ToOne(model.Column() as key):
                shown = self.one(self.graph.objects[field.shape.leaf], nodes, self._value(key, alias))
                return Text().sql(or_null(shown) if field.shape.null else shown)
            case _:
                return self._rows(of, field, nodes, self.key(of, alias))

    def _rows(self, of: model.Object, field: model.Field, nodes: Nodes, linked: str) -> Text:
        """Rows of another table that name this one."""
        match field.source:
            case model.First() as source:
                return self.first(field, source, nodes, linked)
            case model.Many() as source:
                return self.many(field, source, self.site(of.name, field, nodes[0]), nodes, linked)
            case model.Page() as source:
                return pages.write(self, source, self.site(of.name, field, nodes[0]), nodes, linked)
            case _:
                raise StepAside("facts of a service")

    def _value(self, column: model.Column, alias: str) -> str:
        """A column's value, null for whom its rule does not admit."""
        value = column.piece.text(alias, self.binds)
        if column.seen is None:
            return value
        return f"CASE WHEN {self.rows.seen(column.seen, alias)} THEN {value} END"

    def _column(self, field: model.Field, column: model.Column, alias: str) -> Text:
        value = self._value(column, alias)
        scalar = self.graph.scalars.get(field.shape.leaf)
        shown = f"({value})" if scalar is None else scalar.text.format(value)
        match Json.QUOTED if scalar is None else scalar.json:
            case Json.ESCAPED:
                shown = f"to_json({shown})::text"
            case Json.QUOTED if field.shape.null:
                shown = f"""'"' || {shown} || '"'"""
            case Json.QUOTED:
                return Text('"').sql(shown).literal('"')
            case Json.BARE:
                pass
        return Text().sql(or_null(shown) if field.shape.null else shown)

    def _hole(self, field: model.Field, source: model.Computed, at: Site, alias: str) -> Text:
        show = holes.shower(self.graph, field.shape)
        opened = Text(f"{holes.OPEN}{len(self.holes)}{holes.VALUES}[")
        self.holes.append(holes.Hole(field, source, at, show))
        for place, column in enumerate(source.values):
            if not isinstance(column, model.Column):
                raise StepAside("facts of a service")
            opened.literal("," * (place > 0))
            opened.sql(or_null(holes.AS_JSON[column.kind].format(self._value(column, alias))))
        opened.literal(f"]{holes.CLOSE}")
        if source.seen is None:
            return opened
        return Text().sql(f"CASE WHEN {self._value(source.seen, alias)} THEN {opened} ELSE {quoted('null')} END")
