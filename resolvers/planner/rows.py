"""Which rows: scope, filter, keyset, order and limit; the only text in which a table is selected from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.actor import Role
from resolvers.graph import model, sql
from resolvers.graph.words import Match
from resolvers.planner.ask import Ask, Span, Wanted

NEVER = "false"
SIMPLE: Mapping[Match, tuple[str, str]] = {
    Match.EQUALS: ("{} = {}", "{}"),
    Match.ANY: ("{} = ANY({})", "{}[]"),
    Match.AT_LEAST: ("{} >= {}", "{}"),
    Match.AT_MOST: ("{} <= {}", "{}"),
    Match.PREFIX: ("starts_with({}, {})", "text"),
    Match.WORDS: ("{} @@ to_tsquery('simple', {})", "text"),
    Match.REFERENCE: ("{} = {}", "bigint"),
    Match.KEY: ("{} = {}", "bigint"),
}
"""Filters of one value: the condition on expression and value, and the SQL type of the value."""


class Rows:
    """Writes the choices of rows of one statement; their values join `binds`."""

    def __init__(self, graph: model.Graph, ask: Ask, binds: sql.Binds) -> None:
        self._tables = graph.tables
        self._role = ask.role
        self._sight = ask.sight
        self._binds = binds

    def select(
        self,
        columns: str,
        choice: model.Choice,
        *,
        alias: str,
        linked: str | None = None,
        wanted: Sequence[Wanted] = (),
        span: Span | None = None,
        instead: str | None = None,
    ) -> str:
        """A SELECT of the rows of a choice that the actor may see.

        Args:
            columns: what to select, written for `alias`.
            choice: the table, the link and the predicate that always holds.
            alias: the name of a row in this text.
            linked: SQL that the choice's link equals, such as `o.key` or `ANY($1)`.
            wanted: the fields of a filter that must match.
            span: the stretch of an order; without one, all rows in no order.
            instead: what is read in place of the table, and has its columns.
        """
        table = self._tables[choice.table]
        where = sql.all_of(list(self._conditions(choice, alias, linked, wanted, span)))
        text = f"SELECT {columns} FROM {instead or table.name} AS {alias} WHERE {where}"
        if span is None:
            return text
        if self._narrow(table, linked) or any(each.filter.match is Match.WORDS for each in wanted):
            # Left to itself PostgreSQL may walk the index of the order and try every row on the way, hoping that
            # those it looks for lie evenly; behind OFFSET 0 it finds them, by words or units, and sorts them.
            found = f"(SELECT * FROM {table.name} AS {alias} WHERE {where} OFFSET 0)"
            text = f"SELECT {columns} FROM {found} AS {alias}"
        order = self._order(span.order, alias, backward=span.backward)
        if span.limit == span.about:  # it is known, and so no two limits are needed
            return f"{text} ORDER BY {order} LIMIT {span.about}"
        limit = self._binds.add(span.limit, "bigint")
        if span.about is None:
            return f"{text} ORDER BY {order} LIMIT {limit}"
        return f"SELECT * FROM ({text} ORDER BY {order} LIMIT {span.about}) AS {alias} LIMIT {limit}"

    def order(self, order: model.Order, names: Sequence[str], *, backward: bool) -> str:
        """ORDER BY over names that already hold the keys of an order."""
        return ", ".join(
            f"{name}{' DESC' if key.descending != backward else ''}"
            for key, name in zip(order.keys, names, strict=True)
        )

    def beyond(self, order: model.Order, values: Sequence[Any], alias: str, *, forward: bool) -> str:
        """Rows after (or before) the row of these values, in a form that an index can seek."""
        names = [key.piece.text(alias, self._binds) for key in order.keys]
        places = [self._binds.add(value, key.kind) for key, value in zip(order.keys, values, strict=True)]
        signs = [">" if key.descending != forward else "<" for key in order.keys]
        if len(set(signs)) == 1:
            return f"({', '.join(names)}) {signs[0]} ({', '.join(places)})"
        return _mixed(names, signs, places)

    def sees_all(self, table: str) -> bool:
        """Whether the role sees every row of a table."""
        return self._tables[table].scope.get(self._sight) == sql.TRUE

    def total(self, page: model.Page) -> str | None:
        """How many rows a list has that nothing filters, where that is stored for who sees so much of its table."""
        table = self._tables[page.choice.table]
        if page.total is not None and self.sees_all(page.choice.table):
            return f"coalesce({page.total.text('r', self._binds)}, 0)"
        if page.below is not None and self._role in table.units:
            return f"coalesce({page.below.text('r', self._binds)}, 0)"
        return None

    def seen(self, rule: Mapping[Role | None, sql.Piece] | None, alias: str) -> str:
        """The condition under which a ruled field of a row is shown; a role without a rule sees nothing."""
        return "true" if rule is None else self._by_role(rule, alias)

    def _narrow(self, table: model.Table, linked: str | None) -> bool:
        """Whether a whole table is looked through for the few rows of a narrow part of the tree."""
        return linked is None and self._role in table.units and not self._sight[1]

    def _order(self, order: model.Order, alias: str, *, backward: bool) -> str:
        names = [key.piece.text(alias, self._binds) for key in order.keys]
        return self.order(order, names, backward=backward)

    def _by_role(self, by_role: Mapping[Role | None, sql.Piece], alias: str) -> str:
        piece = by_role.get(self._role)
        return NEVER if piece is None else piece.text(alias, self._binds)

    def _conditions(
        self,
        choice: model.Choice,
        alias: str,
        linked: str | None,
        wanted: Sequence[Wanted],
        span: Span | None,
    ) -> Iterator[str]:
        if choice.link is not None:
            yield NEVER if linked is None else f"{alias}.{choice.link} = {linked}"
        yield from self._scope(choice.table, alias, owned=choice.owned and linked is not None)
        if choice.base is not None:
            yield choice.base.text(alias, self._binds)
        alone = linked is None and choice.base is None and len(wanted) == 1
        head = span if alone and span is not None and span.is_head else None
        for each in wanted:
            yield from self._filter(each, alias, head)
        if span is not None:
            yield from self._between(span, alias)

    def _scope(self, name: str, alias: str, *, owned: bool) -> Iterator[str]:
        table = self._tables[name]
        if table.owner is None:
            piece = table.scope.get(self._sight, sql.FALSE)
            if piece != sql.TRUE:
                yield piece.text(alias, self._binds)
        elif not owned:
            choice = model.Choice(table.owner.table, self._tables[table.owner.table].key)
            column = f"{alias}.{sql.quoted(table.owner.column)}"
            yield f"EXISTS ({self.select('', choice, alias=f'{alias}_', linked=column)})"

    def _filter(self, wanted: Wanted, alias: str, head: Span | None) -> Iterator[str]:
        """The conditions of a field of a filter; `head` where nothing but it chooses the first rows of a table."""
        filter_ = wanted.filter
        if filter_.seen is not None:
            yield self._by_role(filter_.seen, alias)
        yield self._matches(filter_, f"({filter_.piece.text(alias, self._binds)})", wanted.value, alias, head)

    def _matches(self, filter_: model.Filter, text: str, value: Any, alias: str, head: Span | None) -> str:
        match filter_.match:
            case Match.HOLDS:
                return f"{text} IS {'' if value else 'NOT '}TRUE"
            case Match.UNDER:
                return self._under(filter_, text, value, alias)
            case Match.REFERENCE if not self.sees_all(str(filter_.table)):
                return self._named(filter_, text, value, alias)
            case Match.WITHIN:
                return self._within(filter_, text, value, alias)
            case Match.WORDS if filter_.keys is not None and self._sight[1]:
                return self._among(filter_.keys, value, alias, head)
            case simple:
                form, kind = SIMPLE[simple]
                return form.format(text, self._binds.add(value, kind.format(filter_.kind)))

    def _named(self, filter_: model.Filter, text: str, key: int, alias: str) -> str:
        """By the row of this key if it is in sight: who may not see a person may not find others by him."""
        of = str(filter_.table)
        above, own, place = f"{alias}_", self._tables[of].key, self._binds.add(key, "bigint")
        named = self.select(f"{above}.{own}", model.Choice(of, own), alias=above, linked=place)
        return f"{text} = ({named})"

    def _under(self, filter_: model.Filter, text: str, key: int, alias: str) -> str:
        table = self._tables[str(filter_.table)]
        above = f"{alias}_"
        # A row that the actor may not see has no path, and so nothing lies under it.
        choice = model.Choice(str(filter_.table), table.key)
        path = filter_.last.text(above, self._binds) if filter_.last else NEVER
        named = self.select(path, choice, alias=above, linked=self._binds.add(key, "bigint"))
        return f"starts_with({text}, ({named}))"

    def _among(self, keys: model.Keys, value: str, alias: str, head: Span | None) -> str:
        query = f"to_tsquery('simple', {self._binds.add(value, 'text')})"
        if head is not None and keys.order == head.order:
            found = f"{keys.first}({query}, {self._binds.add(head.limit, 'bigint')})"
        else:
            found = f"{keys.function}({query})"
        return f"({keys.key.text(alias, self._binds)}) = ANY((SELECT {found})::bigint[])"

    def _within(self, filter_: model.Filter, text: str, days: tuple[Any, Any], alias: str) -> str:
        first, last = (self._binds.add(day, "date") for day in days)
        if filter_.last is None:
            return f"{text} BETWEEN {first} AND {last}"
        return f"{text} = {first} AND ({filter_.last.text(alias, self._binds)}) = {last}"

    def _between(self, span: Span, alias: str) -> Iterator[str]:
        if span.after is not None:
            yield self.beyond(span.order, span.after, alias, forward=True)
        if span.before is not None:
            yield self.beyond(span.order, span.before, alias, forward=False)


def _mixed(names: Sequence[str], signs: Sequence[str], places: Sequence[str]) -> str:
    name, sign, place = names[0], signs[0], places[0]
    if len(names) == 1:
        return f"{name} {sign} {place}"
    rest = _mixed(names[1:], signs[1:], places[1:])
    return f"{name} {sign}= {place} AND ({name} {sign} {place} OR ({rest}))"
