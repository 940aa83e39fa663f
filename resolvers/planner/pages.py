"""A connection as SQL: edges, nodes, page info and count, each only where it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from resolvers.graph import model
from resolvers.graph.scalars import DATE_TIME
from resolvers.planner import text
from resolvers.planner.ask import Span, Wanted
from resolvers.planner.document import Nodes
from resolvers.planner.facts import Site
from resolvers.planner.parts import Compiling
from resolvers.planner.shape import one_more
from resolvers.planner.text import Text, or_null

PLACE = "place_"
"""The column that counts the rows of a page, from the end at which it was taken."""

KEY: Mapping[str, str] = {
    "bigint": "({})::text",
    "boolean": "({})::text",
    "text": "to_json({})::text",
    "numeric": """'"' || ({})::text || '"'""",
    "date": """'"' || ({})::text || '"'""",
    "timestamptz": f"""'"' || {DATE_TIME.text} || '"'""",
}
"""One key of a cursor as JSON text, by SQL type: what `cursors.write` writes in Python."""


def write(compiler: Compiling, page: model.Page, at: Site, nodes: Nodes, linked: str | None) -> Text:
    """A connection as a JSON object."""
    return _Writer(compiler, page, at, linked).write(nodes)


@dataclass(slots=True)
class _Needs:
    """What the fields of a page need of its rows."""

    more: bool = False
    ends: bool = False


class _Writer:
    def __init__(self, compiler: Compiling, page: model.Page, at: Site, linked: str | None) -> None:
        self._compiler = compiler
        self._page = page
        self._linked = linked
        self._span: Span = compiler.shape.span(at)
        self._wanted: Sequence[Wanted] = compiler.shape.wanted(at, page.filters)
        self._alias = compiler.alias()
        self._of = compiler.graph.objects[page.node]

    def write(self, nodes: Nodes) -> Text:
        asked = self._compiler.document.fields(f"{self._page.node}Connection", nodes)
        names = {under[0].name.value for under in asked.values()}
        needs = self._needs(asked)
        whole = Text("{")
        for place, (name, under) in enumerate(asked.items()):
            whole.literal(f'{"," * (place > 0)}"{name}":').add(self._field(under, needs))
        whole.literal("}")
        if not (names & {"edges", "nodes"} or needs.more or needs.ends):
            return whole
        if self._linked is None:
            return self._compiler.beside(whole, f"({self._rows(needs)}) AS {self._alias}")
        return Text().sql(f"(SELECT {whole} FROM ({self._rows(needs)}) AS {self._alias})")

    def _needs(self, asked: Mapping[str, Nodes]) -> _Needs:
        needs = _Needs()
        for under in asked.values():
            if under[0].name.value == "pageInfo":
                fields = self._compiler.document.fields("PageInfo", under).values()
                names = {each[0].name.value for each in fields}
                needs.more |= ("hasPreviousPage" if self._span.backward else "hasNextPage") in names
                needs.ends |= bool(names & {"startCursor", "endCursor"})
        return needs

    def _rows(self, needs: _Needs) -> str:
        alias = self._alias
        span = self._span
        if needs.more:
            about = None if span.about is None else span.about + 1
            span = replace(span, limit=one_more(span.limit), about=about)
        rows = self._compiler.rows.select(
            f"{alias}.*", self._page.choice, alias=alias, linked=self._linked, wanted=self._wanted, span=span
        )
        if not (needs.more or needs.ends):
            return rows
        return f"SELECT {alias}.*, row_number() OVER () AS {PLACE} FROM ({rows}) AS {alias}"

    def _field(self, nodes: Nodes, needs: _Needs) -> Text:
        match nodes[0].name.value:
            case "edges":
                return self._list(str(self._edge(nodes)), needs)
            case "nodes":
                return self._list(str(self._compiler.object(self._of, self._alias, nodes)), needs)
            case "pageInfo":
                return self._info(nodes, needs)
            case "totalCount":
                return Text().sql(self._total())
            case _:
                return Text(f'"{self._page.node}Connection"')

    def _list(self, shown: str, needs: _Needs) -> Text:
        return Text("[").sql(text.listed(shown, self._order(needs), self._kept(needs))).literal("]")

    def _order(self, needs: _Needs) -> str:
        """The order of all aggregates of the page; were they of two orders, one of them would lose its own."""
        if not self._span.backward:
            return ""
        if needs.more or needs.ends:
            return f"{self._alias}.{PLACE} DESC"
        return self._compiler.again(self._span, self._alias)

    def _kept(self, needs: _Needs) -> str:
        """The condition under which a row is on the page, and not the one beyond."""
        if not needs.more:
            return ""
        return f"{self._alias}.{PLACE} <= {self._compiler.binds.add(self._span.limit, 'bigint')}"

    def _edge(self, nodes: Nodes) -> Text:
        whole = Text("{")
        asked = self._compiler.document.fields(f"{self._page.node}Edge", nodes)
        for place, (name, under) in enumerate(asked.items()):
            whole.literal(f'{"," * (place > 0)}"{name}":')
            match under[0].name.value:
                case "cursor":
                    whole.literal('"').sql(self._cursor()).literal('"')
                case "node":
                    whole.add(self._compiler.object(self._of, self._alias, under))
                case _:
                    whole.literal(f'"{self._page.node}Edge"')
        return whole.literal("}")

    def _cursor(self) -> str:
        order = self._span.order
        whole = Text(f'["{order.tag}"')
        for key in order.keys:
            whole.literal(",").sql(KEY[key.kind].format(key.piece.text(self._alias, self._compiler.binds)))
        # Base64 for addresses: without line ends and padding.
        return f"translate(encode(convert_to({whole.literal(']')}, 'UTF8'), 'base64'), E'+/=\\n', '-_')"

    def _info(self, nodes: Nodes, needs: _Needs) -> Text:
        whole = Text("{")
        for place, (name, under) in enumerate(self._compiler.document.fields("PageInfo", nodes).items()):
            whole.literal(f'{"," * (place > 0)}"{name}":')
            match under[0].name.value:
                case "startCursor":
                    whole.sql(self._end(needs, "1"))
                case "endCursor":
                    whole.sql(self._end(needs, f"count(*){self._filter(needs)}"))
                case "hasNextPage":
                    self._has(whole, counted=not self._span.backward, given=self._span.before is not None)
                case "hasPreviousPage":
                    self._has(whole, counted=self._span.backward, given=self._span.after is not None)
                case _:
                    whole.literal('"PageInfo"')
        return whole.literal("}")

    def _has(self, whole: Text, *, counted: bool, given: bool) -> None:
        if counted:
            whole.sql(f"(count(*) > {self._compiler.binds.add(self._span.limit, 'bigint')})::text")
        else:
            whole.literal("true" if given else "false")

    def _end(self, needs: _Needs, place: str) -> str:
        """The cursor of the row at a place among those of the page."""
        order = self._order(needs)
        sorting = f" ORDER BY {order}" if order else ""
        found = f"(array_agg({self._cursor()}{sorting}){self._filter(needs)})[{place}]"
        return or_null(f"""'"' || {found} || '"'""")

    def _filter(self, needs: _Needs) -> str:
        kept = self._kept(needs)
        return f" FILTER (WHERE {kept})" if kept else ""

    def _total(self) -> str:
        page = self._page
        stored = None if self._wanted else self._compiler.rows.total(page)
        if stored is not None:
            return f"({stored})::text"
        alias = self._compiler.alias()
        counted = self._compiler.rows.select(
            "count(*)::text", self._page.choice, alias=alias, linked=self._linked, wanted=self._wanted
        )
        return f"({counted})"
