"""What the rows of a world mean to somebody, told in Python over whole tables: a third voice beside two executors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain import scope
from domain.actor import Actor, Role
from resolvers.graph import ids, model, scalars, sql
from resolvers.graph.words import Match
from tests.corpus.worlds import World
from tests.resolvers import miniature

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[int, Row]]
"""Rows by table and key."""
Sees = Callable[["Plain", str, Row], bool]


@dataclass(frozen=True, slots=True)
class Plain:
    """All rows of the tables of a graph, by table and key, and somebody who looks at them."""

    world: World
    actor: Actor | None
    rows: Rows

    @property
    def named(self) -> Mapping[str, Any]:
        """The values of his request."""
        return {**self.world.named, **scope.values(self.actor)}

    def sees(self, table: str, key: int | None) -> bool:
        """Whether he may see a row."""
        row = self.rows[table].get(key or 0)
        if row is None:
            return False
        owner = self.world.graph.tables[table].owner
        if owner is not None:
            return self.sees(owner.table, row[owner.column])
        scope = str(tables(self.world)[table].info["scope"])
        return scope == "public" or _rule(SCOPES[self.world.name], scope, self.actor)(self, table, row)

    def admits(self, table: str, key: int) -> bool:
        """Whether the rule of ruled fields shows him this row's."""
        return _rule(RULES[self.world.name], "ruled", self.actor)(self, table, self.rows[table][key])

    def seen(self, table: str) -> set[int]:
        """The keys of all rows that he may see."""
        return {key for key in self.rows[table] if self.sees(table, key)}

    async def values(self, table: str, pieces: Sequence[sql.Piece]) -> dict[int, tuple[Any, ...]]:
        """What expressions of the declaration come to for each row, by key."""
        binds = sql.Binds(self.named)
        key = self.world.graph.tables[table].key
        shown = "".join(f", ({piece.text('r', binds)})" for piece in pieces)
        found = await self.world.rows(f"SELECT r.{key}{shown} FROM {table} r", binds.values)
        return {row[0]: tuple(row)[1:] for row in found}

    async def choice(self, choice: model.Choice) -> dict[int | None, set[int]]:
        """The keys of a choice's rows that he may see, by what their link holds."""
        holds = await self.values(choice.table, [choice.base] if choice.base else [])
        found: dict[int | None, set[int]] = {}
        for key in self.seen(choice.table):
            if not holds[key] or holds[key][0]:
                owner = None if choice.link is None else self.rows[choice.table][key][choice.link]
                found.setdefault(owner, set()).add(key)
        return found

    async def total(self, page: model.Page, where: Mapping[str, Any], count: int) -> int:
        """The `totalCount` of a list of so many rows: the miniature stores one that is not so, to tell it apart."""
        filtered = any(value is not None for value in where.values())
        stored = (
            page.total is not None and not filtered and self.actor is not None and self.actor.role is Role.SERVICE
        )
        if page.total is None or not stored or self.world.name != "miniature":
            return count
        binds = sql.Binds(self.named)
        found = await self.world.rows(f"SELECT {page.total.text('r', binds)}", binds.values)
        return int(found[0][0])

    async def matching(self, table: str, filters: model.Filters, where: Mapping[str, Any]) -> set[int]:
        """The keys of rows that all given fields of a filter match, whether he may see them or not."""
        found = set(self.rows[table])
        for name, value in where.items():
            if value is not None:
                found &= await self._matching(table, filters.fields[name], value)
        return found

    async def _matching(self, table: str, filter_: model.Filter, value: Any) -> set[int]:
        pieces = [filter_.piece] + ([filter_.last] if filter_.match is Match.WITHIN and filter_.last else [])
        of = await self.values(table, pieces)
        return {
            key
            for key, found in of.items()
            if MATCHES[filter_.match](self, filter_, found, value)
            and (filter_.seen is None or self.admits(table, key))
        }

    async def sorted(self, order: model.Order, table: str, keys: set[int]) -> list[int]:
        """Keys of rows in an order."""
        of = await self.values(table, [key.piece for key in order.keys])
        found = list(keys)
        # The last key counts least, and sorting keeps what is alike in its place.
        for place, key in reversed(list(enumerate(order.keys))):
            found.sort(key=lambda row, place=place: _comparable(of[row][place]), reverse=key.descending)  # type: ignore[misc]  # mypy reads the default as an argument
        return found


async def load(world: World) -> Rows:
    """All rows of all tables of a graph."""
    found = {}
    for name, table in tables(world).items():
        if name in world.graph.tables:
            columns = ", ".join(f'"{column}"' for column in table.columns.keys())  # noqa: SIM118 - of SQLAlchemy
            key = world.graph.tables[name].key
            rows = await world.rows(f"SELECT {columns} FROM {name}", [])
            whole = [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]
            found[name] = {row[key]: row for row in whole}
    return found


def tables(world: World) -> Mapping[str, sa.Table]:
    """The tables of a world by name."""
    base: type[SQLModel] = miniature.Table if world.name == "miniature" else SQLModel
    return base.metadata.tables


def _comparable(value: Any) -> Any:
    """Text sorts by its bytes."""
    return value.encode() if isinstance(value, str) else value


# Whose rows: each scope and role told again, not taken from the predicates


def nobody(_plain: Plain, _table: str, _row: Row) -> bool:
    """No row."""
    return False


def everybody(_plain: Plain, _table: str, _row: Row) -> bool:
    """All rows."""
    return True


def own(plain: Plain, _table: str, row: Row) -> bool:
    """Rows about himself."""
    mine = plain.named["actor_person"]
    return mine is not None and row.get("person_id", row["id"]) == mine


def line(plain: Plain, table: str, row: Row) -> bool:
    """Rows about himself and those whose line is his."""
    line = plain.named["actor_line"] or ()
    todays = "todays_appraiser_id" if "todays_appraiser_id" in row else "appraiser_id"
    return own(plain, table, row) or row[todays] in line


def line_or_decided(plain: Plain, table: str, row: Row) -> bool:
    """The same, and what he decided."""
    mine = plain.named["actor_person"]
    by = {"evaluation": "evaluated_by", "plan": "set_by", "assignment": "decided_by"}.get(table)
    return line(plain, table, row) or (by is not None and mine is not None and row[by] == mine)


def below(plain: Plain, _table: str, row: Row) -> bool:
    """Rows of his units."""
    path = plain.named["actor_path"]
    return bool(path) and row["unit_path"] is not None and row["unit_path"].startswith(path)


def units(plain: Plain, table: str, row: Row) -> bool:
    """Rows about himself and of his units."""
    return own(plain, table, row) or below(plain, table, row)


def known(plain: Plain, table: str, row: Row) -> bool:
    """Himself and his appraiser."""
    return own(plain, table, row) or (table == "person" and row["id"] == plain.named["actor_appraiser"])


def known_line(plain: Plain, table: str, row: Row) -> bool:
    """Himself, his appraiser and whom he appraises."""
    return known(plain, table, row) or line(plain, table, row)


def decided(plain: Plain, table: str, row: Row) -> bool:
    """What he decided, and what was decided about his units."""
    mine = plain.named["actor_person"]
    return below(plain, table, row) or (mine is not None and row["decided_by"] == mine)


def audited(plain: Plain, table: str, row: Row) -> bool:
    """What was done in his units, and what the service did to nobody in particular."""
    return below(plain, table, row) or (row["unit_path"] is None and row["person_id"] is None)


def parties(plain: Plain, _table: str, row: Row) -> bool:
    """Delegations by him and to him."""
    mine = plain.named["actor_person"]
    return mine is not None and mine in (row["appraiser_id"], row["delegate_id"])


def delegated(plain: Plain, table: str, row: Row) -> bool:
    """The same, and those of his units."""
    return parties(plain, table, row) or below(plain, table, row)


Rules = Mapping[str, Mapping[Role, Sees]]
_PEOPLE = (Role.EMPLOYEE, Role.SUPERVISOR, Role.LEADER, Role.ADMIN, Role.CHANGE_AGENT)
_RISK: Mapping[Role, Sees] = {
    Role.EMPLOYEE: own,
    Role.SUPERVISOR: line,
    Role.HR: units,
    Role.LEADER: own,
    Role.AUDITOR: units,
    Role.ADMIN: own,
    Role.CHANGE_AGENT: own,
    Role.SERVICE: everybody,
    Role.UNIT_SERVICE: below,
}
_SMALL: Mapping[Role, Sees] = {
    Role.EMPLOYEE: own,
    Role.SUPERVISOR: line,
    Role.HR: below,
    Role.SERVICE: everybody,
}
SCOPES: Mapping[str, Rules] = {
    "miniature": {"person": _SMALL, "record": _SMALL},
    "province": {
        "register": {
            Role.EMPLOYEE: known,
            Role.SUPERVISOR: known_line,
            Role.HR: units,
            Role.LEADER: known,
            Role.AUDITOR: units,
            Role.ADMIN: everybody,
            Role.CHANGE_AGENT: known,
            Role.SERVICE: everybody,
            Role.UNIT_SERVICE: below,
        },
        "record": {**_RISK, Role.SUPERVISOR: line_or_decided},
        "risk": _RISK,
        "training": {Role.HR: decided, Role.AUDITOR: below, Role.SERVICE: everybody, Role.UNIT_SERVICE: below},
        "job": dict.fromkeys((Role.HR, Role.AUDITOR, Role.ADMIN, Role.SERVICE), everybody),
        "audit": {Role.AUDITOR: audited},
        "own": {**dict.fromkeys((*_PEOPLE, Role.HR), own), Role.AUDITOR: units},
        "summary": {
            **dict.fromkeys((Role.HR, Role.LEADER, Role.AUDITOR, Role.UNIT_SERVICE), below),
            Role.SERVICE: everybody,
        },
        "delegation": {
            **dict.fromkeys(_PEOPLE, parties),
            **dict.fromkeys((Role.HR, Role.AUDITOR), delegated),
            Role.UNIT_SERVICE: below,
            Role.SERVICE: everybody,
        },
    },
}
RULES: Mapping[str, Rules] = {
    "miniature": {"ruled": {Role.EMPLOYEE: own, Role.HR: everybody}},
    "province": {"ruled": {**_RISK, Role.AUDITOR: own}},
}


def _rule(rules: Rules, name: str, actor: Actor | None) -> Sees:
    return nobody if actor is None else rules.get(name, {}).get(actor.role, nobody)


# What each filter means


def _under(plain: Plain, filter_: model.Filter, found: Sequence[Any], value: Any) -> bool:
    above = plain.rows[str(filter_.table)].get(_key(value))
    if above is None or not plain.sees(str(filter_.table), _key(value)):
        return False
    return found[0] is not None and bool(found[0].startswith(above["path"]))


def _reference(plain: Plain, filter_: model.Filter, found: Sequence[Any], value: Any) -> bool:
    return bool(found[0] == _key(value)) and plain.sees(str(filter_.table), _key(value))


def _within(_plain: Plain, filter_: model.Filter, found: Sequence[Any], value: Any) -> bool:
    first, last = scalars.days_of(value)
    return (first, last) == tuple(found) if filter_.last else first <= found[0] <= last


def _words(_plain: Plain, _filter: model.Filter, found: Sequence[Any], value: Any) -> bool:
    """A tsvector prints as `'word':1 'other':2`."""
    words = [part.rpartition(":")[0].strip("'") for part in str(found[0]).split()]
    asked = "".join(letter if letter.isalnum() else " " for letter in value.lower()).split()
    return all(any(word.startswith(each) for word in words) for each in asked)


def _key(text: str) -> int:
    found = ids.read(text)
    return 0 if found is None else found[1]


def _like(found: Any, value: Any) -> Any:
    """A value of a client as the type of what it is compared with."""
    if isinstance(found, bool) or found is None:
        return value
    if isinstance(found, date):
        return scalars.read_day(value)
    return value if isinstance(found, str | int) else scalars.read_decimal(value)


Matches = Callable[[Plain, model.Filter, Sequence[Any], Any], bool]
MATCHES: Mapping[Match, Matches] = {
    Match.EQUALS: lambda _p, _f, found, value: bool(found[0] == _like(found[0], value)),
    Match.ANY: lambda _p, _f, found, value: found[0] in value,
    Match.AT_LEAST: lambda _p, _f, found, value: bool(found[0] >= _like(found[0], value)),
    Match.AT_MOST: lambda _p, _f, found, value: bool(found[0] <= _like(found[0], value)),
    Match.PREFIX: lambda _p, _f, found, value: bool(found[0].startswith(value)),
    Match.WORDS: _words,
    Match.REFERENCE: _reference,
    Match.KEY: lambda _p, _f, found, value: bool(found[0] == _key(value)),
    Match.UNDER: _under,
    Match.HOLDS: lambda _p, _f, found, value: (found[0] is True) == value,
    Match.WITHIN: _within,
}
