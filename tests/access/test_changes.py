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

from domain.actor import SYSTEM, Actor, Role
from domain.event.facts import Event, Topic
from domain.event.facts import Place as At
from kinerja import database
from resolvers.graph import ids, model
from resolvers.live import Live
from resolvers.operations import operations
from tests.access import oracle
from tests.access.asking import EXECUTORS, Place, Rehearsed, words
from tests.access.test_matrix import strangers
from tests.access.town import ACTORS, EMPLOYEE, SUPERVISOR, SUPERVISOR_B, Row
from tests.access.walks import Cut, Walker, differs
from tests.conftest import NOW

MISSING: Final = 999_999
DENIED: Final = frozenset({"NOT_FOUND", "NOT_ALLOWED", "NOT_SIGNED_IN"})
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
    """An input, in which what `aim` does not name is something that the actor may decide about."""
    found: dict[str, Any] = {"clientMutationKey": "kunci"}
    for field in source.asked.fields:
        code = source.asked.refers.get(field.python)
        if field.name in aim:
            found[field.name] = aim[field.name]
        elif code is not None:
            his = (
                row for row in _rows(place, code) if oracle.decides(actor, f"{source.asked.name}.{field.name}", row)
            )
            found[field.name] = ids.write(code, next((row.key for row in his), MISSING))
        elif not field.shape.null:
            found.setdefault(field.name, _value(place.served.graph, field.shape.leaf))
    return found


def _value(graph: model.Graph, leaf: str) -> Any:
    return next(iter(graph.enums[leaf].descriptions)) if leaf in graph.enums else GIVEN[leaf]


def _rows(place: Place, code: str) -> list[Row]:
    return place.town.of(str(place.served.graph.objects[place.served.graph.nodes[code]].table))


@dataclass(frozen=True, slots=True)
class Aim:
    """A field of a mutation's input that names something, by the code of what it names."""

    mutation: str
    source: model.Command
    field: str
    code: str

    @property
    def of(self) -> str:
        """What the oracle calls it."""
        return f"{self.source.asked.name}.{self.field}"

    def parted(self, place: Place, actor: Actor | None) -> tuple[list[Row], list[Row]]:
        """The rows that it may name and that the actor decides about, and those that he does not."""
        rows = _rows(place, self.code)
        his = [row for row in rows if oracle.decides(actor, self.of, row)]
        return his, [row for row in rows if row not in his]

    def given(self, place: Place, actor: Actor | None, row: Row) -> dict[str, Any]:
        """An input that names a row."""
        return asked(place, self.source, actor, {self.field: ids.write(self.code, row.key)})


def aims(place: Place) -> Iterator[Aim]:
    """Each field of each mutation's input that names something."""
    assert place.served.graph.mutation is not None
    for name in place.served.graph.mutation.fields:
        _, source = command(place, name)
        names = {field.python: field.name for field in source.asked.fields}
        yield from (Aim(name, source, names[python], code) for python, code in source.asked.refers.items())


async def test_the_oracle_knows_what_every_command_may_be_aimed_at(place: Place) -> None:
    assert {aim.of for aim in aims(place)} == set(oracle.DECIDES)


async def misled(place: Place, most: int, executors: Sequence[str]) -> tuple[list[str], Counter[tuple[str, str]]]:
    """Commands that reach what is not the actor's to decide, or not what is; how many reached it, by aim and role."""
    draw, found, reached = Random(19), [], Counter[tuple[str, str]]()
    for aim in aims(place):
        for who, actor in ACTORS.items():
            his, others = aim.parted(place, actor)
            for row in _some(draw, his, most) + _some(draw, others, most):
                given = aim.given(place, actor, row)
                # Somebody without units has nothing of his own to name in the other fields.
                meant = row in his and not any(str(each).endswith(str(MISSING)) for each in given.values())
                for executor in executors:
                    code = await _code(place, executor, actor, aim.mutation, given)
                    if (code not in DENIED) != meant:
                        found.append(f"{aim.of} {row} as {who} by {executor}: {code}")
                reached[aim.of, actor.role if actor else ""] += meant
    return found, reached


def _some(draw: Random, rows: list[Row], most: int) -> list[Row]:
    return draw.sample(rows, min(most, len(rows)))


async def _code(place: Place, executor: str, actor: Actor | None, name: str, given: Mapping[str, Any]) -> str:
    async with rehearsing(place) as (_, held):
        answer = await place.answer(executor, actor, command(place, name)[0], {"input": given}, held)
    shown = json.loads(answer.data or b"{}").get(name) or {}
    return str(shown.get("code", answer.errors))


async def test_a_command_reaches_what_is_the_actors_to_decide_and_nothing_else(place: Place) -> None:
    found, reached = await misled(place, 1, EXECUTORS[:1])
    assert not found, "\n".join(found[:10])
    assert all(reached[of, role] for of, roles in oracle.DECIDES.items() for role in roles), reached


@pytest.mark.long
async def test_every_command_at_every_aim(place: Place) -> None:
    found, reached = await misled(place, 1_000, EXECUTORS)
    print(f"every command aimed at every row by {len(ACTORS)} actors, 2 executors: {reached.total()} reach it;")
    print(f"  wrong: {len(found)} – {'FAILS' if found else 'holds'}")
    assert not found, "\n".join(found[:10])


async def test_a_command_at_a_stranger_is_one_at_nobody_and_changes_nothing(place: Place) -> None:
    draw, tried = Random(8), Counter[str]()
    for aim in aims(place):
        for actor in draw.sample([each for each in ACTORS.values() if _decides(each, aim)], 3):
            for row in _some(draw, aim.parted(place, actor)[1], 1):
                await _refused_alike(place, actor, aim, row)
                tried[aim.mutation] += 1
    assert {"recordEvaluation", "assignTraining", "assignAppraiser", "movePerson", "endDelegation"} <= set(tried)


def _decides(actor: Actor | None, aim: Aim) -> bool:
    return actor is not None and actor.role in oracle.DECIDES[aim.of]


async def _refused_alike(place: Place, actor: Actor | None, aim: Aim, row: Row) -> None:
    text, _ = command(place, aim.mutation)
    told = set()
    for executor in EXECUTORS:
        statements = set()
        for named in (row, Row(row.table, key=MISSING)):
            given = aim.given(place, actor, named)
            async with rehearsing(place) as (transaction, held):
                before = await state(transaction)
                answer = await place.answer(executor, actor, text, {"input": given}, held)
                assert await state(transaction) == before, (given, actor)
            told.add(words(answer).replace(given[aim.field], "…"))
            statements.add(place.statements)
        assert len(statements) == 1, (aim, actor, row)
    assert len(told) == 1, told


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
