"""Descriptions: the docstring of a class and those under its attributes, read from its source."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Docs:
    """The docstring of a class and those under its attributes."""

    whole: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)


def of(cls: type[Any]) -> Docs:
    """Docstrings of a class; those under attributes of its bases count too."""
    parts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        parts |= _own(base).parts
    return Docs(_own(cls).whole, parts)


def _own(cls: type[Any]) -> Docs:
    if cls.__module__ in {"builtins", "enum", "typing"}:
        return Docs()
    return _in_file(inspect.getfile(cls)).get(cls.__qualname__, Docs())


@cache
def _in_file(path: str) -> Mapping[str, Docs]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return dict(_classes(tree.body, ""))


def _classes(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Docs]]:
    for statement in body:
        match statement:
            case ast.ClassDef(name=name, body=inner):
                yield f"{prefix}{name}", Docs(ast.get_docstring(statement) or "", dict(_attributes(inner)))
                yield from _classes(inner, f"{prefix}{name}.")
            case ast.FunctionDef(name=name, body=inner) | ast.AsyncFunctionDef(name=name, body=inner):
                yield from _classes(inner, f"{prefix}{name}.<locals>.")
            case _:
                pass


def _attributes(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, below in pairwise(body):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass
