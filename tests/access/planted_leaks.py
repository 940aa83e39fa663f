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
from sqlmodel import SQLModel

from domain.access import policy, scopes
from domain.access.policy import Action
from domain.access.scopes import FieldRule, Scope
from domain.actor import SYSTEM_ACTOR, Role
from domain.idempotency import commands as idempotency
from domain.people import rules
from domain.ports import CommandContext
from resolvers.executor import Executor
from resolvers.graph import model
from resolvers.reference import strawberry_schema as reference
from resolvers.subscriptions import SubscriptionExecutor
from schema.schema import GRAPH, SCHEMA
from tests.access.town_service import ServedGraph, TownService
from tests.corpus import source_faults

CommandPayload = TypeVar("CommandPayload")

COVERED = {
    column: scopes.covers(column)
    for table in SQLModel.metadata.sorted_tables
    for column in table.columns
    if column.foreign_keys and {"scope"} <= table.info.keys()
}
"""What is proved of the rules as they are: the annotations of the schema stay while a rule is changed."""


def compile_with_leak(changed: Callable[[], Any]) -> ServedGraph:
    """The schema compiled anew while the rules of access are changed."""
    spec = importlib.util.find_spec("schema.schema")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    with changed(), mock.patch.object(scopes, "covers", COVERED.__getitem__):
        spec.loader.exec_module(made)
    return _create_served_graph(made.GRAPH, Executor(made.GRAPH, made.SCHEMA, idempotency.run_once))


def _create_served_graph(graph: model.Graph, executor: Executor) -> ServedGraph:
    return ServedGraph(graph, executor, SubscriptionExecutor(graph, executor))


@contextmanager
def replace_predicate(of: Scope, role: Role, predicate: scopes.Predicate) -> Iterator[None]:
    """Another predicate for one scope and role."""
    changed = {**scopes.SCOPE_PREDICATES, of: {**scopes.SCOPE_PREDICATES[of], role: predicate}}
    with mock.patch.object(scopes, "SCOPE_PREDICATES", changed):
        yield


@contextmanager
def permission(action: Action, role: Role, *, allowed: bool) -> Iterator[None]:
    """The policy opened, or closed, for one role and action."""
    roles = policy.ALLOWED_ROLES[action]
    changed = {**policy.ALLOWED_ROLES, action: roles | {role} if allowed else roles - {role}}
    with mock.patch.object(policy, "ALLOWED_ROLES", changed):
        yield


@contextmanager
def open_table(name: str, role: Role | None) -> Iterator[None]:
    """All rows of one table for one role."""
    visible = scopes.visible_rows

    def faulty(of: str, who: Role | None, table: sa.Table, **rest: Any) -> sa.ColumnElement[bool]:
        return sa.true() if table.name == name and who is role else visible(of, who, table, **rest)

    with mock.patch.object(scopes, "visible_rows", faulty):
        yield


@contextmanager
def open_everything() -> Iterator[None]:
    """All rows and all fields for everybody."""
    with (
        mock.patch.object(scopes, "visible_rows", return_value=sa.true()),
        mock.patch.object(scopes, "rows_with_visible_field", return_value=sa.true()),
    ):
        yield


@contextmanager
def open_nips() -> Iterator[None]:
    """The number (NIP) of everybody who is seen."""
    everybody = {FieldRule.OWN_LINE_OR_HR: dict.fromkeys(Role, scopes.all_rows)}
    with mock.patch.object(scopes, "FIELD_PREDICATES", everybody):
        yield


sees_everybody = scopes.all_rows


def compare_path_without_dot(table: sa.Table) -> sa.ColumnElement[bool]:
    """Units whose path begins with the digits of the actor's, the dot forgotten."""
    return scopes.own_rows(table) | sa.func.starts_with(
        table.c.unit_path, sa.func.rtrim(sa.func.nullif(scopes.ACTOR_PATH, ""), "."), type_=sa.Boolean
    )


def include_former_line(table: sa.Table) -> sa.ColumnElement[bool]:
    """A line that is kept for ever: whoever was appraised once."""
    once = sa.table("appraiser_line", sa.column("person_id"), sa.column("appraiser_id"))
    about = table.c.person_id if "person_id" in table.c else table.c.id
    return scopes.line_rows(table) | sa.exists().where(
        once.c.person_id == about, once.c.appraiser_id == scopes.ACTOR_PERSON
    )


def include_any_line(table: sa.Table) -> sa.ColumnElement[bool]:
    """Everybody who has an appraiser."""
    return scopes.own_rows(table) | table.c[table.info.get("line", "appraiser_id")].is_not(None)


def include_empty_path(table: sa.Table) -> sa.ColumnElement[bool]:
    """Units below the actor's path, an empty one the beginning of all."""
    return scopes.own_rows(table) | sa.func.starts_with(
        table.c.unit_path, sa.func.coalesce(scopes.ACTOR_PATH, ""), type_=sa.Boolean
    )


def include_appraiser(table: sa.Table) -> sa.ColumnElement[bool]:
    """Oneself, one's appraiser, and all that hangs on them."""
    return scopes.own_rows(table) | (
        (table.c.person_id if "person_id" in table.c else table.c.id) == scopes.ACTOR_APPRAISER
    )


def share_client_keys() -> ServedGraph:
    """A `clientMutationKey` that is known whoever comes with it."""

    async def once(
        context: CommandContext,
        mutation: str,
        key: str,
        request: BaseModel,
        run: Callable[[], Awaitable[int]],
        load_payload: Callable[[int], Awaitable[CommandPayload]],
    ) -> CommandPayload:
        as_system = replace(context, actor=SYSTEM_ACTOR)
        return await idempotency.run_once(as_system, mutation, key, request, run, load_payload)

    return _create_served_graph(GRAPH, Executor(GRAPH, reference.build_strawberry_schema(GRAPH, run_once=once), once))


def run_commands_with_leak(careless: Callable[[], AbstractContextManager[object]]) -> ServedGraph:
    """The schema whose commands run while a rule that they ask is changed."""

    def carelessly(run: Callable[..., Awaitable[int]]) -> Callable[..., Awaitable[int]]:
        async def ran(act: CommandContext, asked: BaseModel) -> int:
            with careless():
                return await run(act, asked)

        return ran

    assert GRAPH.mutation is not None
    fields = {
        name: replace(field, source=replace(field.source, function=carelessly(field.source.function)))
        for name, field in GRAPH.mutation.fields.items()
        if isinstance(field.source, model.CommandSource)
    }
    graph = replace(GRAPH, mutation=replace(GRAPH.mutation, fields=fields))
    return _create_served_graph(
        graph,
        Executor(
            graph, reference.build_strawberry_schema(graph, run_once=idempotency.run_once), idempotency.run_once
        ),
    )


def allow_any_reference() -> AbstractContextManager[object]:
    """A command may name people who are out of sight."""
    return mock.patch.object(scopes, "rows_visible_to", return_value=sa.true())


def allow_any_decision() -> AbstractContextManager[object]:
    """A command decides about everybody who is in sight."""
    return mock.patch.object(rules, "is_responsible_for", return_value=True)


def replace_source(module: str, text: str, other: str) -> ServedGraph:
    """The service with one text of its source replaced, in the planner or in both executors."""
    modules = source_faults.load_faulty_modules(
        module, source_faults.replace_source_text(module, text, other), source_faults.EXECUTOR_MODULES
    )
    schema = modules["resolvers.reference.strawberry_schema"].build_strawberry_schema(
        GRAPH, run_once=idempotency.run_once
    )
    return _create_served_graph(GRAPH, modules["resolvers.executor"].Executor(GRAPH, schema, idempotency.run_once))


def replace_event_source(text: str, other: str) -> ServedGraph:
    """The service with one text replaced in what tells events."""
    faulty = ModuleType("resolvers.subscriptions")
    exec(source_faults.replace_source_text("resolvers.subscriptions", text, other), faulty.__dict__)  # noqa: S102 - our own source with a leak
    answers = Executor(GRAPH, SCHEMA, idempotency.run_once)
    return ServedGraph(GRAPH, answers, faulty.SubscriptionExecutor(GRAPH, answers))


def serve_with_leak(place: TownService, served: ServedGraph) -> TownService:
    """The town, answered with a leak."""
    return replace(place, served=served, parsed_operations={})
