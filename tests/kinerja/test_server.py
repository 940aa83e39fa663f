"""The running service, as a process: it ends in good order, and survives the end of everything."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kinerja.postgres import database, embedded
from tests.conftest import copy_cluster
from tests.kinerja.sample_api import HR, bearer_header
from tests.kinerja.sample_server import STEPS

ROOT = Path(__file__).parents[2]


class ServiceProcess:
    """The service in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.cluster = embedded.Cluster(folder)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> subprocess.Popen[bytes]:
        """Begin to start."""
        of = ["tests.kinerja.sample_server", str(self.cluster.folder), str(self.port)]
        with (self.cluster.folder.parent / "serving.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", *of], cwd=ROOT, stdout=log, stderr=log
            )
        return self.process

    def start(self) -> None:
        """Start, and wait until it answers."""
        process = self.run()
        end = time.monotonic() + 60
        while True:
            try:
                self.get("/readyz")
            except OSError:
                assert process.poll() is None, self.log()
                assert time.monotonic() < end, self.log()
                time.sleep(0.05)
            else:
                return

    def get(self, path: str) -> bytes:
        """The body of a GET."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return bytes(answer.read())

    def post_query(self, query: str) -> Any:
        """The data of a GraphQL operation, asked as HR."""
        headers = {"content-type": "application/json", **bearer_header(HR)}
        body = json.dumps({"query": query}).encode()
        order = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", body, headers)
        with urllib.request.urlopen(order, timeout=30) as answer:  # noqa: S310 - the address is ours
            return json.loads(answer.read())["data"]

    def execute_sql(self, text: str, *values: object) -> Any:
        """The first value of a statement."""
        return asyncio.run(run_sql(self.cluster.database_url(), text, values))

    def let_hr_set_the_day(self) -> None:
        """Let the login of a role do what no command of its role does."""
        self.execute_sql("GRANT SELECT, INSERT, UPDATE ON business_date TO kinerja_hr")
        self.execute_sql("CREATE POLICY of_a_test ON business_date TO kinerja_hr USING (true)")

    def end(self, how: signal.Signals) -> int:
        """The exit code after a signal."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(30)

    def log(self) -> str:
        """What the process wrote."""
        return (self.cluster.folder.parent / "serving.log").read_text()


async def run_sql(url: str, text: str, values: tuple[object, ...]) -> Any:
    connection = await database.connect_unpooled(url)
    try:
        return await connection.fetchval(text, *values)
    finally:
        await connection.close()


@pytest.fixture
def served(made_cluster: Path, folder: Path) -> Iterator[ServiceProcess]:
    made = ServiceProcess(copy_cluster(made_cluster, folder))
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    made.cluster.start()
    made.cluster.stop()


def test_what_an_operator_can_mend_is_told_in_one_line(
    served: ServiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it comes of what runs beside the answers: here the audit trail's key."""
    monkeypatch.setenv("KINERJA_AUDIT_KEY", "none")
    assert served.run().wait(60) == 2
    assert "kinerja: KINERJA_AUDIT_KEY is no key" in served.log()
    assert "Traceback" not in served.log()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_in_good_order(served: ServiceProcess, how: signal.Signals) -> None:
    served.start()
    served.let_hr_set_the_day()
    assert served.post_query("{ hello who }") == {"hello": "Hello, you", "who": "hr:412"}
    assert served.post_query('mutation { setDay(day: "2026-07-01") }') == {"setDay": "2026-07-01"}
    assert served.post_query("{ today }") == {"today": "2026-07-01"}
    assert served.end(how) == 0
    assert not served.cluster.is_running
    assert "Traceback" not in served.log()
    assert all(json.loads(line) for line in served.log().splitlines() if line.startswith("{"))


def test_what_has_begun_is_answered_before_the_end(served: ServiceProcess) -> None:
    served.start()
    body = b'{"query": "{ slow }"}'
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.sendall(f"{head}\r\nconnection: close\r\n\r\n".encode() + body)
        time.sleep(0.15)
        assert served.end(signal.SIGTERM) == 0
        received = b"".join(iter(lambda: raw.recv(65536), b""))
    assert b'{"data":{"slow":"done"},' in received


def test_a_port_that_is_taken_is_told_in_one_line(served: ServiceProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        served.port = taken.getsockname()[1]
        command = [sys.executable, "-m", "tests.kinerja.sample_server", str(served.cluster.folder), str(served.port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"kinerja: cannot listen on 127.0.0.1:{served.port}: Address already in use")
    assert not served.cluster.is_running


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "kinerja: cannot read the trusted documents: "),
        (
            '{"old": "{ gone }"}',
            "kinerja: the trusted document 'old' does not fit the schema: Cannot query field 'gone'",
        ),
    ],
)
def test_trusted_documents_that_cannot_be_used_are_told_in_one_line(
    served: ServiceProcess, content: str | None, told: str
) -> None:
    path = served.cluster.folder / "persisted-documents.json"
    if content is not None:
        path.write_text(content)
    command = [sys.executable, "-m", "tests.kinerja.sample_server", str(served.cluster.folder), str(served.port)]
    environment = {**os.environ, "KINERJA_TRUSTED_DOCUMENTS": str(path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith(told)
    assert "Traceback" not in done.stderr


def test_after_a_kill_of_everything_each_write_is_there_and_the_job_ends_once(served: ServiceProcess) -> None:
    served.start()
    served.execute_sql("CREATE TABLE effect (n int NOT NULL)")
    served.execute_sql("GRANT SELECT, INSERT ON effect TO kinerja_worker")
    served.let_hr_set_the_day()
    assert served.post_query('mutation { setDay(day: "2026-07-01") }') == {"setDay": "2026-07-01"}
    job = served.execute_sql(
        "INSERT INTO job (kind, status, done, total, params, requested_at)"
        " VALUES ('SCORE_RISK', 'QUEUED', 0, 0, '{}', now()) RETURNING id"
    )
    served.execute_sql(
        "INSERT INTO queue.pgqueuer (priority, entrypoint, payload, status, headers)"
        " VALUES (0, 'score_risk', $1, 'queued', '{}')",
        json.dumps({"job": job}).encode(),
    )
    wait_for(served, lambda: served.execute_sql("SELECT count(*) > 5 FROM effect"))
    server = int((served.cluster.data_directory / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    assert served.end(signal.SIGKILL) == -signal.SIGKILL
    begun = time.monotonic()
    served.start()
    assert served.post_query("{ today }") == {"today": "2026-07-01"}
    assert time.monotonic() - begun < 30
    assert 5 < served.execute_sql("SELECT count(*) FROM effect") < STEPS
    wait_for(served, lambda: served.execute_sql("SELECT status = 'DONE' FROM job WHERE id = $1", job))
    wait_for(served, lambda: served.execute_sql("SELECT count(*) = 0 FROM queue.pgqueuer"))
    assert served.execute_sql("SELECT count(*) FROM effect") == STEPS
    assert served.execute_sql("SELECT count(DISTINCT n) FROM effect") == STEPS
    assert served.execute_sql("SELECT done FROM job WHERE id = $1", job) == STEPS
    assert served.end(signal.SIGTERM) == 0
    assert not served.cluster.is_running


def wait_for(served: ServiceProcess, found: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, served.log()
        time.sleep(0.05)
