"""The laws of the house that no linter knows."""

import ast
import importlib
import inspect
import pkgutil
import re
import statistics
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


# Names and docstrings: the law of plain technical English (CONTRIBUTING.md, "Names"). Each figure is a ceiling that
# only falls: whoever lowers it writes the lower one here.

NAMED_FOLDERS = ("schema", "resolvers", "domain", "training", "ml", "migrations", "kinerja", "bench", "tools")
"""Folders in which the names are held to the law."""

FORBIDDEN_WORDS = frozenset(
    [
        "asked",
        "cast",
        "found",
        "gate",
        "ground",
        "guard",
        "held",
        "hole",
        "kept",
        "known",
        "look",
        "looks",
        "made",
        "mark",
        "news",
        "of",
        "one",
        "register",
        "shown",
        "some",
        "standing",
        "story",
        "stragglers",
        "told",
        "walk",
        "wall",
        "watch",
        "wire",
        "wish",
    ]
)
"""Words that say nothing, or something else than the field's own term."""

ALLOWED_NAMES = {
    "fetch_one": "the drivers' own name for the first row of a result",
    "NotFound": "the name of this refusal in every API",
    "end_of_day": "the standard term",
    "render_bind_cast": "overrides a method of SQLAlchemy, of the SQL word CAST",
}
"""Names with a forbidden word that is the field's own term there."""

MAX_SHARED_CLASS_NAMES = 8
MAX_MODULES_IN_FOLDER = 18
MIN_MEDIAN_LETTERS = 10
MAX_SHARED_FUNCTION_NAMES = 0.35
MAX_PRONOUNS = 1.0
"""Relative pronouns in a hundred words of docstrings; the aim is 3 in domain, training and schema, elsewhere 4.5."""

RELATIVE_PRONOUNS = frozenset({"who", "whom", "whose", "which", "what", "whether", "where", "that"})
GENDERED_PRONOUNS = frozenset({"he", "him", "his", "himself", "she", "her", "hers", "herself"})


def split_words(name: str) -> list[str]:
    """The words of a name in snake case or Pascal case, in small letters."""
    return re.findall(r"[a-z]+|[0-9]+", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower())


def definitions(kind: type[ast.AST] | tuple[type[ast.AST], ...], *folders: str) -> Iterator[tuple[str, str]]:
    """The file and the name of every definition of a kind, magic methods and revisions apart."""
    for path, tree in trees(*folders):
        if path.parent.name == "versions":
            continue
        for node in ast.walk(tree):
            if isinstance(node, kind) and not node.name.startswith("__"):  # type: ignore[attr-defined]
                yield str(path.relative_to(ROOT)), node.name  # type: ignore[attr-defined]


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def shared_names(kind: type[ast.AST] | tuple[type[ast.AST], ...], *folders: str) -> dict[str, set[str]]:
    """The files of each name that is defined in more than one."""
    files: dict[str, set[str]] = {}
    for path, name in definitions(kind, *folders):
        files.setdefault(name, set()).add(path)
    return {name: paths for name, paths in files.items() if len(paths) > 1}


def docstring_words(*folders: str) -> list[str]:
    """The words of all docstrings, those of attributes too."""
    words: list[str] = []
    for _, tree in trees(*folders):
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                words += re.findall(r"[A-Za-z']+", node.value.value.lower())
    return words


def test_a_public_class_name_is_defined_once() -> None:
    shared = {name: paths for name, paths in shared_names(ast.ClassDef, *NAMED_FOLDERS).items() if name[0] != "_"}
    assert len(shared) <= MAX_SHARED_CLASS_NAMES, shared


@pytest.mark.parametrize("folder", NAMED_FOLDERS)
def test_a_folder_holds_few_modules(folder: str) -> None:
    folders = {path.parent for path in sources(folder) if path.parent.name != "versions"}
    counts = {str(each): len([path for path in each.glob("*.py") if path.stem != "__init__"]) for each in folders}
    assert not {each: count for each, count in counts.items() if count > MAX_MODULES_IN_FOLDER}


def test_no_name_has_a_forbidden_word() -> None:
    names = [
        (str(path.relative_to(ROOT)), path.stem) for path in sources(*NAMED_FOLDERS) if path.parent.name != "versions"
    ]
    names += definitions((ast.ClassDef, *FUNCTION), *NAMED_FOLDERS)
    assert not [
        f"{path}: {name}"
        for path, name in names
        if FORBIDDEN_WORDS & set(split_words(name)) and name not in ALLOWED_NAMES
    ]


def test_the_name_of_a_public_function_says_what_it_does() -> None:
    letters = [
        len(node.name.replace("_", ""))
        for _, tree in trees(*NAMED_FOLDERS)
        for node in tree.body
        if isinstance(node, FUNCTION) and not node.name.startswith("_")
    ]
    assert statistics.median(letters) >= MIN_MEDIAN_LETTERS


def test_few_functions_share_a_name_with_another_file() -> None:
    names = [name for _, name in definitions(FUNCTION, *NAMED_FOLDERS)]
    shared = shared_names(FUNCTION, *NAMED_FOLDERS)
    assert len([name for name in names if name in shared]) / len(names) <= MAX_SHARED_FUNCTION_NAMES


@pytest.mark.parametrize("folder", NAMED_FOLDERS)
def test_docstrings_are_plain(folder: str) -> None:
    words = docstring_words(folder)
    share = 100 * len([word for word in words if word in RELATIVE_PRONOUNS]) / len(words)
    assert share <= MAX_PRONOUNS, f"{share:.2f} in {folder}"


def test_people_are_they() -> None:
    gendered = {
        folder: [word for word in docstring_words(folder) if word in GENDERED_PRONOUNS] for folder in NAMED_FOLDERS
    }
    assert not {folder: len(words) for folder, words in gendered.items() if words}


def searchable_texts(path: Path) -> Iterator[str]:
    """What one search sees of a module: its name, its class names and the first lines of its docstrings."""
    yield " ".join(split_words(path.stem))
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            yield " ".join(split_words(node.name))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield (ast.get_docstring(node) or "").partition("\n")[0]


def test_twenty_questions_are_answered_by_one_search() -> None:
    text = (ROOT / "docs" / "decisions" / "0025-names.md").read_text()
    questions = re.findall(r"^\| [^|]+ \| `([^`]+)` \| `([^`]+)` \|$", text, re.MULTILINE)
    assert len(questions) == 20
    assert not [
        (term, answer)
        for term, answer in questions
        if not any(term.lower() in seen.lower() for seen in searchable_texts(ROOT / answer))
    ]
