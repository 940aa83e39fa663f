"""What has no rule of access: each check gives the names of what it found, and finds nothing in the service."""

import re
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from unittest import mock

import sqlalchemy as sa

from domain.access import policy, scopes
from domain.access.scopes import Scope
from domain.actor import SYSTEM_ACTOR, Role
from domain.ports import CommandContext
from resolvers.graph import model, sql_fragments
from tests.access import access_oracle
from tests.access.town import ACTORS, Town
from tests.conftest import NOW, TODAY

PUBLIC_TABLES_NAMING_PEOPLE: Final = {"model": "who approved a model is an office"}
FIELDS_OUTSIDE_SCOPE: Final = {
    "Position.holders": "how many hold a post is a number about the post",
    "Position.gap": "the same, less the need",
    "Query.riskList": "how many everybody's list shows, given to roles alone that see all of it",
}
"""What reads rows of people without their scope, and why it may."""

UNTESTED_SCOPES: Final = frozenset({Scope.PUBLIC, Scope.PARENT, Scope.NOBODY, Scope.SYSTEM})
"""Scopes of which the town need not have rows: everybody sees them, whoever sees their owner, or no role."""

HIDDEN_TABLE: Final = "person_attribute"
"""The table of attributes kept for the fairness audit alone."""


class PolicyConsulted(Exception):
    """The policy was asked."""


def find_unscoped_tables(tables: Mapping[str, sa.Table], people: str = "person") -> list[str]:
    """Tables that name no scope, or are for everybody and yet point at people."""
    found = []
    for name, table in tables.items():
        declared = table.info.get("scope")
        if declared not in set(Scope):
            found.append(f"{name} has no scope")
        elif declared in {Scope.PUBLIC, Scope.PARENT} and name not in PUBLIC_TABLES_NAMING_PEOPLE:
            found += [
                f"{name} is open and names {people}" for key in table.foreign_keys if _find_target_name(key) == people
            ]
            found += [f"{name} is open and has person_id" for column in table.c if column.name == "person_id"]
    return found


def _find_target_name(key: sa.ForeignKey) -> str:
    return key.target_fullname.split(".", maxsplit=1)[0]


def find_oracle_mismatches(tables: Mapping[str, sa.Table], town: Town) -> list[str]:
    """Tables with a predicate for a role that the oracle gives no row of, or none for one that it gives some.

    Also tables of which there is no row to try it with.
    """
    found = []
    for name, table in tables.items():
        rows = town.list_rows(name)
        if not rows:
            untried = table.info["scope"] not in UNTESTED_SCOPES
            found += [f"{name}: the town has no row of it, so nobody tried who sees it"] if untried else []
            continue
        for role in (*Role, None):
            given = not isinstance(scopes.visible_rows(table.info["scope"], role, table), sa.False_)
            actors = [actor for actor in ACTORS.values() if (actor.role if actor else None) is role]
            meant = any(access_oracle.can_see(actor, row) for actor in actors for row in rows)
            if given != meant:
                found.append(f"{name}: {role} is {'given' if given else 'denied'} rows against the oracle")
    return found


def find_unscoped_reads(graph: model.Graph, tables: Mapping[str, sa.Table]) -> list[str]:
    """Fields and filters that read rows of people other than through their scope; unscoped tables of the graph."""
    people = [name for name, table in tables.items() if table.info["scope"] not in {Scope.PUBLIC, Scope.PARENT}]
    found = [
        f"{name}: no scope for {role}"
        for name, table in graph.tables.items()
        for role in (*Role, None)
        if table.owner is None and ((role, False) not in table.scope_by_key or (role, True) not in table.scope_by_key)
    ]
    for object_ in [graph.query, *graph.object_types.values()]:
        for field in object_.fields.values():
            where = f"{object_.name}.{field.name}"
            reads = {each for text in _iterate_field_sql(field.source) for each in _find_read_tables(text)} & set(
                people
            )
            if reads and where not in FIELDS_OUTSIDE_SCOPE:
                found.append(f"{where} reads {', '.join(sorted(reads))} without scope")
            if object_.table == HIDDEN_TABLE or HIDDEN_TABLE in " ".join(_iterate_field_sql(field.source)):
                found.append(f"{where} shows what is never shown")
    return found


def find_unruled_reads(graph: model.Graph) -> list[str]:
    """Fields, filters, keys and orders that read a ruled column without its rule, and so tell what it hides."""
    shown = [
        (object_, field)
        for object_ in (graph.query, *graph.object_types.values())
        for field in object_.fields.values()
    ]
    ruled = {
        (object_.table, _render_fragment(field.source.fragment))
        for object_, field in shown
        if isinstance(field.source, model.ColumnSource) and field.source.visibility is not None
    }
    return [
        f"{object_.name}.{field.name} tells {column.removeprefix('_.')} of {table} by {by}, without its rule"
        for object_, field in shown
        for of, by, text in _iterate_unruled_sql(graph, object_, field)
        for table, column in ruled
        if table == of and re.search(rf"{re.escape(column)}\b", text)
    ]


def _iterate_unruled_sql(
    graph: model.Graph, object_: model.ObjectType, field: model.ObjectField
) -> Iterator[tuple[str | None, str, str]]:
    """The table, the way and the SQL of what a field reads without a rule."""
    match field.source:
        case model.ColumnSource(fragment=piece, visibility=None):
            yield object_.table, "its value", _render_fragment(piece)
        case model.ComputedSource(values=values, visibility=None):
            yield object_.table, "its value", " ".join(text for value in values for text in _iterate_field_sql(value))
        case model.ConnectionSource(row_set=choice, filter_input=filters, orders=orders):
            for name, order in orders.items():
                yield (
                    choice.table,
                    f"the order {name}",
                    " ".join(_render_fragment(key.fragment) for key in order.keys),
                )
            yield from _iterate_open_filters(choice.table, filters)
        case model.FirstRowSource(row_set=choice, order=order) | model.BoundedListSource(row_set=choice, order=order):
            yield choice.table, "its order", " ".join(_render_fragment(key.fragment) for key in order.keys)
        case model.LookupSource(node_type=str(node), key_input=by):
            yield from _iterate_open_filters(graph.object_types[node].table, by)
        case _:
            pass


def _iterate_open_filters(
    table: str | None, filters: model.FilterInput | None
) -> Iterator[tuple[str | None, str, str]]:
    for each in filters.fields.values() if filters else ():
        if each.visibility is None:
            yield (
                table,
                f"{filters.name if filters else ''}.{each.name}",
                f"{_render_fragment(each.fragment)} {_render_fragment(each.second_fragment)}",
            )


def _iterate_field_sql(source: Any) -> Iterator[str]:
    """All SQL of a field: its value, its filters and its total."""
    match source:
        case model.ColumnSource(fragment=piece):
            yield _render_fragment(piece)
        case model.ComputedSource(values=values):
            for value in values:
                yield from _iterate_field_sql(value)
        case model.ConnectionSource(filter_input=filters, total=total):
            yield _render_fragment(total)
            yield from _iterate_filter_sql(filters)
        case model.LookupSource(key_input=by):
            yield from _iterate_filter_sql(by)
        case _:
            pass


def _iterate_filter_sql(filters: model.FilterInput | None) -> Iterator[str]:
    for each in filters.fields.values() if filters else ():
        yield f"{_render_fragment(each.fragment)} {_render_fragment(each.second_fragment)}"


def _render_fragment(fragment: sql_fragments.SqlFragment | None) -> str:
    return "".join(part if isinstance(part, str) else "_" for part in fragment.parts) if fragment else ""


def _find_read_tables(text: str) -> list[str]:
    return re.findall(r"(?:FROM|JOIN) \"?([a-z_]+)", text)


async def find_commands_without_policy(graph: model.Graph) -> list[str]:
    """Mutations and fields of services that read or write before the policy was asked whether the role may."""
    found = []
    fields = [*graph.query.fields.values(), *(graph.mutation.fields.values() if graph.mutation else ())]
    for field in fields:
        match field.source:
            case model.CommandSource(function=function):
                ran = function(_create_empty_context(), mock.MagicMock())
            case model.ServiceSource(function=function):
                ran = function(_SnapshotStub(), mock.MagicMock())
            case _:
                continue
        if not await _consults_policy(ran):
            found.append(f"{field.name} asks no policy")
    return found


async def _consults_policy(ran: Awaitable[Any]) -> bool:
    with mock.patch.object(policy, "require_permission", side_effect=PolicyConsulted):
        try:
            await ran
        except PolicyConsulted:
            return True
        except Exception:  # noqa: BLE001 - whatever it does first, it was not to ask
            return False
    return False


def _create_empty_context() -> CommandContext:
    """What a command is given, with nothing behind it."""
    return CommandContext(db=mock.Mock(spec=()), jobs=mock.Mock(spec=()), actor=SYSTEM_ACTOR, today=TODAY, now=NOW)


class _SnapshotStub:
    actor = SYSTEM_ACTOR

    @asynccontextmanager
    async def open_snapshot(self) -> AsyncIterator[CommandContext]:
        yield _create_empty_context()


def find_actions_without_role(allowed: Mapping[policy.Action, frozenset[Role]]) -> list[str]:
    """Actions that no role may take: somebody forgot to say who may."""
    return [action.name for action in policy.Action if not allowed.get(action)]
