"""The laws of the house that no linter knows."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

import domain
import training
from domain import refusals
from domain.access import scopes
from domain.access.scopes import Scope
from kinerja.web.graphql_protocol import STATUS_BY_CODE, ErrorCode
from schema.mutation import Mutation

ROOT = Path(__file__).parent.parent
ROOMS = ("schema", "resolvers", "domain", "training", "ml", "migrations", "kinerja")
SUBJECT_FILES = {"__init__", "facts", "requests", "rules", "tables", "store", "commands", "refusals"}

# Beside the usual files: the sentences of reasons and the estimator's own parts.
FURTHER_FILES = {
    "domain/access": {"policy", "scopes"},
    "domain/account": {"sign_in"},
    "domain/audit": {"access_summary", "labels", "trail", "verification"},
    "domain/business_date": {"quarters"},
    "domain/people": {"replicated_columns"},
    "domain/risk": {"drivers", "reason_texts"},
    "domain/summary": {"disclosure_control", "flow_network"},
    "training/improvement": {
        "doubly_robust",
        "group_time",
        "history",
        "inference",
        "ipw",
        "logistic",
        "sequential_trials",
    },
}

# Tables that name a person and yet are for everybody: who approved a model is an office, not a private matter.
PUBLIC_ALTHOUGH_NAMING = {"model"}


def sources(*rooms: str) -> Iterator[Path]:
    for room in rooms or ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def trees(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sources(*rooms):
        yield path, ast.parse(path.read_text())


@cache
def tables() -> list[sa.Table]:
    for room in (domain, training):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if module.name.endswith(".tables"):
                importlib.import_module(module.name)
    return SQLModel.metadata.sorted_tables


def test_no_locked_package_would_overwrite_a_room() -> None:
    for lock in ("requirements.txt", "requirements-dev.txt"):
        names = re.findall(r"^([a-z0-9._-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
        assert names, f"{lock} locks nothing"
        assert not {name.replace("-", "_") for name in names} & set(ROOMS)


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_names_hashes_and_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = re.findall(r"^[a-z0-9._-]+==.*$", text, re.MULTILINE)
    assert all(line.rstrip().endswith("\\") for line in packages)
    assert "://" not in text
    assert "index" not in text


def test_transactions_are_ended_in_one_place() -> None:
    allowed = {"kinerja/postgres/database.py", "migrations/env.py", "migrations/comparators.py"}
    ending = {"commit", "rollback", "begin", "begin_nested", "begin_transaction"}
    found = {
        str(path.relative_to(ROOT))
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ending
    }
    assert found <= allowed


def test_every_table_names_a_scope_that_there_is() -> None:
    without = [table.name for table in tables() if table.info.get("scope") not in set(Scope)]
    assert not without


def test_a_table_that_names_people_is_not_for_everybody() -> None:
    person = SQLModel.metadata.tables["person"]
    open_to_all = {
        table.name
        for table in tables()
        if table.info["scope"] == Scope.PUBLIC and any(key.references(person) for key in table.foreign_keys)
    }
    assert open_to_all == PUBLIC_ALTHOUGH_NAMING


def test_a_row_of_scope_parent_has_an_owner() -> None:
    for table in tables():
        if table.info["scope"] == Scope.PARENT:
            assert table.c[table.info["owner"]].foreign_keys, table.name


def test_every_scope_but_the_open_ones_says_who_sees_it() -> None:
    assert set(scopes.SCOPE_PREDICATES) == set(Scope) - {Scope.PUBLIC, Scope.PARENT}


@pytest.mark.parametrize("room", ["domain", "training"])
def test_subjects_have_the_same_few_files(room: str) -> None:
    for folder in sorted(each for each in (ROOT / room).iterdir() if (each / "__init__.py").exists()):
        name = str(folder.relative_to(ROOT))
        modules = {path.stem for path in folder.glob("*.py")}
        assert modules <= SUBJECT_FILES | FURTHER_FILES.get(name, set()), name


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    for path, tree in trees():
        if path.name == "__init__.py":
            assert len(tree.body) == 1, path
            assert ast.get_docstring(tree), path


def test_imports_stand_at_the_top() -> None:
    # The command line alone imports within its commands: alembic, uvicorn and scikit-learn are most of its start.
    dodging = {
        str(path.relative_to(ROOT))
        for path, tree in trees()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert dodging <= {"kinerja/cli/main.py", "kinerja/cli/accounts.py"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not [path for path in sources() if path.stem in empty]


def test_files_stay_small() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in sources() if path.parent.name != "versions")
    assert lengths[len(lengths) // 2] <= 120
    assert len([length for length in lengths if length > 400]) <= 3
    assert lengths[-1] <= 500


def commands() -> list[tuple[str, ast.AsyncFunctionDef]]:
    """The function behind each field of Mutation."""
    found = []
    for name, word in vars(Mutation).items():
        if not name.startswith("_"):
            function = word.function
            (parsed,) = ast.parse(inspect.getsource(function)).body
            assert isinstance(parsed, ast.AsyncFunctionDef)
            found.append((name, parsed))
    return found


@pytest.mark.parametrize(("name", "function"), commands(), ids=[name for name, _ in commands()])
def test_a_command_first_asks_whether_its_actor_may(name: str, function: ast.AsyncFunctionDef) -> None:
    first = function.body[1]  # after the docstring
    assert isinstance(first, ast.Expr), name
    assert ast.unparse(first).startswith("policy.require_permission(context.actor,"), name


def every_refusal() -> list[type[refusals.Refusal]]:
    found, seen = [refusals.Refusal], []
    while found:
        each = found.pop()
        found += each.__subclasses__()
        if each is not refusals.Refusal:
            seen.append(each)
    return [each for each in seen if each.__module__.split(".")[0] in ROOMS]


def test_every_refusal_has_a_code_of_its_own_and_is_documented() -> None:
    codes = [each.code for each in every_refusal()]
    assert len(codes) == len(set(codes)) >= 10
    documented = (ROOT / "docs" / "errors.md").read_text()
    assert not [code for code in codes if f"`{code}`" not in documented]


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_of_an_error_is_documented_with_its_status(code: ErrorCode) -> None:
    _, _, errors = (ROOT / "docs" / "errors.md").read_text().partition("\n## Errors")
    (status,) = re.findall(rf"^\| `{code}` \| (\d+)", errors, re.MULTILINE)
    assert int(status) == STATUS_BY_CODE.get(code, 400)
