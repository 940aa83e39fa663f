"""Connections: edges, nodes, page info and counts of one page per owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from resolvers.graph import model
from resolvers.planner import ask, cursors
from resolvers.reference.load import Loader, Row
from resolvers.reference.shown import Document, Nodes, Selection, Shown, needed

Owners = Sequence[int] | None


class ShowsRows(Protocol):
    """Shows loaded rows as a selection asks."""

    async def rows(self, selection: Selection, rows: Sequence[Row]) -> list[Shown]:
        """One object per row."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A selected list of a connection: `edges`, or `nodes`; where its nodes go, and what they show."""

    name: str
    nodes: Mapping[str, Selection]
    cursors: tuple[str, ...] = ()
    edges: bool = False


class Pages:
    """Shows connections."""

    def __init__(self, document: Document, load: Loader, show: ShowsRows) -> None:
        self._document = document
        self._load = load
        self._show = show

    async def of(
        self, page: model.Page, owners: Owners, arguments: Mapping[str, Any], nodes: Nodes
    ) -> dict[int | None, Shown]:
        """One page per owner, also where it is empty. Raises BadArgument."""
        span = ask.span(page, arguments, self._load.ask.largest)
        wanted = ask.wanted(page.filters, arguments)
        asked = self._document.fields(f"{page.node}Connection", nodes)
        everyone: Sequence[int | None] = [None] if owners is None else owners
        shown = {owner: Shown(f"{page.node}Connection") for owner in everyone}
        parts = [part for name, each in asked.items() if (part := self._part(page, name, *each))]
        infos = {name: under for name, (field, under) in asked.items() if field == "pageInfo"}
        if parts or infos:
            await self._fill(page, owners, span, wanted, parts, infos, shown)
        for name, (field, _) in asked.items():
            if field == "totalCount":
                counts = await self._counted(page, owners, wanted) if shown else {}
                for owner, each in shown.items():
                    each.cells[name] = counts[owner]
        return shown

    async def _counted(
        self, page: model.Page, owners: Owners, wanted: Sequence[ask.Wanted]
    ) -> Mapping[int | None, int]:
        total = await self._load.total(page, wanted)
        return await self._load.counted(page.choice, owners, wanted) if total is None else {None: total}

    def _part(self, page: model.Page, name: str, field: str, nodes: Nodes) -> Part | None:
        of = self._load.graph.objects[page.node]
        if field == "nodes":
            return Part(name, {name: self._document.selection(of, nodes)})
        if field != "edges":
            return None
        asked = self._document.fields(f"{page.node}Edge", nodes)
        return Part(
            name,
            {
                inner: self._document.selection(of, under)
                for inner, (field_name, under) in asked.items()
                if field_name == "node"
            },
            tuple(inner for inner, (field_name, _) in asked.items() if field_name == "cursor"),
            edges=True,
        )

    async def _fill(
        self,
        page: model.Page,
        owners: Owners,
        span: ask.Span,
        wanted: Sequence[ask.Wanted],
        parts: Sequence[Part],
        infos: Mapping[str, Nodes],
        shown: Mapping[int | None, Shown],
    ) -> None:
        columns = needed(selection for part in parts for selection in part.nodes.values())
        # One row more than asked for tells whether there is another page.
        beyond = replace(span, limit=span.limit + 1)
        found = await self._load.listed(page.choice, owners, columns, beyond, wanted)
        kept = {owner: _kept(found.get(owner, []), span) for owner in shown}
        for name, nodes in infos.items():
            for owner, each in shown.items():
                more = len(found.get(owner, [])) > span.limit
                each.cells[name] = self._info(span, kept[owner], nodes, more=more)
        for part in parts:
            await self._lists(page, span, part, kept, shown)

    async def _lists(
        self,
        page: model.Page,
        span: ask.Span,
        part: Part,
        kept: Mapping[int | None, Sequence[Row]],
        shown: Mapping[int | None, Shown],
    ) -> None:
        rows = [row for listed in kept.values() for row in listed]
        made = {name: iter(await self._show.rows(each, rows)) for name, each in part.nodes.items()}
        for owner, listed in kept.items():
            if part.edges:
                cells = [self._edge(page, span, part, made, row) for row in listed]
            else:
                cells = [next(made[part.name]) for _ in listed]
            shown[owner].cells[part.name] = cells

    @staticmethod
    def _edge(page: model.Page, span: ask.Span, part: Part, made: Mapping[str, Any], row: Row) -> Shown:
        edge = Shown(f"{page.node}Edge", {name: next(each) for name, each in made.items()})
        for name in part.cursors:
            edge.cells[name] = cursors.write(span.order, row.order)
        return edge

    def _info(self, span: ask.Span, kept: Sequence[Row], nodes: Nodes, *, more: bool) -> Shown:
        values = {
            "hasNextPage": span.before is not None if span.backward else more,
            "hasPreviousPage": more if span.backward else span.after is not None,
            "startCursor": cursors.write(span.order, kept[0].order) if kept else None,
            "endCursor": cursors.write(span.order, kept[-1].order) if kept else None,
        }
        asked = self._document.fields("PageInfo", nodes)
        return Shown("PageInfo", {name: values.get(field) for name, (field, _) in asked.items()})


def _kept(rows: Sequence[Row], span: ask.Span) -> Sequence[Row]:
    """The rows that are shown: the one beyond is at the end, or at the start of a backward page."""
    if len(rows) <= span.limit:
        return rows
    return rows[-span.limit :] if span.backward and span.limit else rows[: span.limit]
