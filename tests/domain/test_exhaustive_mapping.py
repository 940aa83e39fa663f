"""A new role, or a member of another enumeration, is forgotten by no mapping."""

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from domain.actor import Role
from domain.exhaustive_mapping import ExhaustiveMapping, IncompleteMapping
from tests.test_house import ROOMS, ROOT

PARTIAL = {
    "domain.audit.rules.VIEW_KIND_BY_SCOPE": "of other scopes nobody is shown whom to write down",
    "domain.risk.reason_texts._FIGURE_TEXTS": "the drivers that have a figure; the others are in _PLAIN",
    "domain.risk.reason_texts._PLAIN_TEXTS": "the drivers without a figure, and what is no driver",
    "kinerja.web.graphql_protocol.STATUS_BY_CODE": "every other code is 400",
    "ml.model.baselines.BASELINE_RULES": "the models that are no regression",
    "ml.synthetic.loading.organisation.ESELON_BY_TYPE": "the types of post that have an eselon",
    "ml.model.reasons.OBSERVED_FIGURES": "the drivers that are told as they are stored",
    "resolvers.graph.list_compiler._SCALAR_BY_MATCH": "the matches of one type only",
    "resolvers.planner.row_query.SIMPLE_CONDITIONS": "the matches that are one operator",
}
"""Mappings that lack members by intent; none of them is by role."""

SERVE = "import sys; sys.argv = ['kinerja', 'serve']; from kinerja.cli.main import app; app()"
IMPORT = "import kinerja.served_api"
EVERY_GAP = """
import importlib, pkgutil, sys
from domain import exhaustive_mapping

class Telling(exhaustive_mapping.ExhaustiveMapping):
    def __init__(self, name, entries, *levels, omitted=()):
        try:
            super().__init__(name, entries, *levels, omitted=omitted)
        except exhaustive_mapping.IncompleteMapping as error:
            print(error)

exhaustive_mapping.ExhaustiveMapping = Telling
for room in sys.argv[1:]:
    for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
        try:
            importlib.import_module(found.name)
        except KeyError:
            pass
"""


class Colour(StrEnum):
    """Two colours."""

    RED = "red"
    BLUE = "blue"


class Size(StrEnum):
    """Two sizes."""

    SMALL = "small"
    LARGE = "large"


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every module of the rooms."""
    return tuple(
        importlib.import_module(found.name)
        for room in ROOMS
        for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}.")
        if found.name != "migrations.env"
    )


def is_made_in(module: ModuleType, name: str) -> bool:
    """Whether a module makes the value of a name itself, and imports it from no other."""
    source = Path(str(module.__file__)).read_text() if hasattr(module, "__file__") else f"{name} ="
    return re.search(rf"^{name}\b.*=", source, re.MULTILINE) is not None


def mappings(among: Iterable[ModuleType]) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """The mappings that modules and their classes make, by name."""
    for module in among:
        for name, value in vars(module).items():
            if isinstance(value, Mapping) and is_made_in(module, name):
                yield f"{module.__name__}.{name}", value
            elif isinstance(value, type) and value.__module__ == module.__name__:
                attributes = {key: of_class for key, of_class in vars(value).items() if isinstance(of_class, Mapping)}
                yield from ((f"{module.__name__}.{name}.{key}", of_class) for key, of_class in attributes.items())


def keyed_by(mapping: Mapping[Any, Any]) -> type[Enum] | None:
    """The enumeration of a mapping's keys."""
    kinds = {type(key) for key in mapping if isinstance(key, Enum)}
    return kinds.pop() if len(kinds) == 1 else None


def levels(mapping: Mapping[Any, Any]) -> Iterator[tuple[int, Mapping[Any, Any]]]:
    """A mapping and those in it, each with its depth."""
    yield 0, mapping
    for value in mapping.values():
        if isinstance(value, Mapping):
            yield from ((depth + 1, inner) for depth, inner in levels(value))


def undeclared(among: Iterable[ModuleType]) -> list[str]:
    """The mappings by role that do not say that they have all."""
    return sorted(
        {
            name
            for name, mapping in mappings(among)
            for depth, inner in levels(mapping)
            if keyed_by(inner) is Role
            and not (isinstance(mapping, ExhaustiveMapping) and mapping.levels[depth : depth + 1] == (Role,))
        }
    )


def partial(among: Iterable[ModuleType]) -> list[str]:
    """The mappings by another enumeration that lack members and are not declared."""
    return sorted(
        {
            name
            for name, mapping in mappings(among)
            if not isinstance(mapping, ExhaustiveMapping)
            for _, inner in levels(mapping)
            for kind in [keyed_by(inner)]
            if kind is not None and not set(kind) <= set(inner)
        }
    )


def declared() -> dict[str, ExhaustiveMapping[Any, Any]]:
    return {name: mapping for name, mapping in mappings(modules()) if isinstance(mapping, ExhaustiveMapping)}


def test_every_mapping_by_role_has_all_roles() -> None:
    assert undeclared(modules()) == []


def test_every_mapping_by_another_enumeration_has_all_or_says_why_not() -> None:
    assert partial(modules()) == sorted(PARTIAL)


def test_a_mapping_that_says_nothing_is_found() -> None:
    planted: Any = ModuleType("planted")
    planted.GREETINGS = dict.fromkeys(Role, "Pagi")
    planted.BY_COLOUR = {Colour.RED: {Role.HR: 1}, Colour.BLUE: {Role.HR: 1}}
    planted.SIZES = {Size.SMALL: 1}
    assert undeclared([planted]) == ["planted.BY_COLOUR", "planted.GREETINGS"]
    assert partial([planted]) == ["planted.BY_COLOUR", "planted.SIZES"]


def test_each_is_called_by_the_name_that_it_tells() -> None:
    assert {name: mapping.name for name, mapping in declared().items()} == {name: name for name in declared()}


@pytest.mark.parametrize("name", sorted(declared()))
def test_a_gap_is_told_by_name(name: str) -> None:
    mapping = declared()[name]
    for member in mapping.levels[0]:
        if member not in mapping.omitted:
            entries = {key: value for key, value in mapping.items() if key != member}
            with pytest.raises(IncompleteMapping) as error:
                ExhaustiveMapping(name, entries, *mapping.levels, omitted=mapping.omitted)
            assert str(error.value) == f"{name} lacks {mapping.levels[0].__name__}.{member.name}"


def test_a_gap_of_an_inner_mapping_is_told_with_the_way_to_it() -> None:
    entries = {Colour.RED: {Size.SMALL: 1, Size.LARGE: 2}, Colour.BLUE: {Size.SMALL: 3}}
    with pytest.raises(IncompleteMapping, match=r"^here\.PRICES lacks Size\.LARGE of BLUE$"):
        ExhaustiveMapping("here.PRICES", entries, Colour, Size)
    with pytest.raises(IncompleteMapping, match=r"^here\.PRICES lacks Colour\.RED, Size\.LARGE of BLUE$"):
        ExhaustiveMapping("here.PRICES", {Colour.BLUE: entries[Colour.BLUE]}, Colour, Size)


def test_what_is_omitted_by_intent_is_no_gap() -> None:
    assert ExhaustiveMapping("here.PRICES", {Colour.RED: 1}, Colour, omitted={Colour.BLUE}) == {Colour.RED: 1}


@pytest.fixture(scope="module")
def with_a_new_role(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rooms with one more role, and nothing else."""
    folder = tmp_path_factory.mktemp("roles")
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "domain" / "actor.py"
    before = '    UNIT_SERVICE = "unit_service"\n'
    assert path.read_text().count(before) == 1
    path.write_text(path.read_text().replace(before, f'{before}    VISITOR = "visitor"\n'))
    return folder


def run(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-c", program, *arguments]
    environment = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "KINERJA_DATA_DIR": str(folder / "data")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_service_does_not_start_with_a_role_that_a_mapping_lacks(with_a_new_role: Path) -> None:
    done = run(with_a_new_role, SERVE)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("kinerja: domain.")
    assert " lacks Role.VISITOR" in line
    assert done.stdout == ""
    assert not (with_a_new_role / "data").exists()


def test_no_other_way_to_import_the_service_is_open(with_a_new_role: Path) -> None:
    done = run(with_a_new_role, IMPORT)
    assert done.returncode == 1
    assert "IncompleteMapping: domain." in done.stderr.splitlines()[-1]


def test_each_mapping_by_role_tells_of_a_new_role(with_a_new_role: Path) -> None:
    done = run(with_a_new_role, EVERY_GAP, *(room for room in ROOMS if room != "migrations"))
    told = {line.split(" lacks ")[0] for line in done.stdout.splitlines() if "Role.VISITOR" in line}
    by_role = {name for name, mapping in declared().items() if Role in mapping.levels}
    assert told == by_role, done.stderr
    assert len(by_role) >= 8
