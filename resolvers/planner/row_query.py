"""Row query: scope, filter, keyset, order and limit, the only SELECT from a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.actor import Role
from resolvers.graph import model, sql_fragments
from resolvers.graph.declarations import MatchKind
from resolvers.planner.field_arguments import FilterValue, PageRange, QueryContext

FALSE_SQL = "false"
SIMPLE_CONDITIONS: Mapping[MatchKind, tuple[str, str]] = {
    MatchKind.EQUALS: ("{} = {}", "{}"),
    MatchKind.ANY: ("{} = ANY({})", "{}[]"),
    MatchKind.AT_LEAST: ("{} >= {}", "{}"),
    MatchKind.AT_MOST: ("{} <= {}", "{}"),
    MatchKind.PREFIX: ("starts_with({}, {})", "text"),
    MatchKind.WORDS: ("{} @@ to_tsquery('simple', {})", "text"),
    MatchKind.REFERENCE: ("{} = {}", "bigint"),
    MatchKind.KEY: ("{} = {}", "bigint"),
}
"""Conditions of filters with one value: SQL over expression and value, and the value's type."""


class RowQuery:
    """Renders the row selections of one statement; their values join `parameters`."""

    def __init__(self, graph: model.Graph, ask: QueryContext, parameters: sql_fragments.ParameterList) -> None:
        self._tables = graph.tables
        self._role = ask.role
        self._scope_key = ask.scope_key
        self._parameters = parameters

    def select_rows(
        self,
        columns: str,
        row_set: model.RowSet,
        *,
        alias: str,
        link_sql: str | None = None,
        filter_values: Sequence[FilterValue] = (),
        page_range: PageRange | None = None,
        source_table: str | None = None,
    ) -> str:
        """A SELECT of the rows of a row set visible to the actor.

        Args:
            columns: the select list, written for `alias`.
            row_set: the table, the link column and the fixed predicate.
            alias: the name of a row in this text.
            link_sql: SQL equal to the row set's link column, such as `o.key` or `ANY($1)`.
            filter_values: the filter fields to match.
            page_range: the page range; without one, all rows in no order.
            source_table: a source read in place of the table, with its columns.
        """
        table = self._tables[row_set.table]
        where = sql_fragments.join_conditions(
            list(self._iterate_conditions(row_set, alias, link_sql, filter_values, page_range))
        )
        text = f"SELECT {columns} FROM {source_table or table.name} AS {alias} WHERE {where}"
        if page_range is None:
            return text
        if self._scans_narrow_units(table, link_sql) or any(
            each.filter_field.match is MatchKind.WORDS for each in filter_values
        ):
            # PostgreSQL may otherwise scan the index of the order and test every row, assuming an even spread of
            # the matching ones; behind OFFSET 0 it finds them, by words or units, and sorts them.
            found = f"(SELECT * FROM {table.name} AS {alias} WHERE {where} OFFSET 0)"
            text = f"SELECT {columns} FROM {found} AS {alias}"
        order = self._build_alias_order(page_range.order, alias, backward=page_range.backward)
        if page_range.limit == page_range.estimated_limit:  # it is known, so one limit is enough
            return f"{text} ORDER BY {order} LIMIT {page_range.estimated_limit}"
        limit = self._parameters.add_value(page_range.limit, "bigint")
        if page_range.estimated_limit is None:
            return f"{text} ORDER BY {order} LIMIT {limit}"
        return f"SELECT * FROM ({text} ORDER BY {order} LIMIT {page_range.estimated_limit}) AS {alias} LIMIT {limit}"

    def build_order_by(self, order: model.SortOrder, names: Sequence[str], *, backward: bool) -> str:
        """ORDER BY over names already holding the keys of an order."""
        return ", ".join(
            f"{name}{' DESC' if key.descending != backward else ''}"
            for key, name in zip(order.keys, names, strict=True)
        )

    def build_keyset_condition(
        self, order: model.SortOrder, values: Sequence[Any], alias: str, *, forward: bool
    ) -> str:
        """The keyset condition: rows after (or before) these key values, in an index-seekable form."""
        names = [key.fragment.render_sql(alias, self._parameters) for key in order.keys]
        places = [
            self._parameters.add_value(value, key.sql_type) for key, value in zip(order.keys, values, strict=True)
        ]
        signs = [">" if key.descending != forward else "<" for key in order.keys]
        if len(set(signs)) == 1:
            return f"({', '.join(names)}) {signs[0]} ({', '.join(places)})"
        return _build_mixed_keyset(names, signs, places)

    def sees_all_rows(self, table: str) -> bool:
        """True if the role sees every row of a table."""
        return self._tables[table].scope_by_key.get(self._scope_key) == sql_fragments.TRUE

    def build_stored_total(self, page: model.ConnectionSource) -> str | None:
        """The stored total of an unfiltered list as SQL; None without one.

        It depends on the role's scope of the table: all rows, or the rows of the role's units.
        """
        table = self._tables[page.row_set.table]
        if page.total is not None and self.sees_all_rows(page.row_set.table):
            return f"coalesce({page.total.render_sql('r', self._parameters)}, 0)"
        if page.units_total is not None and self._role in table.unit_roles:
            return f"coalesce({page.units_total.render_sql('r', self._parameters)}, 0)"
        return None

    def build_visibility_condition(
        self, rule: Mapping[Role | None, sql_fragments.SqlFragment] | None, alias: str
    ) -> str:
        """The condition for showing a ruled field of a row; false for unlisted roles."""
        return "true" if rule is None else self._build_role_condition(rule, alias)

    def _scans_narrow_units(self, table: model.GraphTable, link_sql: str | None) -> bool:
        """True for a scan of a whole table for few rows of narrow units."""
        return link_sql is None and self._role in table.unit_roles and not self._scope_key[1]

    def _build_alias_order(self, order: model.SortOrder, alias: str, *, backward: bool) -> str:
        names = [key.fragment.render_sql(alias, self._parameters) for key in order.keys]
        return self.build_order_by(order, names, backward=backward)

    def _build_role_condition(self, by_role: Mapping[Role | None, sql_fragments.SqlFragment], alias: str) -> str:
        piece = by_role.get(self._role)
        return FALSE_SQL if piece is None else piece.render_sql(alias, self._parameters)

    def _iterate_conditions(
        self,
        row_set: model.RowSet,
        alias: str,
        link_sql: str | None,
        filter_values: Sequence[FilterValue],
        page_range: PageRange | None,
    ) -> Iterator[str]:
        if row_set.link_column is not None:
            yield FALSE_SQL if link_sql is None else f"{alias}.{row_set.link_column} = {link_sql}"
        yield from self._iterate_scope_conditions(row_set.table, alias, owned=row_set.owned and link_sql is not None)
        if row_set.predicate is not None:
            yield row_set.predicate.render_sql(alias, self._parameters)
        alone = link_sql is None and row_set.predicate is None and len(filter_values) == 1
        head = page_range if alone and page_range is not None and page_range.is_first_page else None
        for each in filter_values:
            yield from self._iterate_filter_conditions(each, alias, head)
        if page_range is not None:
            yield from self._iterate_cursor_conditions(page_range, alias)

    def _iterate_scope_conditions(self, name: str, alias: str, *, owned: bool) -> Iterator[str]:
        table = self._tables[name]
        if table.owner is None:
            piece = table.scope_by_key.get(self._scope_key, sql_fragments.FALSE)
            if piece != sql_fragments.TRUE:
                yield piece.render_sql(alias, self._parameters)
        elif not owned:
            choice = model.RowSet(table.owner.table, self._tables[table.owner.table].key)
            column = f"{alias}.{sql_fragments.quote_identifier(table.owner.column)}"
            yield f"EXISTS ({self.select_rows('', choice, alias=f'{alias}_', link_sql=column)})"

    def _iterate_filter_conditions(
        self, filter_values: FilterValue, alias: str, head: PageRange | None
    ) -> Iterator[str]:
        """The conditions of a filter field.

        `head` is the page range if this filter alone selects the first rows of a table.
        """
        filter_ = filter_values.filter_field
        if filter_.visibility is not None:
            yield self._build_role_condition(filter_.visibility, alias)
        yield self._build_match_condition(
            filter_, f"({filter_.fragment.render_sql(alias, self._parameters)})", filter_values.value, alias, head
        )

    def _build_match_condition(
        self, filter_: model.FilterField, text: str, value: Any, alias: str, head: PageRange | None
    ) -> str:
        match filter_.match:
            case MatchKind.HOLDS:
                return f"{text} IS {'' if value else 'NOT '}TRUE"
            case MatchKind.UNDER:
                return self._build_subtree_condition(filter_, text, value, alias)
            case MatchKind.REFERENCE if not self.sees_all_rows(str(filter_.table)):
                return self._build_reference_condition(filter_, text, value, alias)
            case MatchKind.WITHIN:
                return self._build_period_condition(filter_, text, value, alias)
            case MatchKind.WORDS if filter_.word_search is not None and self._scope_key[1]:
                return self._build_word_search_condition(filter_.word_search, value, alias, head)
            case simple:
                form, kind = SIMPLE_CONDITIONS[simple]
                return form.format(text, self._parameters.add_value(value, kind.format(filter_.sql_type)))

    def _build_reference_condition(self, filter_: model.FilterField, text: str, key: int, alias: str) -> str:
        """The condition by a referenced row, if visible to the actor.

        An invisible person must not help to find others.
        """
        of = str(filter_.table)
        above, own, place = f"{alias}_", self._tables[of].key, self._parameters.add_value(key, "bigint")
        named = self.select_rows(f"{above}.{own}", model.RowSet(of, own), alias=above, link_sql=place)
        return f"{text} = ({named})"

    def _build_subtree_condition(self, filter_: model.FilterField, text: str, key: int, alias: str) -> str:
        table = self._tables[str(filter_.table)]
        above = f"{alias}_"
        # A row not visible to the actor has no path, so nothing lies below it.
        choice = model.RowSet(str(filter_.table), table.key)
        path = filter_.second_fragment.render_sql(above, self._parameters) if filter_.second_fragment else FALSE_SQL
        named = self.select_rows(path, choice, alias=above, link_sql=self._parameters.add_value(key, "bigint"))
        return f"starts_with({text}, ({named}))"

    def _build_word_search_condition(
        self, keys: model.WordSearch, value: str, alias: str, head: PageRange | None
    ) -> str:
        query = f"to_tsquery('simple', {self._parameters.add_value(value, 'text')})"
        if head is not None and keys.order == head.order:
            found = f"{keys.ordered_function}({query}, {self._parameters.add_value(head.limit, 'bigint')})"
        else:
            found = f"{keys.function}({query})"
        return f"({keys.key.render_sql(alias, self._parameters)}) = ANY((SELECT {found})::bigint[])"

    def _build_period_condition(
        self, filter_: model.FilterField, text: str, days: tuple[Any, Any], alias: str
    ) -> str:
        first, last = (self._parameters.add_value(day, "date") for day in days)
        if filter_.second_fragment is None:
            return f"{text} BETWEEN {first} AND {last}"
        return f"{text} = {first} AND ({filter_.second_fragment.render_sql(alias, self._parameters)}) = {last}"

    def _iterate_cursor_conditions(self, page_range: PageRange, alias: str) -> Iterator[str]:
        if page_range.after is not None:
            yield self.build_keyset_condition(page_range.order, page_range.after, alias, forward=True)
        if page_range.before is not None:
            yield self.build_keyset_condition(page_range.order, page_range.before, alias, forward=False)


def _build_mixed_keyset(names: Sequence[str], signs: Sequence[str], places: Sequence[str]) -> str:
    name, sign, place = names[0], signs[0], places[0]
    if len(names) == 1:
        return f"{name} {sign} {place}"
    rest = _build_mixed_keyset(names[1:], signs[1:], places[1:])
    return f"{name} {sign}= {place} AND ({name} {sign} {place} OR ({rest}))"
