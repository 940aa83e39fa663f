"""The command `kinerja demo`: setup, server and optional walkthrough."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from rich.console import Console

from domain.business_date.quarters import last_finished_quarter
from domain.evaluation.facts import PeriodKind
from domain.evaluation.rules import format_period
from domain.job.facts import JobKind
from kinerja import business_date, server
from kinerja.demo import advance_quarter, printer, setup, walkthrough
from kinerja.demo.client import DemoClient, StepFailed
from kinerja.demo.printer import StepReport
from kinerja.demo.province_config import ProvinceConfig, bind_data_folder
from kinerja.errors import OperatorError
from kinerja.graphql_server.api import Api
from kinerja.jobs.job_registry import TASK_BY_ENTRYPOINT
from kinerja.jobs.job_worker import JobTask
from kinerja.postgres import database
from kinerja.settings import Profile, Settings

FIRST_QUERY: Final = """{
  positions(first: 3) {
    totalCount
    edges { node { title jobClass need holders gap unit { name } } }
  }
}"""


PLAIN_WIDTH: Final = 120
"""Output width in columns without a terminal."""


class WalkthroughFailed(OperatorError):
    """A step of the walkthrough did not find the expected data; ends the command."""


class NotDemoProfile(OperatorError):
    """The profile is not the demo profile."""

    exit_code = 2


def override_settings(settings: Settings, port: int | None, data_dir: Path | None) -> Settings:
    """Override settings with those of the command line."""
    said = {"port": port, "data_dir": data_dir}
    return settings.model_copy(update={name: value for name, value in said.items() if value is not None})


def check_preconditions(settings: Settings, config: ProvinceConfig) -> None:
    """Check profile and data folder before anything is started.

    Raises:
        NotDemoProfile: the profile is another.
        ProvinceMismatch: the folder holds another province.
    """
    if settings.profile is not Profile.DEMO:
        raise NotDemoProfile(f"the demo runs in the profile demo, not {settings.profile}")
    config.generator_settings()
    bind_data_folder(settings.data_dir, config)


async def run_demo(settings: Settings, api: Api, url: str, config: ProvinceConfig, *, with_walkthrough: bool) -> None:
    """Set up the province and serve it.

    With `with_walkthrough`, play the walkthrough against the server and stop.

    Raises:
        WalkthroughFailed: a step of the walkthrough failed.
    """
    console = Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH)
    tasks: dict[str, JobTask] = {
        **TASK_BY_ENTRYPOINT,
        JobKind.ADVANCE_QUARTER.lower(): advance_quarter.AdvanceQuarter(settings.data_dir, config),
    }
    tokens = await setup.prepare_province(
        settings, url, config, tasks, lambda line: console.print(line, highlight=False)
    )
    address = f"http://{settings.host}:{settings.port}"
    serving = asyncio.create_task(server.serve_api(settings, api, url, tasks))
    try:
        await asyncio.wait(
            [serving, asyncio.create_task(wait_until_serving(address))], return_when=asyncio.FIRST_COMPLETED
        )
        if serving.done():
            await serving
        if with_walkthrough:
            await play_walkthrough(settings, url, DemoClient(address, tokens), console)
        else:
            print_welcome(console, settings, address)
            await serving
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def wait_until_serving(address: str) -> None:
    """Wait until the server responds."""
    client = DemoClient(address, {})
    while True:
        with suppress(StepFailed):
            await client.send_operation(None, "{ __typename }")
            return
        await asyncio.sleep(0.1)


async def play_walkthrough(settings: Settings, url: str, client: DemoClient, console: Console) -> None:
    """Play the walkthrough and print it."""
    async with database.open_database(url) as data:
        today = await business_date.BusinessDate(data).today()
    first, _ = last_finished_quarter(today)

    def tell(number: int, chapter: StepReport, asked: DemoClient) -> None:
        cost = f"last request: {asked.statement_count} SQL, {asked.elapsed_ms:.0f} ms"
        printer.print_step_report(console, number, chapter, cost)

    try:
        period = format_period(PeriodKind.TRIWULAN, first)
        await walkthrough.play_steps(client, settings.data_dir, today.isoformat(), period, tell)
    except StepFailed as failed:
        raise WalkthroughFailed(f"the walk stopped: {failed}") from failed
    console.print("The loop is closed: flagged, explained, decided, assigned, attended, measured.")


def print_welcome(console: Console, settings: Settings, address: str) -> None:
    """Print the server's address, the token file and a first query."""
    console.print(f"\nKinerja answers at {address}/graphql; open {address}/ in a browser.", highlight=False)
    console.print(f"Tokens by role: {settings.data_dir / 'tokens.json'} (good for eight hours)", highlight=False)
    console.print(f"A first query to paste:\n\n{FIRST_QUERY}\n\nCtrl-C ends it.", highlight=False)
