"""The diff that CONTRIBUTING.md shows is the diff that it takes."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_house import ROOMS, ROOT

TRY = """
import asyncio, sys
from kinerja.postgres import database, migrate
from schema.schema import SCHEMA

async def main(url):
    await migrate.upgrade_database(url)
    await migrate.draft_revision(url, "extension of a person")
    await migrate.upgrade_database(url)
    await migrate.check_drift(url)
    async with database.open_database(url) as data:
        async with data.open_transaction() as db:
            await db.connection.execute(
                "INSERT INTO person (nip, name, employment, joined_on, extension) "
                "VALUES ('198609262015051001', 'Siti', 'PNS', '2015-05-01', '4711')"
            )
    print("extension" in SCHEMA.as_str())

asyncio.run(main(sys.argv[1]))
"""


def edits() -> list[tuple[str, str, str]]:
    """File, lines before and lines after, of each hunk of the diff."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    found = re.search(r"```diff\n(.*?)```", text, re.DOTALL)
    assert found
    hunks = re.findall(r"\+\+\+ b/(\S+)\n@@\n(.*?)(?=\n--- |\Z)", found[1], re.DOTALL)
    return [
        (
            name,
            "\n".join(line[1:] for line in body.splitlines() if line[0] == " "),
            "\n".join(line[1:] for line in body.splitlines()),
        )
        for name, body in hunks
    ]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A copy of the rooms with the diff applied."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, before, after in edits():
        path = tmp_path / name
        assert path.read_text().count(before) == 1, f"{name} has changed; mend CONTRIBUTING.md"
        path.write_text(path.read_text().replace(before, after))
    return tmp_path


def test_the_diff_is_one_column_and_one_field() -> None:
    assert [name for name, _, _ in edits()] == ["domain/people/tables.py", "schema/people.py"]


def test_the_field_is_there_after_the_diff(changed: Path, bare_url: str) -> None:
    command = [sys.executable, "-c", TRY, bare_url]
    environment = {"PYTHONPATH": str(changed), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=changed, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "True"
    (revision,) = (changed / "migrations" / "versions").glob("*extension_of_a_person.py")
    assert 'op.add_column("person"' in revision.read_text().replace("'", '"')
