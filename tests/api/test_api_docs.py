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
from domain.calendar import commands as calendar
from kinerja import clock, context, database, http, jobs, protocol, tokens
from kinerja.live.hub import Hub
from kinerja.settings import Settings
from tests.api import pages
from tests.conftest import Held

SECRET = "Zk3vQ8mXt5sRw2pYc9LbN7dHf4gJaTeU"
REWRITES = bool(os.environ.get("REWRITE_DOCS"))
ASKS_FOR_A_JOB = """mutation {
  requestJob(input: { clientMutationKey: "told", kind: SCORE_RISK }) { ... on Job { id } }
}"""
VOLATILE = {"requestId", "remaining"}


@dataclass(frozen=True, slots=True)
class Served:
    """The API on a port of this machine, and a token for each role."""

    port: int
    tokens: Mapping[str, str]

    async def ask(self, block: pages.Block, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to an operation."""
        headers = {"accept": protocol.RESPONSE_JSON}
        if block.role is not None:
            headers["authorization"] = f"Bearer {self.tokens[block.role]}"
        body = {"query": block.text, "variables": variables}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            answer: dict[str, Any] = (await client.post("/graphql", json=body, headers=headers)).json()
        return answer

    async def stream(self, block: pages.Block) -> str:
        """What comes within three seconds of a subscription."""
        if block.language == "sh":
            return await self.shell(replace(block, text=re.sub(r"--max-time \d+", "--max-time 3", block.text)))
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

    async def shell(self, block: pages.Block) -> str:
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
async def listening(app: Any) -> AsyncIterator[int]:
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
async def served(db: database.Transaction, actors: Mapping[Role, Actor]) -> AsyncIterator[Served]:
    """The API over one transaction of the province, which is rolled back."""
    held = Held(db)
    signer = tokens.Signer(SECRET)
    chosen = Settings.model_validate({"token_secret": SecretStr(SECRET)})
    means = context.Means(held, clock.Clock(held), jobs.Queue())
    app = http.app(chosen, pkgutil.resolve_name("kinerja.whole:API"), means, signer)
    issued = {role.value: signer.issue(actor, clock.now()) for role, actor in actors.items()}
    async with listening(app) as port:
        yield Served(port, issued)


@pytest.mark.parametrize("name", pages.names())
async def test_a_page_gives_what_it_says(name: str, served: Served) -> None:
    path = pages.FOLDER / name
    text = path.read_text()
    answers: list[Any] = []
    edits: list[tuple[int, int, str]] = []
    for block in pages.blocks(text):
        if live(block):
            continue  # it is run where something happens, below
        if block.language == "sh" and shutil.which("curl") is None:
            pytest.skip("there is no curl here")
        actual = await run(served, block, answers)
        if block.answer is None:
            continue
        shown = compared(block, actual)
        if shown is not None:
            assert REWRITES, f"{name}: after\n{block.text}\nthe answer is\n{shown}\nand not\n{block.answer}"
            edits.append((block.start, block.end, f"{shown}\n"))
    for start, end, shown in reversed(edits):
        text = text[:start] + shown + text[end:]
    if edits:
        path.write_text(text)


def live(block: pages.Block) -> bool:
    """Whether a block subscribes."""
    return re.search(r"^subscription\b|\"subscription\b", block.text, re.MULTILINE) is not None


async def run(served: Served, block: pages.Block, answers: list[Any]) -> Any:
    """The answer to a block: JSON where it is any, without what a page does not show."""
    if block.language == "graphql":
        actual = await served.ask(block, pages.filled(block.variables, answers))
        assert block.fails == ("errors" in actual), f"{block.text}\n{actual}"
    else:
        printed = await served.shell(block)
        try:
            actual = json.loads(printed)
        except ValueError:
            return printed
    if block.answer is None or '"cost"' not in block.answer:
        actual.pop("extensions", None)
    answers.append(actual)
    return actual


def compared(block: pages.Block, actual: Any) -> str | None:
    """What a page should show where it shows something else."""
    assert block.answer is not None
    if isinstance(actual, str):
        return None if pages.matches(block.answer, actual) else actual.strip()
    expected = json.loads(block.answer)
    return None if pages.same(expected, actual) else pages.written(veiled(pages.told(expected, actual)))


def veiled(value: Any) -> Any:
    """An answer with `…` for what differs from run to run."""
    if isinstance(value, dict):
        return {name: "…" if name in VOLATILE else veiled(inner) for name, inner in value.items()}
    return [veiled(inner) for inner in value] if isinstance(value, list) else value


RUNNABLE = {name: pages.blocks((pages.FOLDER / name).read_text()) for name in pages.names()}
LIVE = [(name, block) for name, found in RUNNABLE.items() for block in found if live(block)]


@pytest.fixture
async def told(own: database.Database, own_url: str) -> AsyncIterator[Served]:
    """The API over a database of its own, telling what happens in it."""
    signer = tokens.Signer(SECRET)
    chosen = Settings.model_validate({"token_secret": SecretStr(SECRET)})
    async with own.write() as db:
        await calendar.set_day(db, date(2025, 1, 1))
    means = context.Means(own, clock.Clock(own), jobs.Queue())
    hub = Hub(own_url, own)
    app = http.app(chosen, pkgutil.resolve_name("kinerja.whole:API"), means, signer, hub)
    following = asyncio.create_task(hub.follow())
    async with listening(app) as port:
        yield Served(port, {"admin": signer.issue(Actor(None, Role.ADMIN), clock.now())})
        hub.stop()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize(("name", "block"), LIVE, ids=[f"{name}-{number}" for number, (name, _) in enumerate(LIVE)])
async def test_a_subscription_is_told(name: str, block: pages.Block, told: Served) -> None:
    hearing = asyncio.create_task(told.stream(block))
    await asyncio.sleep(1)
    request = pages.Block("graphql", "admin", False, ASKS_FOR_A_JOB, {}, None)
    assert "errors" not in await told.ask(request, {})
    heard = await hearing
    assert "event: next" in heard
    assert '"errors"' not in heard
    assert block.answer is None or pages.matches(block.answer, heard), f"{name}\n{block.text}\n{heard}"


def test_there_are_pages_with_something_to_run() -> None:
    assert sum(map(len, RUNNABLE.values())) >= 24
    assert {name for name, found in RUNNABLE.items() if not found} == {"graphiql.md"}


@pytest.mark.parametrize("name", pages.names())
def test_a_link_leads_somewhere(name: str) -> None:
    text = (pages.FOLDER / name).read_text()
    paths = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert not [path for path in paths if not (pages.FOLDER / path).exists()]


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
    assert pages.same(expected, actual) is holds


def test_a_block_that_nobody_runs_is_noticed() -> None:
    with pytest.raises(ValueError, match="nobody runs"):
        pages.blocks("```python\nprint()\n```\n")
