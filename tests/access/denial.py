"""What has no rule of access: each check gives the names of what it found, and finds nothing in the service."""

import re
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from unittest import mock

import sqlalchemy as sa

from domain import policy, scope
from domain.actor import SYSTEM, Role
from domain.ports import Act
from domain.scope import Scope
from resolvers.graph import model, sql
from tests.access import oracle
from tests.access.town import ACTORS, Town
from tests.conftest import NOW, TODAY

PUBLIC_ALTHOUGH_NAMING: Final = {"model": "who approved a model is an office"}
REACHING: Final = {
    "Position.holders": "how many hold a post is a number about the post",
    "Position.gap": "the same, less the need",
    "Query.riskList": "how many everybody's list shows, given to roles alone that see all of it",
}
"""What reads rows of people without their scope, and why it may."""

UNTRIED: Final = frozenset({Scope.PUBLIC, Scope.PARENT, Scope.NOBODY, Scope.SYSTEM})
"""Scopes of which the town need not have rows: everybody sees them, whoever sees their owner, or no role."""

NEVER: Final = "person_attribute"
"""The table of attributes kept for the fairness audit alone."""


class Asked(Exception):
    """The policy was asked."""


def tables_without_scope(tables: Mapping[str, sa.Table], people: str = "person") -> list[str]:
    """Tables that name no scope, or are for everybody and yet point at people."""
    found = []
    for name, table in tables.items():
        declared = table.info.get("scope")
        if declared not in set(Scope):
            found.append(f"{name} has no scope")
        elif declared in {Scope.PUBLIC, Scope.PARENT} and name not in PUBLIC_ALTHOUGH_NAMING:
            found += [f"{name} is open and names {people}" for key in table.foreign_keys if _of(key) == people]
            found += [f"{name} is open and has person_id" for column in table.c if column.name == "person_id"]
    return found


def _of(key: sa.ForeignKey) -> str:
    return key.target_fullname.split(".", maxsplit=1)[0]


def roles_that_see_more(tables: Mapping[str, sa.Table], town: Town) -> list[str]:
    """Tables with a predicate for a role that the oracle gives no row of, or none for one that it gives some.

    Also tables of which there is no row to try it with.
    """
    found = []
    for name, table in tables.items():
        rows = town.of(name)
        if not rows:
            untried = table.info["scope"] not in UNTRIED
            found += [f"{name}: the town has no row of it, so nobody tried who sees it"] if untried else []
            continue
        for role in (*Role, None):
            given = not isinstance(scope.visible(table.info["scope"], role, table), sa.False_)
            actors = [actor for actor in ACTORS.values() if (actor.role if actor else None) is role]
            meant = any(oracle.sees(actor, row) for actor in actors for row in rows)
            if given != meant:
                found.append(f"{name}: {role} is {'given' if given else 'denied'} rows against the oracle")
    return found


def fields_without_rule(graph: model.Graph, tables: Mapping[str, sa.Table]) -> list[str]:
    """Fields and filters that read rows of people other than through their scope; unscoped tables of the graph."""
    people = [name for name, table in tables.items() if table.info["scope"] not in {Scope.PUBLIC, Scope.PARENT}]
    found = [
        f"{name}: no scope for {role}"
        for name, table in graph.tables.items()
        for role in (*Role, None)
        if table.owner is None and ((role, False) not in table.scope or (role, True) not in table.scope)
    ]
    for object_ in [graph.query, *graph.objects.values()]:
        for field in object_.fields.values():
            where = f"{object_.name}.{field.name}"
            reads = {each for text in _texts(field.source) for each in _read(text)} & set(people)
            if reads and where not in REACHING:
                found.append(f"{where} reads {', '.join(sorted(reads))} without scope")
            if object_.table == NEVER or NEVER in " ".join(_texts(field.source)):
                found.append(f"{where} shows what is never shown")
    return found


def ruled_and_told(graph: model.Graph) -> list[str]:
    """Fields, filters, keys and orders that read a ruled column without its rule, and so tell what it hides."""
    shown = [
        (object_, field) for object_ in (graph.query, *graph.objects.values()) for field in object_.fields.values()
    ]
    ruled = {
        (object_.table, _sql(field.source.piece))
        for object_, field in shown
        if isinstance(field.source, model.Column) and field.source.seen is not None
    }
    return [
        f"{object_.name}.{field.name} tells {column.removeprefix('_.')} of {table} by {by}, without its rule"
        for object_, field in shown
        for of, by, text in _unruled(graph, object_, field)
        for table, column in ruled
        if table == of and re.search(rf"{re.escape(column)}\b", text)
    ]


def _unruled(graph: model.Graph, object_: model.Object, field: model.Field) -> Iterator[tuple[str | None, str, str]]:
    """The table, the way and the SQL of what a field reads without a rule."""
    match field.source:
        case model.Column(piece=piece, seen=None):
            yield object_.table, "its value", _sql(piece)
        case model.Computed(values=values, seen=None):
            yield object_.table, "its value", " ".join(text for value in values for text in _texts(value))
        case model.Page(choice=choice, filters=filters, orders=orders):
            for name, order in orders.items():
                yield choice.table, f"the order {name}", " ".join(_sql(key.piece) for key in order.keys)
            yield from _open_filters(choice.table, filters)
        case model.First(choice=choice, order=order) | model.Many(choice=choice, order=order):
            yield choice.table, "its order", " ".join(_sql(key.piece) for key in order.keys)
        case model.Lookup(node=str(node), by=by):
            yield from _open_filters(graph.objects[node].table, by)
        case _:
            pass


def _open_filters(table: str | None, filters: model.Filters | None) -> Iterator[tuple[str | None, str, str]]:
    for each in filters.fields.values() if filters else ():
        if each.seen is None:
            yield table, f"{filters.name if filters else ''}.{each.name}", f"{_sql(each.piece)} {_sql(each.last)}"


def _texts(source: Any) -> Iterator[str]:
    """All SQL of a field: its value, its filters and its total."""
    match source:
        case model.Column(piece=piece):
            yield _sql(piece)
        case model.Computed(values=values):
            for value in values:
                yield from _texts(value)
        case model.Page(filters=filters, total=total):
            yield _sql(total)
            yield from _filters(filters)
        case model.Lookup(by=by):
            yield from _filters(by)
        case _:
            pass


def _filters(filters: model.Filters | None) -> Iterator[str]:
    for each in filters.fields.values() if filters else ():
        yield f"{_sql(each.piece)} {_sql(each.last)}"


def _sql(piece: sql.Piece | None) -> str:
    return "".join(part if isinstance(part, str) else "_" for part in piece.parts) if piece else ""


def _read(text: str) -> list[str]:
    return re.findall(r"(?:FROM|JOIN) \"?([a-z_]+)", text)


async def commands_without_policy(graph: model.Graph) -> list[str]:
    """Mutations and fields of services that read or write before the policy was asked whether the role may."""
    found = []
    fields = [*graph.query.fields.values(), *(graph.mutation.fields.values() if graph.mutation else ())]
    for field in fields:
        match field.source:
            case model.Command(function=function):
                ran = function(_nothing(), mock.MagicMock())
            case model.Service(function=function):
                ran = function(_Looking(), mock.MagicMock())
            case _:
                continue
        if not await _asks(ran):
            found.append(f"{field.name} asks no policy")
    return found


async def _asks(ran: Awaitable[Any]) -> bool:
    with mock.patch.object(policy, "may", side_effect=Asked):
        try:
            await ran
        except Asked:
            return True
        except Exception:  # noqa: BLE001 - whatever it does first, it was not to ask
            return False
    return False


def _nothing() -> Act:
    """What a command is given, with nothing behind it."""
    return Act(db=mock.Mock(spec=()), jobs=mock.Mock(spec=()), actor=SYSTEM, today=TODAY, now=NOW)


class _Looking:
    actor = SYSTEM

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Act]:
        yield _nothing()


def actions_for_nobody(allowed: Mapping[policy.Action, frozenset[Role]]) -> list[str]:
    """Actions that no role may take: somebody forgot to say who may."""
    return [action.name for action in policy.Action if not allowed.get(action)]
