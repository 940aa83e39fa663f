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

PLANNER_MODULES = ("resolvers.planner", "resolvers.executor", "resolvers.planned_mutations")
EXECUTOR_MODULES = (*PLANNER_MODULES, "resolvers.reference")
"""Modules that are loaded anew around a fault: of the planner alone, and of both executors."""


def read_source(module: str) -> str:
    """The text of a module."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")


def replace_source_text(module: str, text: str, other: str) -> str:
    """The text of a module with one part replaced, which must be there exactly once."""
    whole = read_source(module)
    assert whole.count(text) == 1, f"{module} holds this {whole.count(text)} times: {text}"
    return whole.replace(text, other)


def load_faulty_modules(
    module: str, text: str, reloaded: tuple[str, ...] = PLANNER_MODULES
) -> Mapping[str, ModuleType]:
    """Modules by name, loaded anew with another text of one of them; all others go on with those without a fault."""
    kept = {name: found for name, found in sys.modules.items() if name.startswith(reloaded)}
    _unload_modules(kept)
    finder = _FaultyModuleFinder({module: text})
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module("resolvers.executor")
        importlib.import_module("resolvers.reference.strawberry_schema")
        return {name: found for name, found in sys.modules.items() if name.startswith(EXECUTOR_MODULES)}
    finally:
        sys.meta_path.remove(finder)
        _unload_modules([name for name in sys.modules if name.startswith(reloaded)])
        for name, module_ in kept.items():
            sys.modules[name] = module_
            above, _, last = name.rpartition(".")
            setattr(sys.modules[above], last, module_)


def _unload_modules(names: Collection[str]) -> None:
    """Forget modules; where they hang on the package above them too, for `from package import module` asks that."""
    for name in names:
        above, _, last = name.rpartition(".")
        if above in sys.modules:
            vars(sys.modules[above]).pop(last, None)
    for name in names:
        del sys.modules[name]


class _FaultyModuleFinder(importlib.abc.MetaPathFinder):
    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def find_spec(self, fullname: str, _path: Any, _target: Any = None) -> ModuleSpec | None:
        if fullname not in self._sources:
            return None
        return importlib.util.spec_from_loader(fullname, _FaultyModuleLoader(self._sources[fullname]))


class _FaultyModuleLoader(importlib.abc.Loader):
    def __init__(self, text: str) -> None:
        self._text = text

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._text, f"<faulty {module.__name__}>", "exec")
        exec(code, module.__dict__)  # noqa: S102 - our own source with a fault in it


@dataclass(frozen=True, slots=True)
class SourceMutant:
    """A module with one change: where, what, and the whole text after it."""

    line: int
    description: str
    text: str


COMPARISON_SWAPS: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
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
SQL_CHANGES = (
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


def generate_mutants(module: str) -> Iterator[SourceMutant]:
    """Every single change of a module that this knows how to make."""
    tree = ast.parse(read_source(module))
    # Where `strict` does something, the lengths differ, and that only a fault elsewhere can bring about.
    strict = {each.value for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg == "strict"}
    for place, node in enumerate(ast.walk(tree)):
        if node in strict:
            continue
        for what, change in _list_node_changes(node):
            changed = copy.deepcopy(tree)
            target = next(each for number, each in enumerate(ast.walk(changed)) if number == place)
            change(target)
            line = getattr(node, "lineno", 0)
            yield SourceMutant(
                line, f"{what} in `{_shorten_node(node)}`", ast.unparse(ast.fix_missing_locations(changed))
            )


def _list_node_changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.Compare(ops=[op, *_]):
            sign = COMPARISON_SWAPS[type(op)]
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
            for other in _change_constant(value):
                yield f"{value!r} → {other!r}", lambda found, other=other: setattr(found, "value", other)
        case _:
            pass


def _change_constant(value: Any) -> Iterator[Any]:
    """Other values in the place of a constant; a docstring, which ends in a stop, is left alone."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case str() if "\n" not in value and not value.endswith("."):
            for pattern, other in SQL_CHANGES:
                for found in re.finditer(pattern, value):
                    yield value[: found.start()] + other + value[found.end() :]


def _shorten_node(node: ast.AST) -> str:
    try:
        return ast.unparse(node).splitlines()[0][:70]
    except (ValueError, IndexError):
        return type(node).__name__
