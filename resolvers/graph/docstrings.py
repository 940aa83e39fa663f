"""Descriptions of the schema, read from docstrings of classes and attributes in the source."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ClassDocstrings:
    """The docstrings of a class and of its attributes."""

    class_text: str = ""
    attribute_texts: Mapping[str, str] = field(default_factory=dict)


def read_docstrings(cls: type[Any]) -> ClassDocstrings:
    """Read the docstrings of a class, with inherited attribute docstrings."""
    parts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        parts |= _read_own_docstrings(base).attribute_texts
    return ClassDocstrings(_read_own_docstrings(cls).class_text, parts)


def _read_own_docstrings(cls: type[Any]) -> ClassDocstrings:
    if cls.__module__ in {"builtins", "enum", "typing"}:
        return ClassDocstrings()
    return _parse_source_file(inspect.getfile(cls)).get(cls.__qualname__, ClassDocstrings())


@cache
def _parse_source_file(path: str) -> Mapping[str, ClassDocstrings]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return dict(_iterate_class_docstrings(tree.body, ""))


def _iterate_class_docstrings(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ClassDocstrings]]:
    for statement in body:
        match statement:
            case ast.ClassDef(name=name, body=inner):
                yield (
                    f"{prefix}{name}",
                    ClassDocstrings(ast.get_docstring(statement) or "", dict(_iterate_attribute_docstrings(inner))),
                )
                yield from _iterate_class_docstrings(inner, f"{prefix}{name}.")
            case ast.FunctionDef(name=name, body=inner) | ast.AsyncFunctionDef(name=name, body=inner):
                yield from _iterate_class_docstrings(inner, f"{prefix}{name}.<locals>.")
            case _:
                pass


def _iterate_attribute_docstrings(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, below in pairwise(body):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass
