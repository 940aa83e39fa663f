"""After many requests of everybody, good ones and bad ones: nobody's name or number in logs, metrics and errors."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2
import pytest
import sqlalchemy as sa
import structlog
from pydantic import SecretStr

from domain.actor import SYSTEM, Actor
from domain.job import commands as job_commands
from domain.job.facts import JobKind
from domain.job.requests import RequestJob
from domain.ports import Act, Work
from kinerja import clock, context, database, http, jobs, logs, protocol, tokens
from kinerja.settings import Settings
from kinerja.whole import API
from tests.access.asking import Place
from tests.access.test_changes import asked, command
from tests.access.town import ACTORS, EMPLOYEE, MARK, NIP, nip
from tests.access.walks import Walker
from tests.conftest import NOW, TODAY
from tests.kinerja.test_jobs import ended, row, until, worker

SECRET: Final = "p8Qx2mVtR6nYc4KsW9hJz3LdBf7gTqUe"
BAD: Final = [
    ("query ($n: Nip!) { person(by: {nip: $n, id: $n}) { name } }", {"n": nip(EMPLOYEE)}),
    ("query ($n: Nip!) { person(by: {nip: $n}) { nope } }", {"n": nip(EMPLOYEE)}),
    ('{ person(by: {nip: "' + nip(EMPLOYEE) + '"}) { name }', {}),
    ("query ($i: ID!) { people(first: 1, where: {unit: $i}) { totalCount } }", {"i": "Kanari15x"}),
    ("query ($i: Int!) { people(first: $i) { totalCount } }", {"i": "Kanari15x"}),
    ("query ($c: String!) { people(first: 1, after: $c) { totalCount } }", {"c": nip(EMPLOYEE)}),
    ("{ people(first: 100000) { nodes { name nip } } }", {}),
    ("mutation ($r: String!) { requestJob(input: {clientMutationKey: $r, kind: SCORE_RISK}) { __typename } }", {}),
]
"""Requests that fail, with names and numbers in them."""


@dataclass
class Heard:
    """What was said: the lines of all logs, and the messages of errors beside what their requests held."""

    lines: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)


class _Keeps(logging.Handler):
    def __init__(self, heard: Heard) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("httpx"):  # the tests' own client
            self._heard.lines.append(logging.Formatter().format(record))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """All that is logged, at the most talkative level; as it was afterwards."""
    found, root, before = Heard(), logging.getLogger(), structlog.get_config()
    keeps, level = _Keeps(found), root.level
    logs.set_up("debug")
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(_Lines(found)))
    root.addHandler(keeps)
    root.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(keeps)
    root.setLevel(level)
    structlog.configure(**before)


class _Lines(io.StringIO):
    """A file whose lines are kept."""

    def __init__(self, heard: Heard) -> None:
        super().__init__()
        self._heard = heard

    def write(self, text: str) -> int:
        self._heard.lines.append(text)
        return len(text)


@asynccontextmanager
async def served(place: Place) -> AsyncIterator[tuple[httpx2.AsyncClient, tokens.Signer]]:
    """The service over the town."""
    chosen = Settings.model_validate({"token_secret": SecretStr(SECRET)})
    signer = tokens.Signer(SECRET)
    means = context.Means(place.data, clock.Clock(place.data), jobs.Queue())
    app = http.app(chosen, API, means, signer)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        yield client, signer


async def ask(
    of: tuple[httpx2.AsyncClient, tokens.Signer], heard: Heard, actor: Actor | None, text: str, variables: Any
) -> httpx2.Response:
    """One request, whose errors are kept."""
    client, signer = of
    headers = {"accept": protocol.RESPONSE_JSON}
    if actor is not None:
        headers["authorization"] = f"Bearer {signer.issue(actor, clock.now())}"
    body = {"query": text, "variables": variables}
    answer = await client.post("/graphql", json=body, headers=headers)
    heard.errors += [(each["message"], json.dumps(body)) for each in answer.json().get("errors", [])]
    return answer


def told(text: str) -> set[str]:
    """The names and numbers of people in a text."""
    return {*MARK.findall(text), *NIP.findall(text)}


async def walk(place: Place, heard: Heard, most: int = 1) -> str:
    """Requests of everybody; what the metrics say then."""
    draw, shown = Random(16), 0
    walks = list(Walker(place.served.graph, place.town).walks(edges=1))
    async with served(place) as of:
        for actor in ACTORS.values():
            for each in draw.sample(walks, most):
                answer = await ask(of, heard, actor, each.text.replace("100", "30"), each.variables)
                shown += len(told(answer.text))
            for text, variables in BAD:
                await ask(of, heard, actor, text, variables)
            for name in ("recordEvaluation", "assignTraining"):
                text, source = command(place, name)
                given = asked(place, source, actor, {"plan": "Kanari15x"})
                given["reason" if name == "assignTraining" else "note"] = f"Kanari15x {nip(EMPLOYEE)}"
                await ask(of, heard, actor, text, {"input": given})
        client, _ = of
        for credentials in ({"login": nip(EMPLOYEE), "password": "Kanari15x"}, {"login": "Kanari15x"}):
            await client.post("/auth/token", json=credentials)
        await client.get(f"/graphql?query={nip(EMPLOYEE)}", headers={"authorization": "Bearer Kanari15x"})
        assert shown > 30
        return (await client.get("/metrics")).text


async def test_logs_metrics_and_errors_hold_nobody(place: Place, heard: Heard) -> None:
    metrics = await walk(place, heard, most=3)
    assert "kinerja_" in metrics
    assert not told(metrics)
    assert not [line for line in heard.lines if told(line)]
    assert len(heard.errors) > 50
    # What a client wrote may come back to him in words; what he did not write may not.
    assert not [(said, of) for said, of in heard.errors if told(said) - told(of)]


async def test_a_fault_of_ours_is_logged_without_what_it_was_about(
    place: Place, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError(f"Kanari15x {nip(EMPLOYEE)}")

    monkeypatch.setattr(context.Context, "read_once", broken)
    monkeypatch.setattr(context.Context, "read", broken)
    async with served(place) as of:
        answer = await ask(of, heard, ACTORS["employee"], "{ me { name } }", {})
    assert "INTERNAL" in answer.text
    assert any("RuntimeError" in line for line in heard.lines)
    assert not [line for line in heard.lines if told(line)]
    assert not told(answer.text)


async def test_a_job_that_fails_says_nothing_of_people(
    heard: Heard, own: database.Database, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TAKEN_UP_AFTER", timedelta(seconds=1))

    async def task(work: Work, _params: Mapping[str, Any]) -> None:
        async with work.write() as act:
            await act.db.execute(sa.text(f"INSERT INTO person (nip, name) VALUES ('{nip(EMPLOYEE)}', 'Kanari15x')"))

    async with own.write() as db:
        act = Act(db=db, jobs=jobs.Queue(), actor=SYSTEM, today=TODAY, now=NOW)
        job = await job_commands.request(act, RequestJob(kind=JobKind.SCORE_RISK))
    async with worker(own, own_url, task):
        await until(ended(own, job))
    assert (await row(own, job))[0] == "FAILED"
    assert not told(str(await own.read_once("SELECT error FROM job WHERE id = $1", [job])))
    assert any("job" in line for line in heard.lines)
    assert not [line for line in heard.lines if told(line)]


async def test_the_servers_own_log_holds_nobody(place: Place, heard: Heard) -> None:
    async with place.data.lend() as connection:
        folder = Path(await connection.fetchval("SHOW data_directory"))
        for broken in (
            f"INSERT INTO person (nip, name) VALUES ('{nip(EMPLOYEE)}', 'Kanari15x')",
            f"UPDATE person SET nip = '{nip(EMPLOYEE)}'",
        ):
            with pytest.raises(Exception, match=r".+"):
                await connection.execute(broken)
    log = folder.parent / "postgres.log"
    if not log.exists():
        pytest.skip("the server is not the embedded one")
    await walk(place, heard)
    text = log.read_text(errors="replace")
    assert "ERROR" in text
    assert not MARK.findall(text)
    assert not NIP.findall(text)
