"""Each import contract holds, and fails when it is broken on purpose."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.test_house import ROOMS, ROOT

BREAKS = {
    "layers": ("domain/people/rules.py", "import training.session.facts"),
    "migrations": ("migrations/env.py", "import resolvers.ports"),
    "domain-and-training": ("training/session/store.py", "import strawberry"),
    "domain-numpy": ("domain/plan/rules.py", "import numpy"),
    "ml": ("ml/model/features.py", "import asyncpg"),
    "resolvers": ("resolvers/ports.py", "import starlette"),
    "schema": ("schema/plan.py", "import sqlalchemy"),
    "kinerja": ("kinerja/web/rate_limiter.py", "import kinerja.server"),
}


def lint(folder: Path) -> tuple[int, str]:
    """The exit code and the words of lint-imports over the rooms in a folder."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts() -> dict[str, str]:
    """The name of each contract by its id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {each["id"]: each["name"] for each in settings["tool"]["importlinter"]["contracts"]}


def test_every_contract_is_broken_once() -> None:
    assert set(BREAKS) == set(contracts())


def break_it(folder: Path, contract: str) -> None:
    name, line = BREAKS[contract]
    path = folder / name
    path.write_text(f"{path.read_text()}\n{line}\n")


def test_the_layers_hold_and_one_wrong_import_is_seen(copied: Path) -> None:
    code, said = lint(copied)
    assert code == 0, said
    break_it(copied, "layers")
    code, said = lint(copied)
    assert code == 1
    assert f"{contracts()['layers']} BROKEN" in said


@pytest.mark.long
@pytest.mark.parametrize("contract", BREAKS)
def test_each_contract_fails_when_broken(copied: Path, contract: str) -> None:
    break_it(copied, contract)
    code, said = lint(copied)
    assert code == 1
    broken = [name for name in contracts().values() if f"{name} BROKEN" in said]
    print(f"\n{BREAKS[contract][1]} in {BREAKS[contract][0]}: broken {broken}")
    assert contracts()[contract] in broken
