"""What the rows of a world mean to somebody, told in Python over whole tables: a third voice beside two executors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.access import scopes
from domain.actor import Actor, Role
from resolvers.graph import global_ids, model, scalars, sql_fragments
from resolvers.graph.declarations import MatchKind
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.resolvers import miniature

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[int, Row]]
"""Rows by table and key."""
RowPredicate = Callable[["RowOracle", str, Row], bool]


@dataclass(frozen=True, slots=True)
class RowOracle:
    """All rows of the tables of a graph, by table and key, and somebody who looks at them."""

    world: ComparisonWorld
    actor: Actor | None
    rows: Rows

    @property
    def named_values(self) -> Mapping[str, Any]:
        """The values of their request."""
        return {**self.world.named_values, **scopes.actor_bind_values(self.actor)}

    def can_see_row(self, table: str, key: int | None) -> bool:
        """Whether they may see a row."""
        row = self.rows[table].get(key or 0)
        if row is None:
            return False
        owner = self.world.graph.tables[table].owner
        if owner is not None:
            return self.can_see_row(owner.table, row[owner.column])
        scope = str(list_tables(self.world)[table].info["scope"])
        return scope == "public" or _find_predicate(SCOPES[self.world.name], scope, self.actor)(self, table, row)

    def can_see_field(self, table: str, key: int) -> bool:
        """Whether the rule of ruled fields shows them this row's."""
        return _find_predicate(RULES[self.world.name], "ruled", self.actor)(self, table, self.rows[table][key])

    def list_visible_keys(self, table: str) -> set[int]:
        """The keys of all rows that they may see."""
        return {key for key in self.rows[table] if self.can_see_row(table, key)}

    async def compute_values(
        self, table: str, pieces: Sequence[sql_fragments.SqlFragment]
    ) -> dict[int, tuple[Any, ...]]:
        """What expressions of the declaration come to for each row, by key."""
        binds = sql_fragments.ParameterList(self.named_values)
        key = self.world.graph.tables[table].key
        shown = "".join(f", ({piece.render_sql('r', binds)})" for piece in pieces)
        found = await self.world.fetch_world_rows(f"SELECT r.{key}{shown} FROM {table} r", binds.values)
        return {row[0]: tuple(row)[1:] for row in found}

    async def find_row_set(self, row_set: model.RowSet) -> dict[int | None, set[int]]:
        """The keys of a choice's rows that they may see, by what their link holds."""
        holds = await self.compute_values(row_set.table, [row_set.predicate] if row_set.predicate else [])
        found: dict[int | None, set[int]] = {}
        for key in self.list_visible_keys(row_set.table):
            if not holds[key] or holds[key][0]:
                owner = None if row_set.link_column is None else self.rows[row_set.table][key][row_set.link_column]
                found.setdefault(owner, set()).add(key)
        return found

    async def compute_total_count(self, page: model.ConnectionSource, where: Mapping[str, Any], count: int) -> int:
        """The `totalCount` of a list of so many rows: the miniature stores one that is not so, to tell it apart."""
        filtered = any(value is not None for value in where.values())
        stored = (
            page.total is not None and not filtered and self.actor is not None and self.actor.role is Role.SERVICE
        )
        if page.total is None or not stored or self.world.name != "miniature":
            return count
        binds = sql_fragments.ParameterList(self.named_values)
        found = await self.world.fetch_world_rows(f"SELECT {page.total.render_sql('r', binds)}", binds.values)
        return int(found[0][0])

    async def find_matching_keys(self, table: str, filters: model.FilterInput, where: Mapping[str, Any]) -> set[int]:
        """The keys of rows that all given fields of a filter match, whether they may see them or not."""
        found = set(self.rows[table])
        for name, value in where.items():
            if value is not None:
                found &= await self._matches_filter(table, filters.fields[name], value)
        return found

    async def _matches_filter(self, table: str, filter_: model.FilterField, value: Any) -> set[int]:
        pieces = [filter_.fragment] + (
            [filter_.second_fragment] if filter_.match is MatchKind.WITHIN and filter_.second_fragment else []
        )
        of = await self.compute_values(table, pieces)
        return {
            key
            for key, found in of.items()
            if FILTER_PREDICATES[filter_.match](self, filter_, found, value)
            and (filter_.visibility is None or self.can_see_field(table, key))
        }

    async def sort_keys(self, order: model.SortOrder, table: str, keys: set[int]) -> list[int]:
        """Keys of rows in an order."""
        of = await self.compute_values(table, [key.fragment for key in order.keys])
        found = list(keys)
        # The last key counts least, and sorting keeps what is alike in its place.
        for place, key in reversed(list(enumerate(order.keys))):
            found.sort(key=lambda row, place=place: _make_comparable(of[row][place]), reverse=key.descending)  # type: ignore[misc]  # mypy reads the default as an argument
        return found


async def load_all_rows(world: ComparisonWorld) -> Rows:
    """All rows of all tables of a graph."""
    found = {}
    for name, table in list_tables(world).items():
        if name in world.graph.tables:
            columns = ", ".join(f'"{column}"' for column in table.columns.keys())  # noqa: SIM118 - of SQLAlchemy
            key = world.graph.tables[name].key
            rows = await world.fetch_world_rows(f"SELECT {columns} FROM {name}", [])
            whole = [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]
            found[name] = {row[key]: row for row in whole}
    return found


def list_tables(world: ComparisonWorld) -> Mapping[str, sa.Table]:
    """The tables of a world by name."""
    base: type[SQLModel] = miniature.MiniatureTable if world.name == "miniature" else SQLModel
    return base.metadata.tables


def _make_comparable(value: Any) -> Any:
    """Text sorts by its bytes."""
    return value.encode() if isinstance(value, str) else value


# Whose rows: each scope and role told again, not taken from the predicates


def sees_nothing(_plain: RowOracle, _table: str, _row: Row) -> bool:
    """No row."""
    return False


def sees_everything(_plain: RowOracle, _table: str, _row: Row) -> bool:
    """All rows."""
    return True


def sees_own(plain: RowOracle, _table: str, row: Row) -> bool:
    """Rows about themselves."""
    mine = plain.named_values["actor_person"]
    return mine is not None and row.get("person_id", row["id"]) == mine


def sees_line(plain: RowOracle, table: str, row: Row) -> bool:
    """Rows about themselves and those whose line is their."""
    line = plain.named_values["actor_line"] or ()
    todays = "todays_appraiser_id" if "todays_appraiser_id" in row else "appraiser_id"
    return sees_own(plain, table, row) or row[todays] in line


def sees_line_and_decisions(plain: RowOracle, table: str, row: Row) -> bool:
    """The same, and what they decided."""
    mine = plain.named_values["actor_person"]
    by = {"evaluation": "evaluated_by", "plan": "set_by", "assignment": "decided_by"}.get(table)
    return sees_line(plain, table, row) or (by is not None and mine is not None and row[by] == mine)


def sees_units(plain: RowOracle, _table: str, row: Row) -> bool:
    """Rows of their units."""
    path = plain.named_values["actor_path"]
    return bool(path) and row["unit_path"] is not None and row["unit_path"].startswith(path)


def sees_own_and_units(plain: RowOracle, table: str, row: Row) -> bool:
    """Rows about themselves and of their units."""
    return sees_own(plain, table, row) or sees_units(plain, table, row)


def sees_own_and_appraiser(plain: RowOracle, table: str, row: Row) -> bool:
    """Himself and their appraiser."""
    return sees_own(plain, table, row) or (table == "person" and row["id"] == plain.named_values["actor_appraiser"])


def sees_line_and_appraiser(plain: RowOracle, table: str, row: Row) -> bool:
    """Themselves, their appraiser and whom they appraise."""
    return sees_own_and_appraiser(plain, table, row) or sees_line(plain, table, row)


def sees_decisions(plain: RowOracle, table: str, row: Row) -> bool:
    """What they decided, and what was decided about their units."""
    mine = plain.named_values["actor_person"]
    return sees_units(plain, table, row) or (mine is not None and row["decided_by"] == mine)


def sees_audit_trail(plain: RowOracle, table: str, row: Row) -> bool:
    """What was done in their units, and what the service did to nobody in particular."""
    return sees_units(plain, table, row) or (row["unit_path"] is None and row["person_id"] is None)


def sees_own_delegations(plain: RowOracle, _table: str, row: Row) -> bool:
    """Delegations by them and to them."""
    mine = plain.named_values["actor_person"]
    return mine is not None and mine in (row["appraiser_id"], row["delegate_id"])


def sees_unit_delegations(plain: RowOracle, table: str, row: Row) -> bool:
    """The same, and those of their units."""
    return sees_own_delegations(plain, table, row) or sees_units(plain, table, row)


Rules = Mapping[str, Mapping[Role, RowPredicate]]
_PEOPLE = (Role.EMPLOYEE, Role.SUPERVISOR, Role.LEADER, Role.ADMIN, Role.CHANGE_AGENT)
_RISK: Mapping[Role, RowPredicate] = {
    Role.EMPLOYEE: sees_own,
    Role.SUPERVISOR: sees_line,
    Role.HR: sees_own_and_units,
    Role.LEADER: sees_own,
    Role.AUDITOR: sees_own_and_units,
    Role.ADMIN: sees_own,
    Role.CHANGE_AGENT: sees_own,
    Role.SERVICE: sees_everything,
    Role.UNIT_SERVICE: sees_units,
}
_SMALL: Mapping[Role, RowPredicate] = {
    Role.EMPLOYEE: sees_own,
    Role.SUPERVISOR: sees_line,
    Role.HR: sees_units,
    Role.SERVICE: sees_everything,
}
SCOPES: Mapping[str, Rules] = {
    "miniature": {"person": _SMALL, "record": _SMALL},
    "province": {
        "register": {
            Role.EMPLOYEE: sees_own_and_appraiser,
            Role.SUPERVISOR: sees_line_and_appraiser,
            Role.HR: sees_own_and_units,
            Role.LEADER: sees_own_and_appraiser,
            Role.AUDITOR: sees_own_and_units,
            Role.ADMIN: sees_everything,
            Role.CHANGE_AGENT: sees_own_and_appraiser,
            Role.SERVICE: sees_everything,
            Role.UNIT_SERVICE: sees_units,
        },
        "record": {**_RISK, Role.SUPERVISOR: sees_line_and_decisions},
        "risk": _RISK,
        "training": {
            Role.HR: sees_decisions,
            Role.AUDITOR: sees_units,
            Role.SERVICE: sees_everything,
            Role.UNIT_SERVICE: sees_units,
        },
        "job": dict.fromkeys((Role.HR, Role.AUDITOR, Role.ADMIN, Role.SERVICE), sees_everything),
        "audit": {Role.AUDITOR: sees_audit_trail},
        "own": {**dict.fromkeys((*_PEOPLE, Role.HR), sees_own), Role.AUDITOR: sees_own_and_units},
        "summary": {
            **dict.fromkeys((Role.HR, Role.LEADER, Role.AUDITOR, Role.UNIT_SERVICE), sees_units),
            Role.SERVICE: sees_everything,
        },
        "delegation": {
            **dict.fromkeys(_PEOPLE, sees_own_delegations),
            **dict.fromkeys((Role.HR, Role.AUDITOR), sees_unit_delegations),
            Role.UNIT_SERVICE: sees_units,
            Role.SERVICE: sees_everything,
        },
    },
}
RULES: Mapping[str, Rules] = {
    "miniature": {"ruled": {Role.EMPLOYEE: sees_own, Role.HR: sees_everything}},
    "province": {"ruled": {**_RISK, Role.AUDITOR: sees_own}},
}


def _find_predicate(rules: Rules, name: str, actor: Actor | None) -> RowPredicate:
    return sees_nothing if actor is None else rules.get(name, {}).get(actor.role, sees_nothing)


# What each filter means


def _matches_subtree(plain: RowOracle, filter_: model.FilterField, found: Sequence[Any], value: Any) -> bool:
    above = plain.rows[str(filter_.table)].get(_parse_row_key(value))
    if above is None or not plain.can_see_row(str(filter_.table), _parse_row_key(value)):
        return False
    return found[0] is not None and bool(found[0].startswith(above["path"]))


def _matches_reference(plain: RowOracle, filter_: model.FilterField, found: Sequence[Any], value: Any) -> bool:
    return bool(found[0] == _parse_row_key(value)) and plain.can_see_row(str(filter_.table), _parse_row_key(value))


def _matches_period(_plain: RowOracle, filter_: model.FilterField, found: Sequence[Any], value: Any) -> bool:
    first, last = scalars.parse_period_days(value)
    return (first, last) == tuple(found) if filter_.second_fragment else first <= found[0] <= last


def _matches_words(_plain: RowOracle, _filter: model.FilterField, found: Sequence[Any], value: Any) -> bool:
    """A tsvector prints as `'word':1 'other':2`."""
    words = [part.rpartition(":")[0].strip("'") for part in str(found[0]).split()]
    asked = "".join(letter if letter.isalnum() else " " for letter in value.lower()).split()
    return all(any(word.startswith(each) for word in words) for each in asked)


def _parse_row_key(text: str) -> int:
    found = global_ids.parse_global_id(text)
    return 0 if found is None else found[1]


def _convert_like(found: Any, value: Any) -> Any:
    """A value of a client as the type of what it is compared with."""
    if isinstance(found, bool) or found is None:
        return value
    if isinstance(found, date):
        return scalars.parse_date(value)
    return value if isinstance(found, str | int) else scalars.parse_decimal(value)


FilterPredicate = Callable[[RowOracle, model.FilterField, Sequence[Any], Any], bool]
FILTER_PREDICATES: Mapping[MatchKind, FilterPredicate] = {
    MatchKind.EQUALS: lambda _p, _f, found, value: bool(found[0] == _convert_like(found[0], value)),
    MatchKind.ANY: lambda _p, _f, found, value: found[0] in value,
    MatchKind.AT_LEAST: lambda _p, _f, found, value: bool(found[0] >= _convert_like(found[0], value)),
    MatchKind.AT_MOST: lambda _p, _f, found, value: bool(found[0] <= _convert_like(found[0], value)),
    MatchKind.PREFIX: lambda _p, _f, found, value: bool(found[0].startswith(value)),
    MatchKind.WORDS: _matches_words,
    MatchKind.REFERENCE: _matches_reference,
    MatchKind.KEY: lambda _p, _f, found, value: bool(found[0] == _parse_row_key(value)),
    MatchKind.UNDER: _matches_subtree,
    MatchKind.HOLDS: lambda _p, _f, found, value: (found[0] is True) == value,
    MatchKind.WITHIN: _matches_period,
}
