"""Rows loaded in batches: one statement for all parents of a field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.graph import model, sql
from resolvers.planner.ask import Ask, Span, Wanted
from resolvers.planner.rows import Rows
from resolvers.ports import Asking


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its key, the owner it was loaded for, the values of columns by identity, the order's keys.

    `person` is whose record it is, where that is to be recorded.
    """

    key: int
    owner: int | None
    person: int | None
    values: dict[int, Any]
    order: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads rows of one request."""

    graph: model.Graph
    ask: Ask
    asking: Asking

    async def by_keys(self, table: str, keys: Sequence[int], columns: Sequence[model.Column]) -> list[Row]:
        """The rows of a table that have these keys and that the actor may see."""
        if not keys:
            return []
        binds = sql.Binds(self.ask.named)
        rows = Rows(self.graph, self.ask, binds)
        choice = model.Choice(table, self.graph.tables[table].key)
        linked = f"ANY({binds.add(sorted(set(keys)), 'bigint[]')})"
        text = rows.select(self._columns(rows, binds, table, columns), choice, alias="r", linked=linked)
        found = await self.asking.read(text, binds.values)
        return [_row(columns, None, values) for values in found]

    async def matching(self, table: str, columns: Sequence[model.Column], wanted: Sequence[Wanted]) -> list[Row]:
        """The rows of a table that match and that the actor may see."""
        binds = sql.Binds(self.ask.named)
        rows = Rows(self.graph, self.ask, binds)
        shown = self._columns(rows, binds, table, columns)
        text = rows.select(shown, model.Choice(table), alias="r", wanted=wanted)
        return [_row(columns, None, values) for values in await self.asking.read(text, binds.values)]

    async def listed(
        self,
        choice: model.Choice,
        owners: Sequence[int] | None,
        columns: Sequence[model.Column],
        span: Span,
        wanted: Sequence[Wanted] = (),
    ) -> dict[int | None, list[Row]]:
        """Rows of a choice in order, by the owners that they belong to; of None where there are no owners."""
        if owners is not None and not owners:
            return {}
        binds = sql.Binds(self.ask.named)
        rows = Rows(self.graph, self.ask, binds)
        keys = "" if owners is None else binds.add(sorted(set(owners)), "bigint[]")
        names = [f"o{place}" for place in range(len(span.order.keys))]
        ordered = "".join(
            f", {key.piece.text('r', binds)} AS {name}" for key, name in zip(span.order.keys, names, strict=True)
        )
        text = rows.select(
            self._columns(rows, binds, choice.table, columns) + ordered,
            choice,
            alias="r",
            linked=None if owners is None else "o.key",
            wanted=wanted,
            span=span,
        )
        if owners is not None:
            order = rows.order(span.order, [f"s.{name}" for name in names], backward=span.backward)
            text = (
                f"SELECT o.key, s.* FROM unnest({keys}) AS o(key) CROSS JOIN LATERAL ({text}) AS s ORDER BY {order}"
            )
        found = await self.asking.read(text, binds.values)
        return _grouped(columns, found, owned=owners is not None, backward=span.backward)

    async def total(self, page: model.Page, wanted: Sequence[Wanted]) -> int | None:
        """How many rows a list has by its stored total; None where they must be counted."""
        binds = sql.Binds(self.ask.named)
        stored = None if wanted else Rows(self.graph, self.ask, binds).total(page)
        if stored is None:
            return None
        return int((await self.asking.read(f"SELECT {stored}", binds.values))[0][0])

    async def counted(
        self, choice: model.Choice, owners: Sequence[int] | None, wanted: Sequence[Wanted]
    ) -> dict[int | None, int]:
        """How many rows of a choice there are, by owner."""
        binds = sql.Binds(self.ask.named)
        rows = Rows(self.graph, self.ask, binds)
        if owners is None:
            text = rows.select("count(*)", choice, alias="r", wanted=wanted)
            return {None: (await self.asking.read(text, binds.values))[0][0]}
        keys = binds.add(sorted(set(owners)), "bigint[]")
        counted = rows.select("count(*)", choice, alias="r", linked="o.key", wanted=wanted)
        text = f"SELECT o.key, ({counted}) FROM unnest({keys}) AS o(key)"
        return {row[0]: row[1] for row in await self.asking.read(text, binds.values)}

    def _columns(self, rows: Rows, binds: sql.Binds, table: str, columns: Sequence[model.Column]) -> str:
        of = self.graph.tables[table]
        shown = [f"r.{of.key} AS k", f"{'r.person_id' if self.ask.role in of.looked else 'NULL::bigint'} AS p"]
        for place, column in enumerate(columns):
            text = column.piece.text("r", binds)
            if column.kind == "json":
                text = f"({text})::text"
            if column.seen is not None:
                text = f"CASE WHEN {rows.seen(column.seen, 'r')} THEN {text} END"
            shown.append(f"{text} AS c{place}")
        return ", ".join(shown)


def _row(columns: Sequence[model.Column], owner: int | None, values: Sequence[Any]) -> Row:
    end = 2 + len(columns)
    named = {id(column): value for column, value in zip(columns, values[2:end], strict=True)}
    return Row(values[0], owner, values[1], named, tuple(values[end:]))


def _grouped(
    columns: Sequence[model.Column], found: Sequence[Sequence[Any]], *, owned: bool, backward: bool
) -> dict[int | None, list[Row]]:
    grouped: dict[int | None, list[Row]] = {}
    for values in reversed(found) if backward else found:
        owner = values[0] if owned else None
        grouped.setdefault(owner, []).append(_row(columns, owner, values[owned:]))
    return grouped
