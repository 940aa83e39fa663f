"""Class reader: the classes of a schema by name, with annotations, declarations and descriptions."""

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from resolvers.graph import declarations, deprecation, docstrings, specs, type_refs
from resolvers.graph.model import TypeRef
from resolvers.graph.scalars import Scalar


class DeclarationError(Exception):
    """A faulty declaration: type, field and reason."""

    def __init__(self, location: str, reason: str) -> None:
        super().__init__(f"{location}: {reason}")


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """One field of a class as declared."""

    owner: str
    name: str
    annotation: type_refs.ParsedAnnotation
    spec: Any
    description: str
    deprecation_reason: str | None = None

    @property
    def location(self) -> str:
        """Type and field, in the form of error messages."""
        return f"{self.owner}.{self.name}"

    @property
    def graphql_name(self) -> str:
        """The name in the public schema."""
        return type_refs.to_camel_case(self.name)

    @property
    def type_ref(self) -> TypeRef:
        """The type in the public schema."""
        return self.annotation.type_ref

    def build_error(self, reason: str) -> DeclarationError:
        """The error for this field."""
        return DeclarationError(self.location, reason)


class ClassReader:
    """Reads declared classes, each known by its name for use in annotations."""

    def __init__(self, types: Iterable[type[Any] | ModuleType], scalars_by_type: Mapping[Any, Scalar]) -> None:
        self.classes_by_name: dict[str, type[Any]] = {"Node": declarations.Node}
        self._scalars_by_type = scalars_by_type
        for cls in _iterate_classes(types):
            known = self.classes_by_name.setdefault(cls.__name__, cls)
            if known is not cls:
                raise DeclarationError(cls.__name__, f"declared in {known.__module__} and in {cls.__module__}")

    def read_descriptions(self, cls: type[Any]) -> docstrings.ClassDocstrings:
        """Descriptions of a class and its fields. Raises DeclarationError without one of the class."""
        found = docstrings.read_docstrings(cls)
        if not found.class_text:
            raise DeclarationError(cls.__name__, "has no docstring, and so no description")
        return found

    def read_fields(self, cls: type[Any]) -> Iterator[DeclaredField]:
        """The annotated fields of a class, inherited ones first."""
        try:
            hints = typing.get_type_hints(cls, localns=dict(self.classes_by_name), include_extras=True)
        except NameError as unknown:
            raise DeclarationError(cls.__name__, f"{unknown}; hand its module to compile(types=…)") from None
        _check_annotated(cls, hints)
        described = self.read_descriptions(cls)
        for name, hint in hints.items():
            yield self._read_field(cls, name, hint, described)

    def _read_field(
        self, cls: type[Any], name: str, hint: Any, described: docstrings.ClassDocstrings
    ) -> DeclaredField:
        description = described.attribute_texts.get(name, "")
        if not description:
            raise DeclarationError(f"{cls.__name__}.{name}", "has no docstring under it, and so no description")
        try:
            read = type_refs.parse_annotation(hint, self._scalars_by_type)
        except type_refs.UnsupportedAnnotation as reason:
            raise DeclarationError(f"{cls.__name__}.{name}", str(reason)) from None
        word, deprecated = unwrap_deprecation(getattr(cls, name, None), f"{cls.__name__}.{name}")
        field = DeclaredField(cls.__name__, name, read, word, description, deprecated)
        _check_shadowed_names(field)
        if read.is_event_stream and not isinstance(field.spec, specs.EventsSpec):
            raise field.build_error("tells of events, so it is `live(…)`, on Subscription")
        return field


def unwrap_deprecation(what: Any, place: str) -> tuple[Any, str | None]:
    """The declaration inside `deprecate(…)`, with its deprecation reason if any. Raises DeclarationError."""
    if not isinstance(what, specs.DeprecatedSpec):
        return what, None
    try:
        return what.spec, deprecation.format_deprecation(what.deprecation)
    except deprecation.IncompleteDeprecation as reason:
        raise DeclarationError(place, str(reason)) from None


def _check_annotated(cls: type[Any], hints: Mapping[str, Any]) -> None:
    for name, value in vars(cls).items():
        if isinstance(value, specs.FieldSpec | specs.DeprecatedSpec) and name not in hints:
            raise DeclarationError(f"{cls.__name__}.{name}", "has no annotation, and so no type")


def _check_shadowed_names(field: DeclaredField) -> None:
    """Raise DeclarationError for a declaration given another field of the class.

    This happens if a field above has the name of an import.
    """
    if not isinstance(field.spec, specs.FieldSpec):
        return
    given = (getattr(field.spec, name) for name in field.spec.__slots__)
    flat = [inner for each in given for inner in (each if isinstance(each, tuple) else (each,))]
    if any(isinstance(each, specs.FieldSpec) and not isinstance(each, specs.ColumnSpec) for each in flat):
        raise field.build_error("is given a field of this class: a field above hides what its word should name")


def find_type_spec(cls: Any) -> specs.TypeSpec | None:
    """The declaration of a class; None if undeclared."""
    return getattr(cls, "__declared__", None)


def _iterate_classes(types: Iterable[type[Any] | ModuleType]) -> Iterator[type[Any]]:
    for item in types:
        if isinstance(item, ModuleType):
            yield from (
                value for value in vars(item).values() if isinstance(value, type) and "__declared__" in vars(value)
            )
        else:
            yield item
