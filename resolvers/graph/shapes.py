"""From the annotation of a declaration to the type that clients see."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from resolvers.graph import words
from resolvers.graph.model import Shape
from resolvers.graph.scalars import BY_PYTHON, Scalar


@dataclass(frozen=True, slots=True)
class Read:
    """An annotation understood: its shape, the Python type at its bottom, and how that is listed.

    `members` are the classes of a union; `paged` marks a `Connection`, `live` a `Live`; `marks` is what
    `Annotated` carried.
    """

    shape: Shape
    python: Any
    paged: bool = False
    members: tuple[Any, ...] = ()
    marks: tuple[Any, ...] = ()
    live: bool = False


class NotUnderstood(Exception):
    """An annotation that no type of the API stands for."""


def camel(name: str) -> str:
    """`last_score` as `lastScore`."""
    return re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), name)


def read(annotation: Any, stands_for: Mapping[Any, Scalar] = BY_PYTHON) -> Read:
    """Understand an annotation. Raises NotUnderstood."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        return _annotated(inner, marks, stands_for)
    if origin in {Union, UnionType}:
        return _union(get_args(annotation), stands_for)
    if origin in {list, tuple, Sequence}:
        return _list(origin, get_args(annotation), stands_for)
    if origin is words.Connection:
        (node,) = get_args(annotation)
        inner = read(node, stands_for)
        return Read(Shape(f"{inner.shape.name}Connection"), inner.python, paged=True)
    if origin is words.Live:
        (node,) = get_args(annotation)
        return Read(Shape(_name(node, stands_for)), node, live=True)
    return Read(Shape(_name(annotation, stands_for)), annotation)


def _annotated(inner: Any, marks: list[Any], stands_for: Mapping[Any, Scalar]) -> Read:
    for mark in marks:
        if isinstance(mark, Scalar):
            return Read(Shape(mark.name), inner, marks=tuple(marks))
    found = read(inner, stands_for)
    return Read(found.shape, found.python, found.paged, found.members, (*found.marks, *marks))


def _union(members: tuple[Any, ...], stands_for: Mapping[Any, Scalar]) -> Read:
    kept = tuple(member for member in members if member is not NoneType)
    if len(kept) > 1:
        return Read(Shape(""), kept[0], members=kept)
    found = read(kept[0], stands_for)
    shape = Shape(found.shape.name, null=True, items=found.shape.items)
    return Read(shape, found.python, found.paged, found.members, found.marks)


def _list(origin: Any, of: tuple[Any, ...], stands_for: Mapping[Any, Scalar]) -> Read:
    if origin is tuple and (len(of) != 2 or of[1] is not Ellipsis):
        raise NotUnderstood("a tuple must be of one type and any length, as `tuple[int, ...]`")
    found = read(of[0], stands_for)
    return Read(Shape("", items=found.shape), found.python, marks=found.marks)


def is_list(annotation: Any) -> bool:
    """Whether an annotation is of a list, also one that may be null or is marked."""
    if get_origin(annotation) in {list, tuple, Sequence}:
        return True
    return get_origin(annotation) in {Annotated, Union, UnionType} and any(map(is_list, get_args(annotation)))


def _name(python: Any, stands_for: Mapping[Any, Scalar]) -> str:
    if python in stands_for:
        return stands_for[python].name
    if python is float:
        raise NotUnderstood("floats differ between PostgreSQL and Python; use Decimal")
    if not isinstance(python, type) or python in {dict, list, tuple, set, bytes, object}:
        raise NotUnderstood(f"{python!r} is no type of the API")
    if python is words.Node or hasattr(python, "__declared__") or issubclass(python, StrEnum | Exception):
        return python.__name__
    raise NotUnderstood(f"{python.__name__} is neither declared (node, shown, view, where), a StrEnum nor a scalar")
