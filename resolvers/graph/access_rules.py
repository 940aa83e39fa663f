"""Access rules of tables: key, scope by role, owner, and field rules."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.exc import NoReferencedTableError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator

from domain.access import scopes
from domain.actor import Role
from domain.audit.facts import ViewKind
from domain.audit.rules import VIEW_KIND_BY_SCOPE
from resolvers.graph import model, sql_fragments
from resolvers.graph.class_reader import DeclarationError

ROLES: tuple[Role | None, ...] = (*Role, None)
SCOPE_KEYS: tuple[model.ScopeKey, ...] = tuple((role, wide) for role in ROLES for wide in (False, True))
PARENT_SCOPE = "parent"
SQL_TYPES: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "boolean"),
    (sa.Integer, "bigint"),
    (sa.JSON, "json"),
    (sa.String, "text"),
    (sa.Numeric, "numeric"),
    (sa.DateTime, "timestamptz"),
    (sa.Date, "date"),
)


class AccessRules(Protocol):
    """Access rules by role: visible rows and visible fields; a module with these functions suffices."""

    def visible_rows(self, scope: str, role: Role | None, table: sa.Table, *, wide: bool) -> ColumnElement[bool]:
        """The rows of a table of this scope visible to the role.

        The predicate has a form for a wide and one for a narrow part of the tree.
        """
        ...

    def roles_scoped_by_unit(self, scope: str) -> frozenset[Role]:
        """The roles scoped by unit in a table of this scope.

        They see the rows of their units, and possibly their own.
        """
        ...

    def rows_with_visible_field(self, rule: Any, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
        """The rows of the table with a field of this rule visible to the role."""
        ...

    def covers(self, column: sa.Column[Any]) -> bool:
        """True if every role seeing a row also sees the row of its foreign key."""
        ...


def get_table(cls: Any) -> sa.Table:
    """The table of a SQLModel class."""
    return cast("sa.Table", cls.__table__)


def find_sql_type(type_: Any) -> str | None:
    """The SQL type for comparing values of a SQLAlchemy type; None if unknown."""
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    if isinstance(plain, sa.Float) or (isinstance(plain, sa.DateTime) and not plain.timezone):
        return None
    return next((kind for python, kind in SQL_TYPES if isinstance(plain, python)), None)


def find_referenced_table(column: sa.Column[Any]) -> sa.Table | None:
    """The table of a foreign key; None for any other column."""
    for key in column.foreign_keys:
        try:
            if key.column.primary_key:
                return key.column.table
        except NoReferencedTableError:
            return None
    return None


class TableCompiler:
    """Compiles tables, each once."""

    def __init__(self, access: AccessRules) -> None:
        self.tables: dict[str, model.GraphTable] = {}
        self._access = access
        self._rules: dict[tuple[str, str], Mapping[Role | None, sql_fragments.SqlFragment]] = {}

    def compile_table(self, table: sa.Table) -> model.GraphTable:
        """Compile a table. Raises DeclarationError without a single key or without a scope."""
        if table.name not in self.tables:
            self.tables[table.name] = self._build_graph_table(table)
        return self.tables[table.name]

    def compile_field_rule(
        self, rule: str | None, table: sa.Table
    ) -> Mapping[Role | None, sql_fragments.SqlFragment] | None:
        """The visibility of a ruled field, by role; None without a rule."""
        if rule is None:
            return None
        if (rule, table.name) not in self._rules:
            self._rules[rule, table.name] = {
                role: sql_fragments.compile_fragment(self._access.rows_with_visible_field(rule, role, table), table)
                for role in ROLES
            }
        return self._rules[rule, table.name]

    def is_always_visible(self, column: sa.Column[Any], named: sa.Table) -> bool:
        """True if every actor seeing a row also sees its referenced row of `named`."""
        owner = self.compile_table(column.table).owner
        return owner == model.OwnerLink(column.name, named.name) or self._access.covers(column)

    def _build_graph_table(self, table: sa.Table) -> model.GraphTable:
        keys = list(table.primary_key.columns)
        if len(keys) != 1 or find_sql_type(keys[0].type) != "bigint":
            raise DeclarationError(table.name, "needs a primary key of one whole number")
        scope = table.info.get("scope")
        if not isinstance(scope, str):
            raise DeclarationError(table.name, 'names no scope in its info, as {"info": {"scope": "person"}}')
        owner = self._find_owner_link(table) if scope == PARENT_SCOPE else None
        seen = {} if owner else {sight: self._compile_scope(scope, sight, table) for sight in SCOPE_KEYS}
        looked = self._find_view_kinds(scope, table, seen)
        units = self._access.roles_scoped_by_unit(scope)
        return model.GraphTable(
            sql_fragments.quote_identifier(table.name),
            sql_fragments.quote_identifier(keys[0].name),
            seen,
            units,
            owner,
            looked,
        )

    def _compile_scope(self, scope: str, sight: model.ScopeKey, table: sa.Table) -> sql_fragments.SqlFragment:
        role, wide = sight
        try:
            return sql_fragments.compile_fragment(self._access.visible_rows(scope, role, table, wide=wide), table)
        except sql_fragments.UncompilableExpression as reason:
            raise DeclarationError(table.name, f"scope {scope!r}: {reason}") from None

    def _find_view_kinds(
        self, scope: str, table: sa.Table, seen: Mapping[model.ScopeKey, sql_fragments.SqlFragment]
    ) -> Mapping[Role | None, ViewKind]:
        """The view kind of a table's rows by role, for the access log.

        Roles seeing only their own rows have none.
        """
        looked = VIEW_KIND_BY_SCOPE.get(scope)
        if looked is None or "person_id" not in table.columns:
            return {}
        nobody_elses = {sql_fragments.FALSE, sql_fragments.compile_fragment(scopes.own_rows(table), table)}
        return {role: looked for role in ROLES if seen[role, False] not in nobody_elses}

    def _find_owner_link(self, table: sa.Table) -> model.OwnerLink:
        named = table.info.get("owner")
        for column in table.columns:
            owner = find_referenced_table(column)
            if owner is not None and named in {None, column.name}:
                self.compile_table(owner)
                return model.OwnerLink(column.name, owner.name)
        raise DeclarationError(table.name, 'is of scope "parent", and no foreign key leads to its owner')
