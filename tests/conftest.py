"""What every test may ask for: a real PostgreSQL built by the migrations, and transactions that leave no trace.

All `async def` tests run on one event loop. `KINERJA_DATABASE_URL` sets another server to test against than the
embedded one; its role must be allowed to create databases.
"""

import asyncio
import itertools
import os
import pkgutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import pytest
from pydantic import SecretStr

from domain.actor import SYSTEM_ACTOR, Actor
from domain.ports import CommandContext
from kinerja import application, business_date
from kinerja.auth import authenticator
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.postgres import database, embedded, migrate
from kinerja.settings import Settings
from kinerja.web import graphql_protocol
from tests.reaper import start_reaper
from tests.scheduler import GroupScheduling

TODAY = date(2026, 7, 1)
"""The business date of `act`."""

NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""The instant of `act`."""

_FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
_SECRET = "p8Qx2mVtR6nYc4KsW9hJz3LdBf7gTqUe"
_TEMPLATE = "kinerja_template"
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.option.anyio_mode = "auto"
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist, a child of the run
        return
    if os.environ.get("KINERJA_DATABASE_URL") and config.getoption("numprocesses", None):
        raise pytest.UsageError(
            "KINERJA_DATABASE_URL: roles belong to the whole server, so run without workers (-n 0)"
        )
    config.add_cleanup(start_reaper())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    return GroupScheduling(config, log)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def copy_cluster(cluster: Path, folder: Path) -> Path:
    """The folder of a copy of a stopped cluster, owners kept."""
    subprocess.run(["/bin/cp", "-Rp", str(cluster), str(folder)], check=True)
    return folder / cluster.name


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a PostgreSQL: another run of pytest closes those above `tmp_path` to other accounts."""
    with tempfile.TemporaryDirectory(prefix="kinerja-") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def made_cluster() -> Iterator[Path]:
    """The folder of a cluster that was made and stopped, to be copied: to make one anew takes a second."""
    with tempfile.TemporaryDirectory(prefix="kinerja-") as made:
        cluster = embedded.Cluster(Path(made) / "data")
        cluster.start()
        cluster.stop()
        yield cluster.folder


@pytest.fixture(scope="session")
def server(made_cluster: Path) -> Iterator[Callable[[str], str]]:
    """A running PostgreSQL: a function from a database's name to its URL."""
    given = os.environ.get("KINERJA_DATABASE_URL")
    if given:
        yield lambda name: urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        return
    with tempfile.TemporaryDirectory(prefix="kinerja-") as folder:
        cluster = embedded.Cluster(copy_cluster(made_cluster, Path(folder)), _FAST_SETTINGS)
        cluster.start()
        try:
            yield cluster.database_url
        finally:
            cluster.stop()


@pytest.fixture(scope="session")
def template(server: Callable[[str], str]) -> Iterator[str]:
    """The name of a database with all migrations run and no rows."""
    with _temporary_database(server, f"{_TEMPLATE}_{os.getpid()}") as name:
        asyncio.run(migrate.upgrade_database(server(name)))
        yield name


@pytest.fixture(scope="session")
def shared_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """One database for all tests that roll back."""
    with _temporary_database(server, f"kinerja_shared_{os.getpid()}", template) as name:
        yield server(name)


@pytest.fixture
def own_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty, migrated database for this test alone, for what must commit."""
    with _temporary_database(server, f"kinerja_own_{os.getpid()}_{next(_numbers)}", template) as name:
        yield server(name)


@pytest.fixture(scope="module")
def module_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty, migrated database for this module's tests alone."""
    with _temporary_database(server, f"kinerja_module_{os.getpid()}_{next(_numbers)}", template) as name:
        yield server(name)


@pytest.fixture
def bare_url(server: Callable[[str], str]) -> Iterator[str]:
    """A database without any table."""
    with _temporary_database(server, f"kinerja_bare_{os.getpid()}_{next(_numbers)}") as name:
        yield server(name)


@pytest.fixture(scope="session")
async def shared(shared_url: str) -> AsyncIterator[database.Database]:
    """The pool of the shared database."""
    async with database.open_database(shared_url) as data:
        yield data


@pytest.fixture(scope="module")
async def module_data(module_url: str) -> AsyncIterator[database.Database]:
    """The pool of a database for this module's tests."""
    async with database.open_database(module_url) as data:
        yield data


@pytest.fixture
async def own(own_url: str) -> AsyncIterator[database.Database]:
    """The pool of a database for this test alone."""
    async with database.open_database(own_url) as data:
        yield data


@pytest.fixture
async def db(shared: database.Database) -> AsyncIterator[database.Transaction]:
    """One open transaction that is rolled back after the test."""
    async with shared.rolled_back_transaction() as transaction:
        yield transaction


@pytest.fixture
def act(db: database.Transaction) -> Callable[..., CommandContext]:
    """A maker of what commands are given, in the test's transaction: `act(actor, today=…, now=…)`."""

    def make(actor: Actor = SYSTEM_ACTOR, today: date = TODAY, now: datetime = NOW) -> CommandContext:
        return CommandContext(db=db, jobs=job_worker.JobQueue(), actor=actor, today=today, now=now)

    return make


class SavepointDatabase(database.Database):
    """One open transaction, taken for a whole database: what it commits is a savepoint."""

    snapshot_isolation = None

    def __init__(self, transaction: database.Transaction) -> None:
        super().__init__(None)
        self._transaction = transaction

    async def acquire(self) -> Any:
        """The connection of the transaction."""
        return self._transaction.connection


@pytest.fixture
async def asking(db: database.Transaction) -> AsyncIterator[Callable[..., request_context.RequestContext]]:
    """A maker of requests in the test's transaction: `asking(actor, today=…, now=…)`."""
    held = SavepointDatabase(db)
    means = request_context.AppState(held, business_date.BusinessDate(held), job_worker.JobQueue())
    snapshots: list[database.Snapshot] = []

    def make(actor: Actor | None = None, today: date = TODAY, now: datetime = NOW) -> request_context.RequestContext:
        snapshots.append(database.Snapshot(held))
        return request_context.RequestContext(actor, today, now, means, snapshots[-1])

    yield make
    for snapshot in reversed(snapshots):
        await snapshot.release_snapshot()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client got: the JSON of the response without `extensions`, its status, and its SQL statements."""

    body: dict[str, Any]
    status: int
    statements: int


@pytest.fixture
async def api(db: database.Transaction) -> AsyncIterator[Callable[..., Awaitable[Reply]]]:
    """The served schema over HTTP, in the test's transaction; called with a document, variables and an actor."""
    held = SavepointDatabase(db)
    signer = authenticator.DemoTokens(_SECRET)
    means = request_context.AppState(held, business_date.BusinessDate(held), job_worker.JobQueue())
    chosen = Settings.model_validate({"token_secret": SecretStr(_SECRET)})
    # Found by name, so that tests of the rooms below run while the schema does not.
    app = application.build_app(chosen, pkgutil.resolve_name("kinerja.served_api:API"), means, signer)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:

        async def ask(document: str, variables: Mapping[str, Any] | None = None, actor: Actor | None = None) -> Reply:
            headers = {"accept": graphql_protocol.RESPONSE_JSON}
            if actor is not None:
                headers["authorization"] = f"Bearer {signer.issue_demo_token(actor, business_date.utc_now())}"
            body = {"query": document, "variables": dict(variables or {})}
            answer = await client.post("/graphql", json=body, headers=headers)
            parsed = answer.json()
            parsed.pop("extensions", None)
            return Reply(parsed, answer.status_code, int(answer.headers.get("x-db-queries", "0")))

        yield ask


@contextmanager
def _temporary_database(server: Callable[[str], str], name: str, template: str = "template0") -> Iterator[str]:
    asyncio.run(
        _execute_sql(server("postgres"), f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    )
    try:
        yield name
    finally:
        asyncio.run(_execute_sql(server("postgres"), f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _execute_sql(url: str, sql: str) -> None:
    connection = await database.connect_unpooled(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
