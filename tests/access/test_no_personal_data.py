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

from domain.actor import SYSTEM_ACTOR, Actor
from domain.job import commands as job_commands
from domain.job.facts import JobKind
from domain.job.requests import RequestJob
from domain.ports import CommandContext, JobContext
from kinerja import application, business_date
from kinerja.auth import authenticator
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.observability import structured_logging
from kinerja.postgres import database
from kinerja.served_api import API
from kinerja.settings import Settings
from kinerja.web import graphql_protocol
from tests.access.graph_paths import PathWriter
from tests.access.test_command_reach import build_input, read_command
from tests.access.town import ACTORS, EMPLOYEE, MARKER_PATTERN, NIP_PATTERN, write_nip
from tests.access.town_service import TownService
from tests.conftest import NOW, TODAY
from tests.kinerja.jobs.test_job_worker import row, wait_for_end, wait_until, worker

SECRET: Final = "p8Qx2mVtR6nYc4KsW9hJz3LdBf7gTqUe"
BAD: Final = [
    ("query ($n: Nip!) { person(by: {nip: $n, id: $n}) { name } }", {"n": write_nip(EMPLOYEE)}),
    ("query ($n: Nip!) { person(by: {nip: $n}) { nope } }", {"n": write_nip(EMPLOYEE)}),
    ('{ person(by: {nip: "' + write_nip(EMPLOYEE) + '"}) { name }', {}),
    ("query ($i: ID!) { people(first: 1, where: {unit: $i}) { totalCount } }", {"i": "Kanari15x"}),
    ("query ($i: Int!) { people(first: $i) { totalCount } }", {"i": "Kanari15x"}),
    ("query ($c: String!) { people(first: 1, after: $c) { totalCount } }", {"c": write_nip(EMPLOYEE)}),
    ("{ people(first: 100000) { nodes { name nip } } }", {}),
    ("mutation ($r: String!) { requestJob(input: {clientMutationKey: $r, kind: SCORE_RISK}) { __typename } }", {}),
]
"""Requests that fail, with names and numbers in them."""


@dataclass
class CapturedOutput:
    """What was said: the lines of all logs, and the messages of errors beside what their requests held."""

    lines: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)


class _CapturingHandler(logging.Handler):
    def __init__(self, heard: CapturedOutput) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("httpx"):  # the tests' own client
            self._heard.lines.append(logging.Formatter().format(record))


@pytest.fixture
def heard() -> Iterator[CapturedOutput]:
    """All that is logged, at the most talkative level; as it was afterwards."""
    found, root, before = CapturedOutput(), logging.getLogger(), structlog.get_config()
    keeps, level = _CapturingHandler(found), root.level
    structured_logging.configure_logging("debug")
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(_CapturingStream(found)))
    root.addHandler(keeps)
    root.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(keeps)
    root.setLevel(level)
    structlog.configure(**before)


class _CapturingStream(io.StringIO):
    """A file whose lines are kept."""

    def __init__(self, heard: CapturedOutput) -> None:
        super().__init__()
        self._heard = heard

    def write(self, text: str) -> int:
        self._heard.lines.append(text)
        return len(text)


@asynccontextmanager
async def served(place: TownService) -> AsyncIterator[tuple[httpx2.AsyncClient, authenticator.DemoTokens]]:
    """The service over the town."""
    chosen = Settings.model_validate({"token_secret": SecretStr(SECRET)})
    signer = authenticator.DemoTokens(SECRET)
    means = request_context.AppState(place.data, business_date.BusinessDate(place.data), job_worker.JobQueue())
    app = application.build_app(chosen, API, means, signer)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        yield client, signer


async def send_request(
    of: tuple[httpx2.AsyncClient, authenticator.DemoTokens],
    heard: CapturedOutput,
    actor: Actor | None,
    text: str,
    variables: Any,
) -> httpx2.Response:
    """One request, whose errors are kept."""
    client, signer = of
    headers = {"accept": graphql_protocol.RESPONSE_JSON}
    if actor is not None:
        headers["authorization"] = f"Bearer {signer.issue_demo_token(actor, business_date.utc_now())}"
    body = {"query": text, "variables": variables}
    answer = await client.post("/graphql", json=body, headers=headers)
    heard.errors += [(each["message"], json.dumps(body)) for each in answer.json().get("errors", [])]
    return answer


def contains_personal_data(text: str) -> set[str]:
    """The names and numbers of people in a text."""
    return {*MARKER_PATTERN.findall(text), *NIP_PATTERN.findall(text)}


async def send_all_requests(place: TownService, heard: CapturedOutput, most: int = 1) -> str:
    """Requests of everybody; what the metrics say then."""
    draw, shown = Random(16), 0
    walks = list(PathWriter(place.served.graph, place.town).write_paths(edges=1))
    async with served(place) as of:
        for actor in ACTORS.values():
            for each in draw.sample(walks, most):
                answer = await send_request(of, heard, actor, each.text.replace("100", "30"), each.variables)
                shown += len(contains_personal_data(answer.text))
            for text, variables in BAD:
                await send_request(of, heard, actor, text, variables)
            for name in ("recordEvaluation", "assignTraining"):
                text, source = read_command(place, name)
                given = build_input(place, source, actor, {"plan": "Kanari15x"})
                given["reason" if name == "assignTraining" else "note"] = f"Kanari15x {write_nip(EMPLOYEE)}"
                await send_request(of, heard, actor, text, {"input": given})
        client, _ = of
        for credentials in ({"login": write_nip(EMPLOYEE), "password": "Kanari15x"}, {"login": "Kanari15x"}):
            await client.post("/auth/token", json=credentials)
        await client.get(f"/graphql?query={write_nip(EMPLOYEE)}", headers={"authorization": "Bearer Kanari15x"})
        assert shown > 30
        return (await client.get("/metrics")).text


async def test_logs_metrics_and_errors_hold_nobody(place: TownService, heard: CapturedOutput) -> None:
    metrics = await send_all_requests(place, heard, most=3)
    assert "kinerja_" in metrics
    assert not contains_personal_data(metrics)
    assert not [line for line in heard.lines if contains_personal_data(line)]
    assert len(heard.errors) > 50
    # What a client wrote may come back to them in words; what they did not write may not.
    assert not [(said, of) for said, of in heard.errors if contains_personal_data(said) - contains_personal_data(of)]


async def test_a_fault_of_ours_is_logged_without_what_it_was_about(
    place: TownService, heard: CapturedOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError(f"Kanari15x {write_nip(EMPLOYEE)}")

    monkeypatch.setattr(request_context.RequestContext, "fetch_without_snapshot", broken)
    monkeypatch.setattr(request_context.RequestContext, "fetch_rows", broken)
    async with served(place) as of:
        answer = await send_request(of, heard, ACTORS["employee"], "{ me { name } }", {})
    assert "INTERNAL" in answer.text
    assert any("RuntimeError" in line for line in heard.lines)
    assert not [line for line in heard.lines if contains_personal_data(line)]
    assert not contains_personal_data(answer.text)


async def test_a_job_that_fails_says_nothing_of_people(
    heard: CapturedOutput, own: database.Database, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_worker, "HEARTBEAT_TIMEOUT", timedelta(seconds=1))

    async def task(work: JobContext, _params: Mapping[str, Any]) -> None:
        async with work.open_transaction() as act:
            await act.db.execute(
                sa.text(f"INSERT INTO person (nip, name) VALUES ('{write_nip(EMPLOYEE)}', 'Kanari15x')")
            )

    async with own.open_transaction() as db:
        act = CommandContext(db=db, jobs=job_worker.JobQueue(), actor=SYSTEM_ACTOR, today=TODAY, now=NOW)
        job = await job_commands.request_job(act, RequestJob(kind=JobKind.SCORE_RISK))
    async with worker(own, own_url, task):
        await wait_until(wait_for_end(own, job))
    assert (await row(own, job))[0] == "FAILED"
    assert not contains_personal_data(
        str(await own.fetch_without_snapshot("SELECT error FROM job WHERE id = $1", [job]))
    )
    assert any("job" in line for line in heard.lines)
    assert not [line for line in heard.lines if contains_personal_data(line)]


async def test_the_servers_own_log_holds_nobody(place: TownService, heard: CapturedOutput) -> None:
    async with place.data.lend_connection() as connection:
        folder = Path(await connection.fetchval("SHOW data_directory"))
        for broken in (
            f"INSERT INTO person (nip, name) VALUES ('{write_nip(EMPLOYEE)}', 'Kanari15x')",
            f"UPDATE person SET nip = '{write_nip(EMPLOYEE)}'",
        ):
            with pytest.raises(Exception, match=r".+"):
                await connection.execute(broken)
    log = folder.parent / "postgres.log"
    if not log.exists():
        pytest.skip("the server is not the embedded one")
    await send_all_requests(place, heard)
    text = log.read_text(errors="replace")
    assert "ERROR" in text
    assert not MARKER_PATTERN.findall(text)
    assert not NIP_PATTERN.findall(text)
