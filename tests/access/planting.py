"""Leaks put into the service: into the rules of access, the planner, the reference executor, the commands."""

import importlib.util
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any, TypeVar
from unittest import mock

import sqlalchemy as sa
from pydantic import BaseModel

from domain import scope
from domain.actor import SYSTEM, Role
from domain.journal import commands as journal
from domain.people import rules
from domain.ports import Act
from domain.scope import Scope, Seen
from resolvers.answers import Answers
from resolvers.graph import model
from resolvers.live import Live
from resolvers.reference import schema as reference
from schema.graph import GRAPH, SCHEMA
from tests.access.asking import Place, Served
from tests.corpus import faults

Shown = TypeVar("Shown")


def graph_with(changed: Callable[[], Any]) -> Served:
    """The schema compiled anew while the rules of access are changed."""
    spec = importlib.util.find_spec("schema.graph")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    with changed():
        spec.loader.exec_module(made)
    return _served(made.GRAPH, Answers(made.GRAPH, made.SCHEMA, journal.once))


def _served(graph: model.Graph, answers: Answers) -> Served:
    return Served(graph, answers, Live(graph, answers))


@contextmanager
def rule(of: Scope, role: Role, predicate: scope.Predicate) -> Iterator[None]:
    """Another predicate for one scope and role."""
    changed = {**scope.PREDICATES, of: {**scope.PREDICATES[of], role: predicate}}
    with mock.patch.object(scope, "PREDICATES", changed):
        yield


@contextmanager
def table_for_all(name: str, role: Role | None) -> Iterator[None]:
    """All rows of one table for one role."""
    visible = scope.visible

    def faulty(of: str, who: Role | None, table: sa.Table, **rest: Any) -> sa.ColumnElement[bool]:
        return sa.true() if table.name == name and who is role else visible(of, who, table, **rest)

    with mock.patch.object(scope, "visible", faulty):
        yield


@contextmanager
def everything() -> Iterator[None]:
    """All rows and all fields for everybody."""
    with (
        mock.patch.object(scope, "visible", return_value=sa.true()),
        mock.patch.object(scope, "seen", return_value=sa.true()),
    ):
        yield


@contextmanager
def numbers_for_all() -> Iterator[None]:
    """The number (NIP) of everybody who is seen."""
    everybody = {Seen.OWN_LINE_OR_HR: dict.fromkeys(Role, scope.everybody)}
    with mock.patch.object(scope, "FIELDS", everybody):
        yield


everybody = scope.everybody


def path_without_dot(table: sa.Table) -> sa.ColumnElement[bool]:
    """Units whose path begins with the digits of the actor's, the dot forgotten."""
    return scope.own(table) | sa.func.starts_with(
        table.c.unit_path, sa.func.rtrim(sa.func.nullif(scope.PATH, ""), "."), type_=sa.Boolean
    )


def former_line(table: sa.Table) -> sa.ColumnElement[bool]:
    """A line that is kept for ever: whoever was appraised once."""
    once = sa.table("appraiser_line", sa.column("person_id"), sa.column("appraiser_id"))
    about = table.c.person_id if "person_id" in table.c else table.c.id
    return scope.line(table) | sa.exists().where(once.c.person_id == about, once.c.appraiser_id == scope.ME)


def anybodys_line(table: sa.Table) -> sa.ColumnElement[bool]:
    """Everybody who has an appraiser."""
    return scope.own(table) | table.c[table.info.get("line", "appraiser_id")].is_not(None)


def any_path(table: sa.Table) -> sa.ColumnElement[bool]:
    """Units below the actor's path, an empty one the beginning of all."""
    return scope.own(table) | sa.func.starts_with(
        table.c.unit_path, sa.func.coalesce(scope.PATH, ""), type_=sa.Boolean
    )


def above(table: sa.Table) -> sa.ColumnElement[bool]:
    """Oneself, one's appraiser, and all that hangs on him."""
    return scope.own(table) | ((table.c.person_id if "person_id" in table.c else table.c.id) == scope.APPRAISER)


def keys_for_all() -> Served:
    """A `clientMutationKey` that is known whoever comes with it."""

    async def once(
        act: Act,
        mutation: str,
        key: str,
        asked: BaseModel,
        run: Callable[[], Awaitable[int]],
        show: Callable[[int], Awaitable[Shown]],
    ) -> Shown:
        return await journal.once(replace(act, actor=SYSTEM), mutation, key, asked, run, show)

    return _served(GRAPH, Answers(GRAPH, reference.schema(GRAPH, once=once), once))


def commands(careless: Callable[[], AbstractContextManager[object]]) -> Served:
    """The schema whose commands run while a rule that they ask is changed."""

    def carelessly(run: Callable[..., Awaitable[int]]) -> Callable[..., Awaitable[int]]:
        async def ran(act: Act, asked: BaseModel) -> int:
            with careless():
                return await run(act, asked)

        return ran

    assert GRAPH.mutation is not None
    fields = {
        name: replace(field, source=replace(field.source, function=carelessly(field.source.function)))
        for name, field in GRAPH.mutation.fields.items()
        if isinstance(field.source, model.Command)
    }
    graph = replace(GRAPH, mutation=replace(GRAPH.mutation, fields=fields))
    return _served(graph, Answers(graph, reference.schema(graph, once=journal.once), journal.once))


def whoever_there_is() -> AbstractContextManager[object]:
    """A command may name people who are out of sight."""
    return mock.patch.object(scope, "of", return_value=sa.true())


def whoever_is_seen() -> AbstractContextManager[object]:
    """A command decides about everybody who is in sight."""
    return mock.patch.object(rules, "answers_for", return_value=True)


def source(module: str, text: str, other: str) -> Served:
    """The service with one text of its source replaced, in the planner or in both executors."""
    modules = faults.planted(module, faults.replaced(module, text, other), faults.WHOLE)
    schema = modules["resolvers.reference.schema"].schema(GRAPH, once=journal.once)
    return _served(GRAPH, modules["resolvers.answers"].Answers(GRAPH, schema, journal.once))


def telling(text: str, other: str) -> Served:
    """The service with one text replaced in what tells events."""
    faulty = ModuleType("resolvers.live")
    exec(faults.replaced("resolvers.live", text, other), faulty.__dict__)  # noqa: S102 - our own source with a leak
    answers = Answers(GRAPH, SCHEMA, journal.once)
    return Served(GRAPH, answers, faulty.Live(GRAPH, answers))


def over(place: Place, served: Served) -> Place:
    """The town, answered with a leak."""
    return replace(place, served=served, known={})
