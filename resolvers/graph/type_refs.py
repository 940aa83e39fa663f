"""Type references: from the annotation of a declaration to the public type."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from resolvers.graph import declarations
from resolvers.graph.model import TypeRef
from resolvers.graph.scalars import SCALARS_BY_TYPE, Scalar


@dataclass(frozen=True, slots=True)
class ParsedAnnotation:
    """A parsed annotation: its type reference, and the innermost Python type.

    `union_members` are the classes of a union; `is_connection` is true for a `Connection`, `is_event_stream` for an
    `EventStream`; `metadata` are the extra arguments of `Annotated`.
    """

    type_ref: TypeRef
    python_type: Any
    is_connection: bool = False
    union_members: tuple[Any, ...] = ()
    metadata: tuple[Any, ...] = ()
    is_event_stream: bool = False


class UnsupportedAnnotation(Exception):
    """An annotation without a type in the API."""


def to_camel_case(name: str) -> str:
    """Convert a name to camel case: `last_score` to `lastScore`."""
    return re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), name)


def parse_annotation(annotation: Any, scalars_by_type: Mapping[Any, Scalar] = SCALARS_BY_TYPE) -> ParsedAnnotation:
    """Parse an annotation. Raises UnsupportedAnnotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        return _parse_annotated(inner, marks, scalars_by_type)
    if origin in {Union, UnionType}:
        return _parse_union(get_args(annotation), scalars_by_type)
    if origin in {list, tuple, Sequence}:
        return _parse_list(origin, get_args(annotation), scalars_by_type)
    if origin is declarations.Connection:
        (node,) = get_args(annotation)
        inner = parse_annotation(node, scalars_by_type)
        return ParsedAnnotation(TypeRef(f"{inner.type_ref.name}Connection"), inner.python_type, is_connection=True)
    if origin is declarations.EventStream:
        (node,) = get_args(annotation)
        return ParsedAnnotation(TypeRef(_find_type_name(node, scalars_by_type)), node, is_event_stream=True)
    return ParsedAnnotation(TypeRef(_find_type_name(annotation, scalars_by_type)), annotation)


def _parse_annotated(inner: Any, marks: list[Any], scalars_by_type: Mapping[Any, Scalar]) -> ParsedAnnotation:
    for mark in marks:
        if isinstance(mark, Scalar):
            return ParsedAnnotation(TypeRef(mark.name), inner, metadata=tuple(marks))
    found = parse_annotation(inner, scalars_by_type)
    return ParsedAnnotation(
        found.type_ref, found.python_type, found.is_connection, found.union_members, (*found.metadata, *marks)
    )


def _parse_union(members: tuple[Any, ...], scalars_by_type: Mapping[Any, Scalar]) -> ParsedAnnotation:
    kept = tuple(member for member in members if member is not NoneType)
    if len(kept) > 1:
        return ParsedAnnotation(TypeRef(""), kept[0], union_members=kept)
    found = parse_annotation(kept[0], scalars_by_type)
    shape = TypeRef(found.type_ref.name, nullable=True, item_type=found.type_ref.item_type)
    return ParsedAnnotation(shape, found.python_type, found.is_connection, found.union_members, found.metadata)


def _parse_list(origin: Any, of: tuple[Any, ...], scalars_by_type: Mapping[Any, Scalar]) -> ParsedAnnotation:
    if origin is tuple and (len(of) != 2 or of[1] is not Ellipsis):
        raise UnsupportedAnnotation("a tuple must be of one type and any length, as `tuple[int, ...]`")
    found = parse_annotation(of[0], scalars_by_type)
    return ParsedAnnotation(TypeRef("", item_type=found.type_ref), found.python_type, metadata=found.metadata)


def is_list_annotation(annotation: Any) -> bool:
    """True for an annotation of a list, even if nullable or with metadata."""
    if get_origin(annotation) in {list, tuple, Sequence}:
        return True
    return get_origin(annotation) in {Annotated, Union, UnionType} and any(
        map(is_list_annotation, get_args(annotation))
    )


def _find_type_name(python: Any, scalars_by_type: Mapping[Any, Scalar]) -> str:
    if python in scalars_by_type:
        return scalars_by_type[python].name
    if python is float:
        raise UnsupportedAnnotation("floats differ between PostgreSQL and Python; use Decimal")
    if not isinstance(python, type) or python in {dict, list, tuple, set, bytes, object}:
        raise UnsupportedAnnotation(f"{python!r} is no type of the API")
    if python is declarations.Node or hasattr(python, "__declared__") or issubclass(python, StrEnum | Exception):
        return python.__name__
    raise UnsupportedAnnotation(
        f"{python.__name__} is neither declared (node, shown, view, where), a StrEnum nor a scalar"
    )
