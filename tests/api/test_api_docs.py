"""Every operation and command of docs/api/ is run, and gives what the page says it gives.

`REWRITE_DOCS=1 pytest tests/api/test_api_docs.py` writes into the pages what they should show.
"""

import asyncio
import json
import os
import pkgutil
import re
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import httpx2
import pytest
import uvicorn
from pydantic import SecretStr

from domain.actor import Actor, Role
from domain.business_date import commands as calendar
from kinerja import application, business_date
from kinerja.auth import authenticator
from kinerja.graphql_server import request_context
from kinerja.graphql_server.subscriptions.event_hub import EventHub
from kinerja.jobs import job_worker
from kinerja.postgres import database
from kinerja.settings import Settings
from kinerja.web import graphql_protocol
from tests.api import documentation_pages
from tests.conftest import SavepointDatabase

SECRET = "Zk3vQ8mXt5sRw2pYc9LbN7dHf4gJaTeU"
REWRITES = bool(os.environ.get("REWRITE_DOCS"))
ASKS_FOR_A_JOB = """mutation {
  requestJob(input: { clientMutationKey: "told", kind: SCORE_RISK }) { ... on Job { id } }
}"""
VOLATILE_FIELDS = {"requestId", "remaining"}


@dataclass(frozen=True, slots=True)
class RunningService:
    """The API on a port of this machine, and a token for each role."""

    port: int
    tokens: Mapping[str, str]

    async def send_operation(self, block: documentation_pages.PageBlock, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to an operation."""
        headers = {"accept": graphql_protocol.RESPONSE_JSON}
        if block.role is not None:
            headers["authorization"] = f"Bearer {self.tokens[block.role]}"
        body = {"query": block.text, "variables": variables}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            answer: dict[str, Any] = (await client.post("/graphql", json=body, headers=headers)).json()
        return answer

    async def stream_events(self, block: documentation_pages.PageBlock) -> str:
        """What comes within three seconds of a subscription."""
        if block.language == "sh":
            return await self.run_shell(replace(block, text=re.sub(r"--max-time \d+", "--max-time 3", block.text)))
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {self.tokens[block.role or '']}"}
        heard = ""
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            body = {"query": block.text}
            async with client.stream("POST", "/graphql", json=body, headers=headers, timeout=10) as response:
                async for line in response.aiter_lines():
                    heard += f"{line}\n"
                    if line.startswith("data: {"):
                        break
        return heard

    async def run_shell(self, block: documentation_pages.PageBlock) -> str:
        """What a command prints."""
        command = block.text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        environment = {"PATH": os.environ["PATH"], "TOKEN": self.tokens.get(block.role or "", "")}
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", command, env=environment, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0, command
        return printed.decode()


@asynccontextmanager
async def listen_on_port(app: Any) -> AsyncIterator[int]:
    """The port on which an application answers while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


@pytest.fixture
async def served(db: database.Transaction, actors: Mapping[Role, Actor]) -> AsyncIterator[RunningService]:
    """The API over one transaction of the province, which is rolled back."""
    held = SavepointDatabase(db)
    signer = authenticator.DemoTokens(SECRET)
    chosen = Settings.model_validate({"token_secret": SecretStr(SECRET)})
    means = request_context.AppState(held, business_date.BusinessDate(held), job_worker.JobQueue())
    app = application.build_app(chosen, pkgutil.resolve_name("kinerja.served_api:API"), means, signer)
    issued = {role.value: signer.issue_demo_token(actor, business_date.utc_now()) for role, actor in actors.items()}
    async with listen_on_port(app) as port:
        yield RunningService(port, issued)


@pytest.mark.parametrize("name", documentation_pages.list_pages())
async def test_a_page_gives_what_it_says(name: str, served: RunningService) -> None:
    path = documentation_pages.PAGES_FOLDER / name
    text = path.read_text()
    answers: list[Any] = []
    edits: list[tuple[int, int, str]] = []
    for block in documentation_pages.read_blocks(text):
        if is_live_block(block):
            continue  # it is run where something happens, below
        if block.language == "sh" and shutil.which("curl") is None:
            pytest.skip("there is no curl here")
        actual = await run_block(served, block, answers)
        if block.answer is None:
            continue
        shown = compare_answer(block, actual)
        if shown is not None:
            assert REWRITES, f"{name}: after\n{block.text}\nthe answer is\n{shown}\nand not\n{block.answer}"
            edits.append((block.start, block.end, f"{shown}\n"))
    for start, end, shown in reversed(edits):
        text = text[:start] + shown + text[end:]
    if edits:
        path.write_text(text)


def is_live_block(block: documentation_pages.PageBlock) -> bool:
    """Whether a block subscribes."""
    return re.search(r"^subscription\b|\"subscription\b", block.text, re.MULTILINE) is not None


async def run_block(served: RunningService, block: documentation_pages.PageBlock, answers: list[Any]) -> Any:
    """The answer to a block: JSON where it is any, without what a page does not show."""
    if block.language == "graphql":
        actual = await served.send_operation(block, documentation_pages.fill_placeholders(block.variables, answers))
        assert block.expects_error == ("errors" in actual), f"{block.text}\n{actual}"
    else:
        printed = await served.run_shell(block)
        try:
            actual = json.loads(printed)
        except ValueError:
            return printed
    if block.answer is None or '"cost"' not in block.answer:
        actual.pop("extensions", None)
    answers.append(actual)
    return actual


def compare_answer(block: documentation_pages.PageBlock, actual: Any) -> str | None:
    """What a page should show where it shows something else."""
    assert block.answer is not None
    if isinstance(actual, str):
        return None if documentation_pages.matches_text(block.answer, actual) else actual.strip()
    expected = json.loads(block.answer)
    return (
        None
        if documentation_pages.matches_expected(expected, actual)
        else documentation_pages.format_json(
            hide_volatile_values(documentation_pages.merge_expected(expected, actual))
        )
    )


def hide_volatile_values(value: Any) -> Any:
    """An answer with `…` for what differs from run to run."""
    if isinstance(value, dict):
        return {
            name: "…" if name in VOLATILE_FIELDS else hide_volatile_values(inner) for name, inner in value.items()
        }
    return [hide_volatile_values(inner) for inner in value] if isinstance(value, list) else value


RUNNABLE = {
    name: documentation_pages.read_blocks((documentation_pages.PAGES_FOLDER / name).read_text())
    for name in documentation_pages.list_pages()
}
LIVE = [(name, block) for name, found in RUNNABLE.items() for block in found if is_live_block(block)]


@pytest.fixture
async def told(own: database.Database, own_url: str) -> AsyncIterator[RunningService]:
    """The API over a database of its own, telling what happens in it."""
    signer = authenticator.DemoTokens(SECRET)
    chosen = Settings.model_validate({"token_secret": SecretStr(SECRET)})
    async with own.open_transaction() as db:
        await calendar.set_business_date(db, date(2025, 1, 1))
    means = request_context.AppState(own, business_date.BusinessDate(own), job_worker.JobQueue())
    hub = EventHub(own_url, own)
    app = application.build_app(chosen, pkgutil.resolve_name("kinerja.served_api:API"), means, signer, hub)
    following = asyncio.create_task(hub.follow_events())
    async with listen_on_port(app) as port:
        yield RunningService(
            port, {"admin": signer.issue_demo_token(Actor(None, Role.ADMIN), business_date.utc_now())}
        )
        hub.stop()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize(("name", "block"), LIVE, ids=[f"{name}-{number}" for number, (name, _) in enumerate(LIVE)])
async def test_a_subscription_is_told(name: str, block: documentation_pages.PageBlock, told: RunningService) -> None:
    hearing = asyncio.create_task(told.stream_events(block))
    await asyncio.sleep(1)
    request = documentation_pages.PageBlock("graphql", "admin", False, ASKS_FOR_A_JOB, {}, None)
    assert "errors" not in await told.send_operation(request, {})
    heard = await hearing
    assert "event: next" in heard
    assert '"errors"' not in heard
    assert block.answer is None or documentation_pages.matches_text(block.answer, heard), (
        f"{name}\n{block.text}\n{heard}"
    )


def test_there_are_pages_with_something_to_run() -> None:
    assert sum(map(len, RUNNABLE.values())) >= 24
    assert {name for name, found in RUNNABLE.items() if not found} == {"graphiql.md"}


@pytest.mark.parametrize("name", documentation_pages.list_pages())
def test_a_link_leads_somewhere(name: str) -> None:
    text = (documentation_pages.PAGES_FOLDER / name).read_text()
    paths = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert not [path for path in paths if not (documentation_pages.PAGES_FOLDER / path).exists()]


@pytest.mark.parametrize(
    ("expected", "actual", "holds"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ({"a": "x…z"}, {"a": "xyz"}, True),
        ({"a": "x…z"}, {"a": "xy"}, False),
        ([1, "…"], [1, 2, 3], True),
        ([1, 2], [1], False),
    ],
)
def test_a_wrong_answer_is_noticed(expected: Any, actual: Any, holds: bool) -> None:
    assert documentation_pages.matches_expected(expected, actual) is holds


def test_a_block_that_nobody_runs_is_noticed() -> None:
    with pytest.raises(ValueError, match="nobody runs"):
        documentation_pages.read_blocks("```python\nprint()\n```\n")
