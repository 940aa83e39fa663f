"""The command `kinerja demo`: prepare, serve, and walk if asked to."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from rich.console import Console

from domain.calendar.rules import last_quarter
from domain.evaluation.facts import PeriodKind
from domain.evaluation.rules import write_period
from domain.job.facts import JobKind
from kinerja import clock, database, service
from kinerja.api import Api
from kinerja.demo import prepare, quarter, story, walk
from kinerja.demo.client import Client, StepFailed
from kinerja.demo.story import Chapter
from kinerja.demo.wish import Wish, settle
from kinerja.failures import CannotRun
from kinerja.jobs import Task
from kinerja.settings import Profile, Settings
from kinerja.work import TASKS

FIRST_QUERY: Final = """{
  positions(first: 3) {
    totalCount
    edges { node { title jobClass need holders gap unit { name } } }
  }
}"""


PIPED_WIDTH: Final = 120
"""How wide the story is told where no terminal says so."""


class WalkFailed(CannotRun):
    """A step of the walk did not find what it looked for."""


class NotADemo(CannotRun):
    """The profile is not that of a demo."""

    exit_code = 2


def chosen(settings: Settings, port: int | None, data_dir: Path | None) -> Settings:
    """The settings with what the command line says instead."""
    said = {"port": port, "data_dir": data_dir}
    return settings.model_copy(update={name: value for name, value in said.items() if value is not None})


def check(settings: Settings, wish: Wish) -> None:
    """See, before anything is started, that the demo may run and that the folder is that of this province.

    Raises:
        NotADemo: the profile is another.
        OtherProvince: the folder holds another province.
    """
    if settings.profile is not Profile.DEMO:
        raise NotADemo(f"the demo runs in the profile demo, not {settings.profile}")
    wish.settings()
    settle(settings.data_dir, wish)


async def run(settings: Settings, api: Api, url: str, wish: Wish, *, walks: bool) -> None:
    """Prepare the province and serve it; with `walks`, play the walk against the server and stop.

    Raises:
        WalkFailed: a step of the walk failed.
    """
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    tasks: dict[str, Task] = {**TASKS, JobKind.PASS_QUARTER.lower(): quarter.Passing(settings.data_dir, wish)}
    tokens = await prepare.prepare(settings, url, wish, tasks, lambda line: console.print(line, highlight=False))
    address = f"http://{settings.host}:{settings.port}"
    serving = asyncio.create_task(service.serve(settings, api, url, tasks))
    try:
        await asyncio.wait([serving, asyncio.create_task(answering(address))], return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
        if walks:
            await play(settings, url, Client(address, tokens), console)
        else:
            greet(console, settings, address)
            await serving
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def answering(address: str) -> None:
    """Wait until the server answers."""
    client = Client(address, {})
    while True:
        with suppress(StepFailed):
            await client.ask(None, "{ __typename }")
            return
        await asyncio.sleep(0.1)


async def play(settings: Settings, url: str, client: Client, console: Console) -> None:
    """Play the walk and print it."""
    async with database.opened(url) as data:
        today = await clock.Clock(data).today()
    first, _ = last_quarter(today)

    def tell(number: int, chapter: Chapter, asked: Client) -> None:
        cost = f"last request: {asked.statements} SQL, {asked.milliseconds:.0f} ms"
        story.print_chapter(console, number, chapter, cost)

    try:
        period = write_period(PeriodKind.TRIWULAN, first)
        await walk.play(client, settings.data_dir, today.isoformat(), period, tell)
    except StepFailed as failed:
        raise WalkFailed(f"the walk stopped: {failed}") from failed
    console.print("The loop is closed: flagged, explained, decided, assigned, attended, measured.")


def greet(console: Console, settings: Settings, address: str) -> None:
    """Say where things are, and what to paste first."""
    console.print(f"\nKinerja answers at {address}/graphql; open {address}/ in a browser.", highlight=False)
    console.print(f"Tokens by role: {settings.data_dir / 'tokens.json'} (good for eight hours)", highlight=False)
    console.print(f"A first query to paste:\n\n{FIRST_QUERY}\n\nCtrl-C ends it.", highlight=False)
