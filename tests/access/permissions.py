"""Operations restricted by role: what each answers every actor, compared with the oracle's table of permissions."""

import ast
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest import mock

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain.access import policy
from domain.access.policy import Action
from domain.account import commands as account
from domain.account.requests import AddAccount, AddServiceAccount, GrantRole
from domain.actor import Actor, Role
from domain.ports import CommandContext
from domain.refusals import Refusal
from kinerja.jobs import job_worker
from kinerja.postgres import database
from resolvers.graph import global_ids, model
from tests.access import access_oracle
from tests.access.test_command_reach import (
    COMMAND_INPUTS,
    open_rehearsal,
    read_command,
    read_table_hashes,
    rows_by_code,
)
from tests.access.town import ACTORS, EMPLOYEE, SUPERVISOR
from tests.access.town_service import EXECUTORS, RehearsalDatabase, TownService
from tests.conftest import NOW, TODAY
from training.attendance import commands as record
from training.session.facts import SessionStatus
from training.session.tables import SessionRow
from training.summary import commands as summary

DONE: Final = "DONE"
"""The code of an operation that was not refused."""

DIRECT: Final = "command"
"""The way to run a command that no field of the schema runs."""

MOST_DRAWS: Final = 300
"""How many inputs are drawn until one succeeds."""

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("domain", "training", "ml", "resolvers", "schema", "kinerja")
UNIT: Final = "U4"
ACCOUNT, GRANT, LOGIN, NEW_LOGIN, SERVICE_NAME = 901, 902, "pegawai", "pegawai.baru", "sistem-lain"
NEXT_QUARTER: Final = date(2026, 10, 1)
"""A business date whose last quarter has no summary yet."""

Input = Mapping[str, Any]
DirectCall = Callable[[CommandContext], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation restricted by role.

    Attributes:
        name: its row in the oracle's table.
        draw_input: an input of rows that an actor decides about; None if there are none.
        run: the code of its answer to an actor, by one of the executors.
        executors: the ways to run it.
        accepts_anonymous: whether it can be run without an actor.
    """

    name: str
    draw_input: Callable[[Actor, Random], Input | None]
    run: Callable[[Actor | None, Input, RehearsalDatabase, str], Awaitable[str]]
    executors: Sequence[str] = EXECUTORS
    accepts_anonymous: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """One operation as one actor, with inputs that succeed for somebody permitted."""

    operation: Operation
    actor_name: str
    inputs: Sequence[Input]

    @property
    def actor(self) -> Actor | None:
        """The actor; None without a token."""
        return ACTORS[self.actor_name]

    @property
    def permitted(self) -> bool:
        """Whether the actor's role may run the operation, by the oracle."""
        return access_oracle.permits(self.actor, self.operation.name)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a trial, by one executor with one input."""

    trial: Trial
    executor: str
    given: Input

    async def run(self, held: RehearsalDatabase) -> str:
        """The code of the answer."""
        return await self.trial.operation.run(self.trial.actor, self.given, held, self.executor)

    @property
    def refusal(self) -> str:
        """The code that an actor without permission is promised."""
        return "NOT_ALLOWED" if self.trial.actor else "NOT_SIGNED_IN"


@dataclass(frozen=True, slots=True)
class PermissionProof:
    """Every operation as every actor."""

    place: TownService
    trials: Sequence[Trial]

    async def find_violations(
        self, roles: Collection[Role] = frozenset(Role), executors: Sequence[str] = EXECUTORS
    ) -> list[str]:
        """Find actors of some roles whose answers differ from the table of permissions.

        Without permission the code must be that of the policy, and no row of any table changes; in each role with
        permission at least one actor succeeds.
        """
        attempts = list(_attempts(self.trials, roles, executors))
        names = {attempt.trial.operation.name for attempt in attempts}
        unproven = {(name, role) for name in names for role in roles if access_oracle.PERMISSIONS[name][role]}
        async with rehearse_with_accounts(self.place) as (transaction, held):
            denied = [attempt for attempt in attempts if not attempt.trial.permitted]
            found = await _wrongly_answered(denied, transaction, held)
            permitted = [attempt for attempt in attempts if attempt.trial.permitted]
            unproven -= await _successes(permitted, transaction, held)
        return [*found, *(f"{name}: nobody in the role {role} succeeds" for name, role in sorted(unproven))]


def _attempts(trials: Iterable[Trial], roles: Collection[Role], executors: Sequence[str]) -> Iterator[Attempt]:
    for trial in trials:
        if trial.actor is None or trial.actor.role in roles:
            for executor, given in product(trial.operation.executors, trial.inputs):
                if executor in {*executors, DIRECT}:
                    yield Attempt(trial, executor, given)


async def _wrongly_answered(
    attempts: Sequence[Attempt], transaction: database.Transaction, held: RehearsalDatabase
) -> list[str]:
    """Attempts that are not refused by the policy or change a row: all at once first, then each of the wrong ones."""
    before = await read_table_hashes(transaction)
    async with rolled_back(transaction):
        wrong = [attempt for attempt in attempts if await attempt.run(held) != attempt.refusal]
        changed = await read_table_hashes(transaction) != before
    found = []
    for attempt in wrong or (attempts if changed else ()):
        async with rolled_back(transaction):
            code = await attempt.run(held)
            after = await read_table_hashes(transaction)
        tables = ", ".join(name for name in before if before[name] != after[name])
        if code != attempt.refusal or tables:
            found.append(
                f"{attempt.trial.operation.name} as {attempt.trial.actor_name} by {attempt.executor}: "
                f"{code} instead of {attempt.refusal}, changed {tables or 'nothing'}"
            )
    return found


async def _successes(
    attempts: Sequence[Attempt], transaction: database.Transaction, held: RehearsalDatabase
) -> set[tuple[str, Role]]:
    """The operations and roles in which somebody succeeds."""
    found: set[tuple[str, Role]] = set()
    for attempt in attempts:
        actor = attempt.trial.actor
        if actor is not None and (attempt.trial.operation.name, actor.role) not in found:
            async with rolled_back(transaction):
                if await attempt.run(held) == DONE:
                    found.add((attempt.trial.operation.name, actor.role))
    return found


async def build_proof(place: TownService) -> PermissionProof:
    """Draw an input that succeeds for each permitted actor; who has no permission tries one of each role."""
    trials = []
    async with rehearse_with_accounts(place) as (transaction, held):
        for operation in operations(place):
            successes: dict[str, Input] = {}
            for name, actor in ACTORS.items():
                if actor is not None and access_oracle.permits(actor, operation.name):
                    given = await _draw_success(operation, actor, transaction, held)
                    successes |= {} if given is None else {name: given}
            for name, actor in ACTORS.items():
                if actor is not None and access_oracle.permits(actor, operation.name):
                    trials.append(Trial(operation, name, [successes[name]] if name in successes else []))
                elif actor is not None or operation.accepts_anonymous:
                    trials.append(Trial(operation, name, _nearest_inputs(actor, successes)))
    return PermissionProof(place, trials)


def _nearest_inputs(actor: Actor | None, successes: Mapping[str, Input]) -> list[Input]:
    """One input of each role: that of the same person or units in it, so that the policy alone stands in the way."""
    by_role: dict[Role, tuple[tuple[bool, bool], Input]] = {}
    for name, given in successes.items():
        other = ACTORS[name]
        assert other is not None
        same = actor is not None and (actor.person_id == other.person_id, actor.unit_path == other.unit_path)
        nearness = same or (False, False)
        if other.role not in by_role or nearness > by_role[other.role][0]:
            by_role[other.role] = nearness, given
    return [given for _, given in by_role.values()]


async def _draw_success(
    operation: Operation, actor: Actor, transaction: database.Transaction, held: RehearsalDatabase
) -> Input | None:
    draw, tried = Random(21), set[str]()
    for _ in range(MOST_DRAWS):
        given = operation.draw_input(actor, draw)
        if given is None:
            return None
        text = json.dumps(given)
        if text not in tried:
            tried.add(text)
            async with rolled_back(transaction):
                if await operation.run(actor, given, held, operation.executors[0]) == DONE:
                    return given
    return None


@asynccontextmanager
async def rehearse_with_accounts(place: TownService) -> AsyncIterator[tuple[database.Transaction, RehearsalDatabase]]:
    """A transaction of which nothing remains, with an account, its grant and session, and a service account."""
    rows: Mapping[str, Mapping[str, Any]] = {
        "account": {
            "id": ACCOUNT,
            "login": LOGIN,
            "person_id": EMPLOYEE,
            "password_hash": "h",
            "password_changed_at": NOW,
            "failures": 1,
            "locked_until": NOW,
            "disabled_at": NOW,
        },
        "role_grant": {"id": GRANT, "account_id": ACCOUNT, "role": Role.EMPLOYEE, "starts_on": TODAY},
        "login_session": {
            "account_id": ACCOUNT,
            "grant_id": GRANT,
            "family_sha256": "f",
            "refresh_sha256": "r",
            "began_at": NOW,
            "used_at": NOW,
            "expires_at": NOW.replace(year=2027),
        },
        "service_account": {
            "name": SERVICE_NAME,
            "token_sha256": "t",
            "hint": "h",
            "made_at": NOW,
            "expires_on": NEXT_QUARTER,
        },
    }
    async with open_rehearsal(place) as (transaction, held):
        for table, values in rows.items():
            await transaction.execute(sa.insert(SQLModel.metadata.tables[table]).values(**values))
        yield transaction, held


@asynccontextmanager
async def rolled_back(transaction: database.Transaction) -> AsyncIterator[None]:
    """A savepoint that is rolled back at the end of the block."""
    savepoint = transaction.connection.transaction()
    await savepoint.start()
    try:
        yield
    finally:
        await savepoint.rollback()


def operations(place: TownService) -> Iterator[Operation]:
    """Every mutation, by each value of the enums of its input; every service; every command run without a field."""
    graph = place.served.graph
    assert graph.mutation is not None
    for name, field in graph.mutation.fields.items():
        assert isinstance(field.source, model.CommandSource)
        for values in _enum_values(graph, field.source.request_input):
            yield _mutation_operation(place, name, field.source, values)
    for name, field in graph.query.fields.items():
        if isinstance(field.source, model.ServiceSource):
            yield _service_operation(place, name, field.source)
    for name, call in DIRECT_CALLS.items():
        yield _direct_operation(name, call)


def _enum_values(graph: model.Graph, asked: model.InputType) -> Iterator[dict[str, str]]:
    names = {
        field.name: field.type_ref.leaf_name for field in asked.fields if field.type_ref.leaf_name in graph.enums
    }
    for values in product(*(graph.enums[leaf].descriptions for leaf in names.values())):
        yield dict(zip(names, values, strict=True))


def _mutation_operation(
    place: TownService, name: str, source: model.CommandSource, values: Mapping[str, str]
) -> Operation:
    text, _ = read_command(place, name)

    async def run(actor: Actor | None, given: Input, held: RehearsalDatabase, executor: str) -> str:
        answer = await place.run_executor(executor, actor, text, {"input": given}, held)
        shown = json.loads(answer.data or b"{}").get(name) or {}
        return str(shown.get("code") or ", ".join(each.message for each in answer.errors) or DONE)

    def draw_input(actor: Actor, draw: Random) -> Input | None:
        fields = _draw_fields(place, source.request_input, actor, draw)
        return None if fields is None else {"clientMutationKey": "kunci", **fields, **values}

    return Operation(f"{name}({', '.join(values.values())})" if values else name, draw_input, run)


def _service_operation(place: TownService, name: str, source: model.ServiceSource) -> Operation:
    asked = source.request_input
    assert asked is not None
    query = place.served.executor.schema.query_type
    assert query is not None
    types = {argument: str(each.type) for argument, each in query.fields[name].args.items()}
    declared = ", ".join(f"${argument}: {type_}" for argument, type_ in types.items())
    arguments = ", ".join(f"{argument}: ${argument}" for argument in types)
    text = f"query ({declared}) {{ {name}({arguments}) {{ __typename }} }}"

    async def run(actor: Actor | None, given: Input, held: RehearsalDatabase, executor: str) -> str:
        answer = await place.run_executor(executor, actor, text, given, held)
        return ", ".join(str((each.extensions or {}).get("code", each.message)) for each in answer.errors) or DONE

    def draw_input(actor: Actor, draw: Random) -> Input | None:
        return _draw_fields(place, asked, actor, draw)

    return Operation(name, draw_input, run)


def _draw_fields(place: TownService, asked: model.InputType, actor: Actor, draw: Random) -> dict[str, Any] | None:
    """Values of the fields that must be given, and for each reference a row that the actor decides about."""
    given: dict[str, Any] = {}
    for field in asked.fields:
        code = asked.id_codes.get(field.python_name)
        if code is not None:
            rows = rows_by_code(place, code)
            decided = [row for row in rows if access_oracle.can_decide(actor, f"{asked.name}.{field.name}", row)]
            if not decided:
                return None
            given[field.name] = global_ids.format_global_id(code, draw.choice(decided).key)
        elif not field.type_ref.nullable and field.type_ref.leaf_name in COMMAND_INPUTS:
            given[field.name] = COMMAND_INPUTS[field.type_ref.leaf_name]
    return given


class SingleTransactionJob:
    """A job that writes within one transaction."""

    def __init__(self, act: CommandContext) -> None:
        self._act = act

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[CommandContext]:
        """The transaction."""
        yield self._act

    async def report_progress(self, done: int, total: int, step: str) -> None:
        """Nothing."""


async def publish_summaries(act: CommandContext) -> None:
    """Publish the summaries of a quarter that has none."""
    await summary.publish_summaries(SingleTransactionJob(replace(act, today=NEXT_QUARTER)))


async def close_open_session(act: CommandContext) -> int:
    """Close the last open session, of which nobody has a record yet."""
    open_sessions = col(SessionRow.status) == SessionStatus.OPEN
    row = await act.db.fetch_one(
        sa.select(col(SessionRow.id)).where(open_sessions).order_by(col(SessionRow.id).desc()).limit(1)
    )
    assert row is not None
    return await record.close_session(act, row[0], [])


DIRECT_CALLS: Final[Mapping[str, DirectCall]] = {
    "account.add": lambda act: account.add_account(act, AddAccount(login=NEW_LOGIN, person=SUPERVISOR), "h"),
    "account.set_password": lambda act: account.set_password(act, LOGIN, "h2"),
    "account.disable": lambda act: account.disable_account(act, LOGIN),
    "account.enable": lambda act: account.enable_account(act, LOGIN),
    "account.unlock": lambda act: account.unlock_account(act, LOGIN),
    "account.grant": lambda act: account.grant_role(
        act, GrantRole(login=LOGIN, role=Role.HR, unit=UNIT, starts_on=TODAY)
    ),
    "account.revoke_grant": lambda act: account.revoke_grant(act, GRANT),
    "account.sign_out": lambda act: account.end_account_sessions(act, LOGIN),
    "account.add_service": lambda act: account.add_service_account(
        act, AddServiceAccount(name="sistem-baru", unit=UNIT, expires_on=NEXT_QUARTER), "t2", "h"
    ),
    "account.revoke_service": lambda act: account.revoke_service_account(act, SERVICE_NAME),
    "record.close": close_open_session,
    "summary.publish": publish_summaries,
}
"""Commands that ask the policy and are no field of the schema: of the command line, and of jobs."""


def _direct_operation(name: str, call: DirectCall) -> Operation:
    async def run(actor: Actor | None, _given: Input, held: RehearsalDatabase, _executor: str) -> str:
        assert actor is not None
        try:
            async with held.open_transaction() as db:
                await call(CommandContext(db=db, jobs=job_worker.JobQueue(), actor=actor, today=TODAY, now=NOW))
        except Refusal as refusal:
            return refusal.code
        except Exception as error:  # noqa: BLE001 - who comes this far was not refused
            return type(error).__name__
        return DONE

    return Operation(name, lambda _actor, _draw: {}, run, (DIRECT,), accepts_anonymous=False)


def missing_permissions(
    table: Mapping[str, Mapping[str, bool]], names: Collection[str], roles: Collection[str]
) -> list[str]:
    """Operations and roles without an entry in a table of permissions, and entries for what does not exist."""
    return [
        *(f"{name} has no entry" for name in sorted({*names} - {*table})),
        *(f"{name} does not exist" for name in sorted({*table} - {*names})),
        *(f"{name} has no entry for {role}" for name, row in table.items() for role in sorted({*roles} - {*row})),
        *(f"{name} has an entry for {role}" for name, row in table.items() for role in sorted({*row} - {*roles})),
    ]


@dataclass(frozen=True, slots=True)
class PolicyQuestions:
    """Functions that asked the policy, and actions that it was asked for by role."""

    callers: set[str]
    pairs: set[tuple[Action, Role]]


@contextmanager
def recorded_questions() -> Iterator[PolicyQuestions]:
    """Record who asks the policy for what."""
    questions, may = PolicyQuestions(set(), set()), policy.require_permission

    def recording(actor: Actor, action: Action) -> None:
        frame = inspect.currentframe()
        assert frame is not None
        assert frame.f_back is not None
        questions.callers.add(f"{frame.f_back.f_globals['__name__']}.{frame.f_back.f_code.co_name}")
        questions.pairs.add((action, actor.role))
        may(actor, action)

    with mock.patch.object(policy, "require_permission", recording):
        yield questions


def policy_callers(rooms: Sequence[str] = ROOMS) -> set[str]:
    """The functions whose source asks the policy, by module and name."""
    return {
        f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}.{function.name}"
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(_asks_policy(node) for node in ast.walk(function))
    }


def _asks_policy(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return ast.unparse(node.func) in {"policy.require_permission", "require_permission", "policy.decide_permission"}
