"""The PostgreSQL that comes along: made once, shared, stopped by the last, taken over after a crash."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kinerja.postgres import database, embedded
from tests.conftest import copy_cluster

USER = """
import sys
from pathlib import Path
from kinerja.postgres import embedded
cluster = embedded.Cluster(Path(sys.argv[1]))
cluster.start()
print("up", flush=True)
sys.stdin.readline()
cluster.stop()
print("out", flush=True)
"""


@pytest.fixture
def cluster(made_cluster: Path, folder: Path) -> Iterator[embedded.Cluster]:
    made = embedded.Cluster(copy_cluster(made_cluster, folder))
    yield made
    made.stop()
    assert not made.is_running


async def value(url: str, sql: str, limits: database.ConnectionLimits | None = None) -> Any:
    connection = await database.connect_unpooled(url, limits)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def ask(cluster: embedded.Cluster, sql: str) -> Any:
    return asyncio.run(value(cluster.database_url(), sql))


def process(cluster: embedded.Cluster) -> subprocess.Popen[str]:
    """Another user of the cluster, in a process of its own, once it is up."""
    child = subprocess.Popen(
        [sys.executable, "-c", USER, str(cluster.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    # Its log lines come on the same stream.
    assert any(line.strip() == "up" for line in child.stdout)
    return child


def leave(child: subprocess.Popen[str]) -> None:
    child.communicate("\n", timeout=30)
    assert child.returncode == 0


def postmaster(cluster: embedded.Cluster) -> int:
    return int((cluster.data_directory / "postmaster.pid").read_text().split()[0])


def test_a_fresh_cluster_is_as_ordered(cluster: embedded.Cluster) -> None:
    cluster.start()
    assert ask(cluster, "SELECT current_database()") == "kinerja"
    assert ask(cluster, "SHOW server_encoding") == "UTF8"
    assert ask(cluster, "SELECT datcollate FROM pg_database WHERE datname = 'kinerja'") == "C"
    assert ask(cluster, "SELECT setting FROM pg_settings WHERE name = 'listen_addresses'") == ""
    assert ask(cluster, "SHOW fsync") == "on"
    assert ask(cluster, "SHOW jit") == "off"
    assert ask(cluster, "SHOW server_version").startswith("18.")
    (found,) = [path for path in cluster.data_directory.iterdir() if path.is_socket()]
    assert found.stat().st_mode & 0o077 == 0


def test_what_was_written_is_there_at_the_next_start(cluster: embedded.Cluster) -> None:
    cluster.start()
    ask(cluster, "CREATE TABLE kept AS SELECT 7 AS n")
    cluster.stop()
    assert not cluster.is_running
    cluster.start()
    assert ask(cluster, "SELECT n FROM kept") == 7


def test_two_processes_share_one_and_the_last_out_stops_it(cluster: embedded.Cluster) -> None:
    cluster.start()
    before = postmaster(cluster)
    child = process(cluster)
    assert postmaster(cluster) == before
    cluster.stop()
    assert cluster.is_running
    leave(child)
    assert not cluster.is_running


def test_the_first_out_leaves_it_running(cluster: embedded.Cluster) -> None:
    child = process(cluster)
    cluster.start()
    leave(child)
    assert ask(cluster, "SELECT 1") == 1


def test_two_that_start_at_once_make_one(cluster: embedded.Cluster) -> None:
    children = [process(cluster) for _ in range(2)]
    assert cluster.is_running
    for child in children:
        leave(child)
    assert not cluster.is_running


def test_a_server_that_outlived_a_killed_process_is_taken_over_and_stopped(cluster: embedded.Cluster) -> None:
    child = process(cluster)
    left = postmaster(cluster)
    child.kill()
    child.communicate()
    assert cluster.is_running
    cluster.start()
    assert postmaster(cluster) == left
    cluster.stop()
    assert not cluster.is_running


def test_after_a_kill_of_everything_what_was_committed_is_there(cluster: embedded.Cluster) -> None:
    child = process(cluster)
    ask(cluster, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    server = postmaster(cluster)
    child.kill()
    child.communicate()
    os.kill(server, signal.SIGKILL)
    wait_until_gone(server)
    cluster.start()
    assert ask(cluster, "SELECT count(*) FROM kept") == 1000


def test_a_process_id_that_somebody_else_has_now_does_not_stand_in_the_way(cluster: embedded.Cluster) -> None:
    cluster.start()
    lines = (cluster.data_directory / "postmaster.pid").read_text().splitlines()
    cluster.stop()
    # As in a container that starts again: the file of a crashed server names a process that lives.
    (cluster.data_directory / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not cluster.is_running
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    cluster = embedded.Cluster(folder / "data")
    partial = cluster.folder / "postgres.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    cluster.start()
    try:
        assert ask(cluster, "SELECT 1") == 1
        assert not partial.exists()
    finally:
        cluster.stop()


def test_a_long_folder_name_has_its_socket_elsewhere(made_cluster: Path, folder: Path) -> None:
    parent = folder / ("a" * 60) / ("b" * 60)
    parent.mkdir(parents=True)
    deep = embedded.Cluster(copy_cluster(made_cluster, parent))
    deep.start()
    try:
        assert ask(deep, "SELECT 1") == 1
        assert str(deep.data_directory) not in deep.database_url()
    finally:
        deep.stop()


def test_a_server_that_cannot_start_says_why_in_one_line(made_cluster: Path, folder: Path) -> None:
    broken = embedded.Cluster(copy_cluster(made_cluster, folder), {"shared_buffers": "lots"})
    with pytest.raises(embedded.EmbeddedServerFailed, match="shared_buffers") as caught:
        broken.start()
    assert "\n" not in str(caught.value)
    assert not broken.is_running


def test_a_stop_without_a_start_does_nothing(tmp_path: Path) -> None:
    embedded.Cluster(tmp_path).stop()
    assert list(tmp_path.iterdir()) == []


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("it lives on")
