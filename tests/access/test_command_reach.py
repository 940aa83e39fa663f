"""Mutations aimed at strangers, replays after the line is lost, and events about strangers."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest
from graphql import parse
from sqlmodel import SQLModel

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.event.facts import Event, EventTopic
from domain.event.facts import EventPosition as At
from kinerja.postgres import database
from resolvers.graph import global_ids, model
from resolvers.operations import split_operations
from resolvers.subscriptions import SubscriptionExecutor
from tests.access import access_oracle
from tests.access.graph_paths import OracleView, PathWriter, find_difference
from tests.access.test_matrix import find_stranger
from tests.access.town import ACTORS, EMPLOYEE, SUPERVISOR, SUPERVISOR_B, TownRow
from tests.access.town_service import EXECUTORS, RehearsalDatabase, TownService, format_answer
from tests.conftest import NOW

MISSING: Final = 999_999
DENIED: Final = frozenset({"NOT_FOUND", "NOT_ALLOWED", "NOT_SIGNED_IN"})
COMMAND_INPUTS: Final[Mapping[str, Any]] = {
    "String": "Alasan yang cukup panjang",
    "Int": 1,
    "Decimal": "90.00",
    "Period": "2026-Q2",
    "Date": "2026-07-15",
    "Boolean": True,
    "Nip": "198609262015051001",
}


@asynccontextmanager
async def open_rehearsal(place: TownService) -> AsyncIterator[tuple[database.Transaction, RehearsalDatabase]]:
    """A transaction of which nothing remains, bare and as a database."""
    async with place.data.rolled_back_transaction() as transaction:
        yield transaction, RehearsalDatabase(transaction)


async def read_table_hashes(transaction: database.Transaction) -> dict[str, str]:
    """A hash of what each table holds, the job queue's among them, by its name."""
    names = await transaction.connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    hashes = [
        f"(SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM \"{name}\" t) AS \"{name}\""
        for (name,) in names
    ]
    return dict(await transaction.connection.fetchrow(f"SELECT {', '.join(hashes)}"))


def read_command(place: TownService, name: str) -> tuple[str, model.CommandSource]:
    """The document of a mutation that asks for all there is, and what runs it."""
    graph = place.served.graph
    assert graph.mutation is not None
    field = graph.mutation.fields[name]
    assert isinstance(field.source, model.CommandSource)
    body = "... on Refusal { code message path } "
    selection = PathWriter(graph, place.town).write_full_selection(field.source.type_name)
    body += f"... on {field.source.type_name} {selection}"
    text = (
        f"mutation ($input: {field.source.request_input.name}!) {{ {name}(input: $input) {{ __typename {body} }} }}"
    )
    return text, field.source


def build_input(
    place: TownService, source: model.CommandSource, actor: Actor | None, aim: Mapping[str, str]
) -> dict[str, Any]:
    """An input with `aim`, in which each other reference names a row, if there is one, that the actor decides about.

    Otherwise it names any row: an ID that does not exist would be refused whatever the policy allows.
    """
    found: dict[str, Any] = {"clientMutationKey": "kunci"}
    for field in source.request_input.fields:
        code = source.request_input.id_codes.get(field.python_name)
        if field.name in aim:
            found[field.name] = aim[field.name]
        elif code is not None:
            rows = rows_by_code(place, code)
            decided = (
                row
                for row in rows
                if access_oracle.can_decide(actor, f"{source.request_input.name}.{field.name}", row)
            )
            found[field.name] = global_ids.format_global_id(code, next(decided, rows[0]).key)
        elif not field.type_ref.nullable:
            found.setdefault(field.name, _choose_leaf_value(place.served.graph, field.type_ref.leaf_name))
    return found


def _choose_leaf_value(graph: model.Graph, leaf: str) -> Any:
    return next(iter(graph.enums[leaf].descriptions)) if leaf in graph.enums else COMMAND_INPUTS[leaf]


def rows_by_code(place: TownService, code: str) -> list[TownRow]:
    """The rows that a global ID of a code may name."""
    return place.town.list_rows(str(place.served.graph.object_types[place.served.graph.types_by_code[code]].table))


@dataclass(frozen=True, slots=True)
class CommandReference:
    """A field of a mutation's input that names something, by the code of what it names."""

    mutation: str
    source: model.CommandSource
    field: str
    code: str

    @property
    def oracle_name(self) -> str:
        """What the oracle calls it."""
        return f"{self.source.request_input.name}.{self.field}"

    def split_rows(self, place: TownService, actor: Actor | None) -> tuple[list[TownRow], list[TownRow]]:
        """The rows that it may name and that the actor decides about, and those that they do not."""
        rows = rows_by_code(place, self.code)
        his = [row for row in rows if access_oracle.can_decide(actor, self.oracle_name, row)]
        return his, [row for row in rows if row not in his]

    def build_reference_input(self, place: TownService, actor: Actor | None, row: TownRow) -> dict[str, Any]:
        """An input that names a row."""
        return build_input(place, self.source, actor, {self.field: global_ids.format_global_id(self.code, row.key)})

    def is_decided(self, place: TownService, actor: Actor | None, given: Mapping[str, Any]) -> bool:
        """Whether the actor may run the command and decides about every row that an input names."""
        names = {field.python_name: field.name for field in self.source.request_input.fields}
        references = {names[python]: code for python, code in self.source.request_input.id_codes.items()}
        return access_oracle.permits(actor, self.mutation) and all(
            access_oracle.can_decide(actor, f"{self.source.request_input.name}.{name}", row)
            for name, code in references.items()
            for row in rows_by_code(place, code)
            if global_ids.format_global_id(code, row.key) == given[name]
        )


def list_references(place: TownService) -> Iterator[CommandReference]:
    """Each field of each mutation's input that names something."""
    assert place.served.graph.mutation is not None
    for name in place.served.graph.mutation.fields:
        _, source = read_command(place, name)
        names = {field.python_name: field.name for field in source.request_input.fields}
        yield from (
            CommandReference(name, source, names[python], code)
            for python, code in source.request_input.id_codes.items()
        )


async def test_the_oracle_knows_what_every_command_may_be_aimed_at(place: TownService) -> None:
    services = [
        field.source.request_input
        for field in place.served.graph.query.fields.values()
        if isinstance(field.source, model.ServiceSource)
    ]
    names = {
        f"{asked.name}.{field.name}"
        for asked in services
        if asked is not None
        for field in asked.fields
        if field.python_name in asked.id_codes
    }
    assert {aim.oracle_name for aim in list_references(place)} | names == set(access_oracle.DECISION_RULES)


async def find_misdirected_commands(
    place: TownService, most: int, executors: Sequence[str]
) -> tuple[list[str], Counter[tuple[str, str]]]:
    """Commands that reach what is not the actor's to decide, or not what is; how many reached it, by aim and role."""
    draw, found, reached = Random(19), [], Counter[tuple[str, str]]()
    for aim in list_references(place):
        for who, actor in ACTORS.items():
            his, others = aim.split_rows(place, actor)
            for row in _sample_rows(draw, his, most) + _sample_rows(draw, others, most):
                given = aim.build_reference_input(place, actor, row)
                # Somebody without units decides about nothing that the other fields could name.
                meant = aim.is_decided(place, actor, given)
                for executor in executors:
                    code = await _run_for_code(place, executor, actor, aim.mutation, given)
                    if (code not in DENIED) != meant:
                        found.append(f"{aim.oracle_name} {row} as {who} by {executor}: {code}")
                reached[aim.oracle_name, actor.role if actor else ""] += meant
    return found, reached


def _sample_rows(draw: Random, rows: list[TownRow], most: int) -> list[TownRow]:
    return draw.sample(rows, min(most, len(rows)))


async def _run_for_code(
    place: TownService, executor: str, actor: Actor | None, name: str, given: Mapping[str, Any]
) -> str:
    async with open_rehearsal(place) as (_, held):
        answer = await place.run_executor(executor, actor, read_command(place, name)[0], {"input": given}, held)
    shown = json.loads(answer.data or b"{}").get(name) or {}
    return str(shown.get("code", answer.errors))


async def test_a_command_reaches_what_is_the_actors_to_decide_and_nothing_else(place: TownService) -> None:
    found, reached = await find_misdirected_commands(place, 1, EXECUTORS[:1])
    assert not found, "\n".join(found[:10])
    assert all(
        reached[aim.oracle_name, role]
        for aim in list_references(place)
        for role in access_oracle.DECISION_RULES[aim.oracle_name]
    ), reached


@pytest.mark.long
async def test_every_command_at_every_aim(place: TownService) -> None:
    found, reached = await find_misdirected_commands(place, 1_000, EXECUTORS)
    print(f"every command aimed at every row by {len(ACTORS)} actors, 2 executors: {reached.total()} reach it;")
    print(f"  wrong: {len(found)} – {'FAILS' if found else 'holds'}")
    assert not found, "\n".join(found[:10])


async def test_a_command_at_a_stranger_is_one_at_nobody_and_changes_nothing(place: TownService) -> None:
    draw, tried = Random(8), Counter[str]()
    for aim in list_references(place):
        for actor in draw.sample([each for each in ACTORS.values() if _can_decide_reference(each, aim)], 3):
            for row in _sample_rows(draw, aim.split_rows(place, actor)[1], 1):
                await _check_refused_alike(place, actor, aim, row)
                tried[aim.mutation] += 1
    assert {"recordEvaluation", "assignTraining", "assignAppraiser", "movePerson", "endDelegation"} <= set(tried)


def _can_decide_reference(actor: Actor | None, aim: CommandReference) -> bool:
    return actor is not None and actor.role in access_oracle.DECISION_RULES[aim.oracle_name]


async def _check_refused_alike(place: TownService, actor: Actor | None, aim: CommandReference, row: TownRow) -> None:
    text, _ = read_command(place, aim.mutation)
    told = set()
    for executor in EXECUTORS:
        statements = set()
        for named in (row, TownRow(row.table, key=MISSING)):
            given = aim.build_reference_input(place, actor, named)
            async with open_rehearsal(place) as (transaction, held):
                before = await read_table_hashes(transaction)
                answer = await place.run_executor(executor, actor, text, {"input": given}, held)
                assert await read_table_hashes(transaction) == before, (given, actor)
            told.add(format_answer(answer).replace(given[aim.field], "…"))
            statements.add(place.statement_count)
        assert len(statements) == 1, (aim, actor, row)
    assert len(told) == 1, told


def _find_plan_id(place: TownService, person: int) -> str:
    return f"pl{max(row.key for row in place.town.list_rows('plan') if row.person == person)}"


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_a_key_is_its_principals_own(place: TownService, executor: str) -> None:
    text, source = read_command(place, "recordEvaluation")
    given = build_input(place, source, None, {"plan": _find_plan_id(place, EMPLOYEE)})
    async with open_rehearsal(place) as (_, held):
        mine = await place.run_executor(executor, ACTORS["supervisor"], text, {"input": given}, held)
        assert b'"Evaluation"' in (mine.data or b"")
        for name in ("supervisor of the moved", "supervisor as employee", "HR of agency", "admin", "nobody"):
            actor = ACTORS[name]
            again = await place.run_executor(executor, actor, text, {"input": given}, held)
            fresh = await place.run_executor(
                executor, actor, text, {"input": {**given, "clientMutationKey": "lain"}}, held
            )
            assert again.data == fresh.data
            assert b'"Evaluation"' not in (again.data or b"")


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_a_replay_shows_what_may_be_seen_today(place: TownService, executor: str) -> None:
    text, source = read_command(place, "recordEvaluation")
    given = build_input(place, source, None, {"plan": _find_plan_id(place, EMPLOYEE)})
    async with open_rehearsal(place) as (transaction, held):
        first = await place.run_executor(executor, ACTORS["supervisor"], text, {"input": given}, held)
        shown = json.loads(first.data or b"")["recordEvaluation"]
        assert shown["person"]["id"] == f"pe{EMPLOYEE}"
        assert shown["plan"]["id"] == given["plan"]
        await change_appraiser(transaction, EMPLOYEE, SUPERVISOR_B)
        again = await place.run_executor(executor, ACTORS["supervisor"], text, {"input": given}, held)
        shown_again = json.loads(again.data or b"")["recordEvaluation"]
    assert shown_again["id"] == shown["id"]
    assert shown_again["person"] is None
    decided = (
        next(row for row in place.town.list_rows("plan") if f"pl{row.key}" == given["plan"]).decided_by == SUPERVISOR
    )
    assert (shown_again["plan"] is not None) == decided


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_a_decision_replayed_after_its_unit_is_lost_shows_nobody(place: TownService, executor: str) -> None:
    text, source = read_command(place, "assignTraining")
    session = f"se{place.town.list_rows('session')[-1].key}"
    actor = ACTORS["HR of unit"]
    assert actor is not None
    given = {**build_input(place, source, actor, {"session": session, "unit": "un3"}), "lotterySize": 20}
    lost = Actor(actor.person_id, Role.HR, "1.20.4.", appraiser_id=actor.appraiser_id)
    async with open_rehearsal(place) as (_, held):
        first = await place.run_executor(executor, actor, text, {"input": given}, held)
        assert json.loads(first.data or b"")["assignTraining"]["assignments"]["totalCount"] > 0, first.data
        again = await place.run_executor(executor, lost, text, {"input": given}, held)
    shown = json.loads(again.data or b"")["assignTraining"]
    assert shown["__typename"] == "AssignmentBatch"
    assert shown["assignments"]["totalCount"] == 0
    assert shown["assignments"]["nodes"] == []


async def change_appraiser(transaction: database.Transaction, person: int, appraiser: int) -> None:
    """Give a person another appraiser, and every row about them with them."""
    await transaction.connection.execute("UPDATE person SET appraiser_id = $2 WHERE id = $1", person, appraiser)
    for table in SQLModel.metadata.sorted_tables:
        column = str(table.info.get("line", "appraiser_id"))
        if "person_id" in table.c and column in table.c and table.name != "person":
            moved = f'UPDATE "{table.name}" SET {column} = $2 WHERE person_id = $1'
            await transaction.connection.execute(moved, person, appraiser)


async def test_an_event_is_told_to_whom_its_subject_is_shown(place: TownService) -> None:
    graph, found, told, kept = place.served.graph, [], 0, 0
    assert graph.subscription is not None
    for name, field in graph.subscription.fields.items():
        assert isinstance(field.source, model.EventSource)
        source = field.source
        for bodied in (PathWriter(graph, place.town).write_full_selection(source.type_name), ""):
            inner = f"{source.subject_field} {bodied}" if bodied else "__typename"
            text = f"subscription {{ {name} {{ cursor {inner} }} }}"
            rows = place.town.list_rows(str(graph.object_types[source.type_name].table))
            for row in Random(9).sample(rows, min(len(rows), 6 if bodied else 2)):
                whole = await _render_event(
                    place, SYSTEM_ACTOR, text, source.topic, row.key, place.unrestricted.subscriptions
                )
                for who, actor in ACTORS.items():
                    shown = await _render_event(place, actor, text, source.topic, row.key)
                    seen = access_oracle.can_see(actor, row)
                    assert (shown is not None) == seen, (text, who, row)
                    told, kept = told + seen, kept + (not seen)
                    if shown is None or not bodied:
                        continue
                    assert whole is not None
                    expected = OracleView(graph, place.town, actor).filter_object(whole[name][source.subject_field])
                    found += [find_difference(expected, shown[name][source.subject_field])]
                    found += [find_stranger(place, actor, json.dumps(shown))]
    assert not any(found), [each for each in found if each][:5]
    assert told > 50
    assert kept > 50


async def _render_event(
    place: TownService,
    actor: Actor | None,
    text: str,
    topic: EventTopic,
    subject: int,
    live: SubscriptionExecutor | None = None,
) -> dict[str, Any] | None:
    (operation,) = split_operations(parse(text)).values()
    live = live or place.served.subscriptions
    async with place.open_context(actor) as asking:
        found = await live.render_event(
            live.parse_subscription(operation, {}), Event(At(77, 3), topic, subject, NOW), asking
        )
    return None if found is None else dict(json.loads(found))
