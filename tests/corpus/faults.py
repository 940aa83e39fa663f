"""Faults put into the source of the planner: single changes of its syntax tree, and texts replaced by others."""

import ast
import copy
import importlib
import importlib.abc
import importlib.util
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PLANNER = ("resolvers.planner", "resolvers.answers", "resolvers.changes")
WHOLE = (*PLANNER, "resolvers.reference")
"""Modules that are loaded anew around a fault: of the planner alone, and of both executors."""


def source(module: str) -> str:
    """The text of a module."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")


def replaced(module: str, text: str, other: str) -> str:
    """The text of a module with one part replaced, which must be there exactly once."""
    whole = source(module)
    assert whole.count(text) == 1, f"{module} holds this {whole.count(text)} times: {text}"
    return whole.replace(text, other)


def planted(module: str, text: str, fresh: tuple[str, ...] = PLANNER) -> Mapping[str, ModuleType]:
    """Modules by name, loaded anew with another text of one of them; all others go on with those without a fault."""
    kept = {name: found for name, found in sys.modules.items() if name.startswith(fresh)}
    _forget(kept)
    finder = _Finder({module: text})
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module("resolvers.answers")
        importlib.import_module("resolvers.reference.schema")
        return {name: found for name, found in sys.modules.items() if name.startswith(WHOLE)}
    finally:
        sys.meta_path.remove(finder)
        _forget([name for name in sys.modules if name.startswith(fresh)])
        for name, module_ in kept.items():
            sys.modules[name] = module_
            above, _, last = name.rpartition(".")
            setattr(sys.modules[above], last, module_)


def _forget(names: Collection[str]) -> None:
    """Forget modules; where they hang on the package above them too, for `from package import module` asks that."""
    for name in names:
        above, _, last = name.rpartition(".")
        if above in sys.modules:
            vars(sys.modules[above]).pop(last, None)
    for name in names:
        del sys.modules[name]


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def find_spec(self, fullname: str, _path: Any, _target: Any = None) -> ModuleSpec | None:
        if fullname not in self._sources:
            return None
        return importlib.util.spec_from_loader(fullname, _Loader(self._sources[fullname]))


class _Loader(importlib.abc.Loader):
    def __init__(self, text: str) -> None:
        self._text = text

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._text, f"<faulty {module.__name__}>", "exec")
        exec(code, module.__dict__)  # noqa: S102 - our own source with a fault in it


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change: where, what, and the whole text after it."""

    line: int
    what: str
    text: str


COMPARED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
WRITTEN = (
    (r">=", ">"),
    (r"<=", "<"),
    (r"(?<![<>])=", "<>"),
    (r"(?<![<>=])>(?!=)", ">="),
    (r"(?<![<>=])<(?!=)", "<="),
    (r"(?<![<>=])>(?!=)", "<"),
    (r"(?<![<>=])<(?!=)", ">"),
    (r"\bAND\b", "OR"),
    (r"\bOR\b", "AND"),
    (r"\bDESC\b", "ASC"),
    (r"\bNOT ", ""),
    (r"\bEXISTS\b", "NOT EXISTS"),
    (r"\bfalse\b", "true"),
    (r"\btrue\b", "false"),
    (r"starts_with\(\{\}, \{\}\)", "{} = {}"),
    (r"starts_with\(", "text_ge("),
    (r"\bANY\b", "ALL"),
    (r"\bBETWEEN\b", "NOT BETWEEN"),
    (r"\[\]", ""),
    (r" LIMIT \Z", " OFFSET "),
)
"""Changes of SQL in texts of the source."""


def mutants(module: str) -> Iterator[Mutant]:
    """Every single change of a module that this knows how to make."""
    tree = ast.parse(source(module))
    # Where `strict` does something, the lengths differ, and that only a fault elsewhere can bring about.
    strict = {each.value for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg == "strict"}
    for place, node in enumerate(ast.walk(tree)):
        if node in strict:
            continue
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            target = next(each for number, each in enumerate(ast.walk(changed)) if number == place)
            change(target)
            line = getattr(node, "lineno", 0)
            yield Mutant(line, f"{what} in `{_short(node)}`", ast.unparse(ast.fix_missing_locations(changed)))


def _changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.Compare(ops=[op, *_]):
            sign = COMPARED[type(op)]
            yield f"{type(op).__name__} → {sign.__name__}", lambda found: found.ops.__setitem__(0, sign())
        case ast.BoolOp(op=op):
            joint = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield f"{type(op).__name__} → {type(joint).__name__}", lambda found: setattr(found, "op", joint)
        case ast.If() | ast.IfExp():
            yield "condition → True", lambda found: setattr(found, "test", ast.Constant(value=True))
            yield "condition → False", lambda found: setattr(found, "test", ast.Constant(value=False))
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            nothing = ast.YieldFrom(ast.Tuple([], ast.Load()))
            yield "yields nothing", lambda found: setattr(found, "value", nothing)
        case ast.BinOp(op=ast.Add()):
            yield "+ → -", lambda found: setattr(found, "op", ast.Sub())
        case ast.Constant(value=value):
            for other in _constants(value):
                yield f"{value!r} → {other!r}", lambda found, other=other: setattr(found, "value", other)
        case _:
            pass


def _constants(value: Any) -> Iterator[Any]:
    """Other values in the place of a constant; a docstring, which ends in a stop, is left alone."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case str() if "\n" not in value and not value.endswith("."):
            for pattern, other in WRITTEN:
                for found in re.finditer(pattern, value):
                    yield value[: found.start()] + other + value[found.end() :]


def _short(node: ast.AST) -> str:
    try:
        return ast.unparse(node).splitlines()[0][:70]
    except (ValueError, IndexError):
        return type(node).__name__
