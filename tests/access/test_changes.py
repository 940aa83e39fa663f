"""Mutations aimed at strangers, replays after the line is lost, and events about strangers."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final

import pytest
from graphql import parse
from sqlmodel import SQLModel

from domain.actor import SYSTEM, Actor, Role
from domain.event.facts import Event, Topic
from domain.event.facts import Place as At
from kinerja import database
from resolvers.graph import ids, model
from resolvers.live import Live
from resolvers.operations import operations
from tests.access import oracle
from tests.access.asking import EXECUTORS, Place, Rehearsed
from tests.access.test_matrix import strangers
from tests.access.town import ACTORS, EMPLOYEE, MOVED, SUPERVISOR, SUPERVISOR_B, Row
from tests.access.walks import Cut, Walker, differs
from tests.conftest import NOW

MISSING: Final = 999_999
GIVEN: Final[Mapping[str, Any]] = {
    "String": "Alasan yang cukup panjang",
    "Int": 2,
    "Decimal": "90.00",
    "Period": "2026-Q2",
    "Date": "2026-07-15",
    "Boolean": True,
    "Nip": "198609262015051001",
}


@asynccontextmanager
async def rehearsing(place: Place) -> AsyncIterator[tuple[database.Transaction, Rehearsed]]:
    """A transaction of which nothing remains, bare and as a database."""
    async with place.data.rehearse() as transaction:
        yield transaction, Rehearsed(transaction)


async def state(transaction: database.Transaction) -> list[Any]:
    """What all tables hold, as a hash of each."""
    hashes = [
        f"(SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM \"{name}\" t)"
        for name in SQLModel.metadata.tables
    ]
    return list(await transaction.connection.fetchrow(f"SELECT {', '.join(hashes)}"))


def command(place: Place, name: str) -> tuple[str, model.Command]:
    """The document of a mutation that asks for all there is, and what runs it."""
    graph = place.served.graph
    assert graph.mutation is not None
    field = graph.mutation.fields[name]
    assert isinstance(field.source, model.Command)
    body = "... on Refusal { code message path } "
    body += f"... on {field.source.shows} {Walker(graph, place.town).whole(field.source.shows)}"
    text = f"mutation ($input: {field.source.asked.name}!) {{ {name}(input: $input) {{ __typename {body} }} }}"
    return text, field.source


def asked(place: Place, source: model.Command, actor: Actor | None, aim: Mapping[str, str]) -> dict[str, Any]:
    """An input, in which what `aim` does not name is something that the actor may see."""
    found: dict[str, Any] = {"clientMutationKey": "kunci"}
    for field in source.asked.fields:
        code = source.asked.refers.get(field.python)
        if field.name in aim:
            found[field.name] = aim[field.name]
        elif code is not None:
            found[field.name] = next(iter(_visible(place, code, actor)), f"{code}{MISSING}")
        elif not field.shape.null:
            found.setdefault(field.name, _value(place.served.graph, field.shape.leaf))
    return found


def _value(graph: model.Graph, leaf: str) -> Any:
    return next(iter(graph.enums[leaf].descriptions)) if leaf in graph.enums else GIVEN[leaf]


def _rows(place: Place, code: str) -> list[Row]:
    return place.town.of(str(place.served.graph.objects[place.served.graph.nodes[code]].table))


def _visible(place: Place, code: str, actor: Actor | None) -> list[str]:
    return [ids.write(code, row.key) for row in _rows(place, code) if oracle.sees(actor, row)]


async def test_a_mutation_of_a_stranger_is_one_of_nobody_and_changes_nothing(place: Place) -> None:
    graph, draw, tried = place.served.graph, Random(8), 0
    assert graph.mutation is not None
    for name in graph.mutation.fields:
        text, source = command(place, name)
        for python, code in source.asked.refers.items():
            field = next(each.name for each in source.asked.fields if each.python == python)
            for actor in draw.sample(list(ACTORS.values()), 6):
                hidden = [row for row in _rows(place, code) if not oracle.sees(actor, row)]
                for row in draw.sample(hidden, min(1, len(hidden))):
                    await _refused_alike(place, text, source, actor, field, (code, row.key))
                    tried += 1
    assert tried > 20


async def _refused_alike(
    place: Place, text: str, source: model.Command, actor: Actor | None, field: str, aim: tuple[str, int]
) -> None:
    told = {}
    for executor in EXECUTORS:
        for key in (aim[1], MISSING):
            target = ids.write(aim[0], key)
            given = asked(place, source, actor, {field: target})
            async with rehearsing(place) as (transaction, held):
                before = await state(transaction)
                answer = await place.answer(executor, actor, text, {"input": given}, held)
                assert await state(transaction) == before, (text, given, actor)
            shown = (answer.data or b"").decode() + str([(each.message, each.extensions) for each in answer.errors])
            told[executor, key] = (shown.replace(target, "…"), place.statements)
    assert len({shown for shown, _ in told.values()}) == 1, told
    for executor in EXECUTORS:
        assert told[executor, aim[1]] == told[executor, MISSING]


async def test_hr_assigns_to_no_unit_but_its_own(place: Place) -> None:
    text, source = command(place, "assignTraining")
    for unit in (20, 4, 1, 30):
        await _refused_alike(place, text, source, ACTORS["HR of unit"], "unit", ("un", unit))


async def test_a_supervisor_records_nothing_of_a_former_line(place: Place) -> None:
    text, source = command(place, "recordEvaluation")
    for row in place.town.of("plan"):
        if row.about == MOVED:
            await _refused_alike(place, text, source, ACTORS["supervisor"], "plan", ("pl", row.key))


def _plan(place: Place, person: int) -> str:
    return f"pl{max(row.key for row in place.town.of('plan') if row.about == person)}"


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_a_key_is_its_principals_own(place: Place, executor: str) -> None:
    text, source = command(place, "recordEvaluation")
    given = asked(place, source, None, {"plan": _plan(place, EMPLOYEE)})
    async with rehearsing(place) as (_, held):
        mine = await place.answer(executor, ACTORS["supervisor"], text, {"input": given}, held)
        assert b'"Evaluation"' in (mine.data or b"")
        for name in ("supervisor of the moved", "supervisor as employee", "HR of agency", "admin", "nobody"):
            actor = ACTORS[name]
            again = await place.answer(executor, actor, text, {"input": given}, held)
            fresh = await place.answer(executor, actor, text, {"input": {**given, "clientMutationKey": "lain"}}, held)
            assert again.data == fresh.data
            assert b'"Evaluation"' not in (again.data or b"")


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_a_replay_shows_what_may_be_seen_today(place: Place, executor: str) -> None:
    text, source = command(place, "recordEvaluation")
    given = asked(place, source, None, {"plan": _plan(place, EMPLOYEE)})
    async with rehearsing(place) as (transaction, held):
        first = await place.answer(executor, ACTORS["supervisor"], text, {"input": given}, held)
        shown = json.loads(first.data or b"")["recordEvaluation"]
        assert shown["person"]["id"] == f"pe{EMPLOYEE}"
        assert shown["plan"]["id"] == given["plan"]
        await appraised_by(transaction, EMPLOYEE, SUPERVISOR_B)
        again = await place.answer(executor, ACTORS["supervisor"], text, {"input": given}, held)
        shown_again = json.loads(again.data or b"")["recordEvaluation"]
    assert shown_again["id"] == shown["id"]
    assert shown_again["person"] is None
    decided = next(row for row in place.town.of("plan") if f"pl{row.key}" == given["plan"]).decided_by == SUPERVISOR
    assert (shown_again["plan"] is not None) == decided


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_a_decision_replayed_after_its_unit_is_lost_shows_nobody(place: Place, executor: str) -> None:
    text, source = command(place, "assignTraining")
    session = f"se{place.town.of('session')[-1].key}"
    actor = ACTORS["HR of unit"]
    assert actor is not None
    given = {**asked(place, source, actor, {"session": session, "unit": "un3"}), "considered": 20}
    lost = Actor(actor.person_id, Role.HR, "1.20.4.", appraiser_id=actor.appraiser_id)
    async with rehearsing(place) as (_, held):
        first = await place.answer(executor, actor, text, {"input": given}, held)
        assert json.loads(first.data or b"")["assignTraining"]["assignments"]["totalCount"] > 0, first.data
        again = await place.answer(executor, lost, text, {"input": given}, held)
    shown = json.loads(again.data or b"")["assignTraining"]
    assert shown["__typename"] == "AssignmentBatch"
    assert shown["assignments"]["totalCount"] == 0
    assert shown["assignments"]["nodes"] == []


async def appraised_by(transaction: database.Transaction, person: int, appraiser: int) -> None:
    """Give a person another appraiser, and every row about him with him."""
    await transaction.connection.execute("UPDATE person SET appraiser_id = $2 WHERE id = $1", person, appraiser)
    for table in SQLModel.metadata.sorted_tables:
        column = str(table.info.get("line", "appraiser_id"))
        if "person_id" in table.c and column in table.c and table.name != "person":
            moved = f'UPDATE "{table.name}" SET {column} = $2 WHERE person_id = $1'
            await transaction.connection.execute(moved, person, appraiser)


async def test_an_event_is_told_to_whom_its_subject_is_shown(place: Place) -> None:
    graph, found, told, kept = place.served.graph, [], 0, 0
    assert graph.subscription is not None
    for name, field in graph.subscription.fields.items():
        assert isinstance(field.source, model.Events)
        source = field.source
        for bodied in (Walker(graph, place.town).whole(source.shows), ""):
            inner = f"{source.under} {bodied}" if bodied else "__typename"
            text = f"subscription {{ {name} {{ cursor {inner} }} }}"
            rows = place.town.of(str(graph.objects[source.shows].table))
            for row in Random(9).sample(rows, min(len(rows), 6 if bodied else 2)):
                whole = await _told(place, SYSTEM, text, source.topic, row.key, place.truth.live)
                for who, actor in ACTORS.items():
                    shown = await _told(place, actor, text, source.topic, row.key)
                    seen = oracle.sees(actor, row)
                    assert (shown is not None) == seen, (text, who, row)
                    told, kept = told + seen, kept + (not seen)
                    if shown is None or not bodied:
                        continue
                    assert whole is not None
                    expected = Cut(graph, place.town, actor).thing(whole[name][source.under])
                    found += [differs(expected, shown[name][source.under])]
                    found += [strangers(place, actor, json.dumps(shown))]
    assert not any(found), [each for each in found if each][:5]
    assert told > 50
    assert kept > 50


async def _told(
    place: Place, actor: Actor | None, text: str, topic: Topic, subject: int, live: Live | None = None
) -> dict[str, Any] | None:
    (operation,) = operations(parse(text)).values()
    live = live or place.served.live
    async with place.request(actor) as asking:
        found = await live.told(live.listening(operation, {}), Event(At(77, 3), topic, subject, NOW), asking)
    return None if found is None else dict(json.loads(found))
