"""Tables as the graph knows them: key, scope by role, owner; and the rules of fields."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.exc import NoReferencedTableError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator

from domain import scope as scopes
from domain.actor import Role
from domain.audit.facts import Looked
from domain.audit.rules import LOOKED
from resolvers.graph import model, sql
from resolvers.graph.declared import Refused

ROLES: tuple[Role | None, ...] = (*Role, None)
SIGHTS: tuple[model.Sight, ...] = tuple((role, wide) for role in ROLES for wide in (False, True))
PARENT = "parent"
KINDS: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "boolean"),
    (sa.Integer, "bigint"),
    (sa.JSON, "json"),
    (sa.String, "text"),
    (sa.Numeric, "numeric"),
    (sa.DateTime, "timestamptz"),
    (sa.Date, "date"),
)


class Access(Protocol):
    """Whose rows and whose fields, by role; a module with these two functions will do."""

    def visible(self, scope: str, role: Role | None, table: sa.Table, *, wide: bool) -> ColumnElement[bool]:
        """Which rows of a table of this scope the role may see, in a form for a wide or a narrow part of the tree."""
        ...

    def by_unit(self, scope: str) -> frozenset[Role]:
        """The roles that see of a table of this scope the rows of their units, and maybe those of themselves."""
        ...

    def seen(self, rule: Any, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
        """In which rows of the table the role may see a field of this rule."""
        ...


def of(cls: Any) -> sa.Table:
    """The table of a SQLModel class."""
    return cast("sa.Table", cls.__table__)


def kind_of(type_: Any) -> str | None:
    """The SQL type by which values of a SQLAlchemy type are compared; None for an unknown one."""
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    if isinstance(plain, sa.Float) or (isinstance(plain, sa.DateTime) and not plain.timezone):
        return None
    return next((kind for python, kind in KINDS if isinstance(plain, python)), None)


def target(column: sa.Column[Any]) -> sa.Table | None:
    """The table that a foreign key names; None for a column that is none."""
    for key in column.foreign_keys:
        try:
            if key.column.primary_key:
                return key.column.table
        except NoReferencedTableError:
            return None
    return None


class Tables:
    """The tables compiled so far."""

    def __init__(self, access: Access) -> None:
        self.made: dict[str, model.Table] = {}
        self._access = access
        self._rules: dict[tuple[str, str], Mapping[Role | None, sql.Piece]] = {}

    def table(self, table: sa.Table) -> model.Table:
        """Compile a table. Raises Refused without a single key, or without a scope."""
        if table.name not in self.made:
            self.made[table.name] = self._make(table)
        return self.made[table.name]

    def rule(self, rule: str | None, table: sa.Table) -> Mapping[Role | None, sql.Piece] | None:
        """Who may see a field of a rule, by role; None for no rule."""
        if rule is None:
            return None
        if (rule, table.name) not in self._rules:
            self._rules[rule, table.name] = {
                role: sql.piece(self._access.seen(rule, role, table), table) for role in ROLES
            }
        return self._rules[rule, table.name]

    def sees(self, table: sa.Table, role: Role | None) -> Literal["all", "some", "none"]:
        """How much of a table a role may see."""
        made = self.table(table)
        if made.owner:
            return self.sees(table.metadata.tables[made.owner.table], role)
        if made.scope[role, False] == sql.TRUE:
            return "all"
        return "none" if made.scope[role, False] == sql.FALSE else "some"

    def always_there(self, column: sa.Column[Any], named: sa.Table) -> bool:
        """Whether whoever sees a row also sees the row of `named` that its column names."""
        row = column.table
        owner = self.table(row).owner
        if owner and owner == model.Owner(column.name, named.name):
            return True
        return all(self.sees(row, role) == "none" or self.sees(named, role) == "all" for role in ROLES)

    def _make(self, table: sa.Table) -> model.Table:
        keys = list(table.primary_key.columns)
        if len(keys) != 1 or kind_of(keys[0].type) != "bigint":
            raise Refused(table.name, "needs a primary key of one whole number")
        scope = table.info.get("scope")
        if not isinstance(scope, str):
            raise Refused(table.name, 'names no scope in its info, as {"info": {"scope": "person"}}')
        owner = self._owner(table) if scope == PARENT else None
        seen = {} if owner else {sight: self._visible(scope, sight, table) for sight in SIGHTS}
        looked = self._looked(scope, table, seen)
        units = self._access.by_unit(scope)
        return model.Table(sql.quoted(table.name), sql.quoted(keys[0].name), seen, units, owner, looked)

    def _visible(self, scope: str, sight: model.Sight, table: sa.Table) -> sql.Piece:
        role, wide = sight
        try:
            return sql.piece(self._access.visible(scope, role, table, wide=wide), table)
        except sql.CannotCompile as reason:
            raise Refused(table.name, f"scope {scope!r}: {reason}") from None

    def _looked(
        self, scope: str, table: sa.Table, seen: Mapping[model.Sight, sql.Piece]
    ) -> Mapping[Role | None, Looked]:
        """What is to be recorded when a row is shown; nothing of roles that see their own rows alone."""
        looked = LOOKED.get(scope)
        if looked is None or "person_id" not in table.columns:
            return {}
        nobody_elses = {sql.FALSE, sql.piece(scopes.own(table), table)}
        return {role: looked for role in ROLES if seen[role, False] not in nobody_elses}

    def _owner(self, table: sa.Table) -> model.Owner:
        named = table.info.get("owner")
        for column in table.columns:
            owner = target(column)
            if owner is not None and named in {None, column.name}:
                self.table(owner)
                return model.Owner(column.name, owner.name)
        raise Refused(table.name, 'is of scope "parent", and no foreign key leads to its owner')
