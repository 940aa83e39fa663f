"""The classes of a schema, by name, with their annotations, words and descriptions."""

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from resolvers.graph import deprecation, docs, said, shapes, words
from resolvers.graph.model import Shape
from resolvers.graph.scalars import Scalar


class Refused(Exception):
    """A declaration that cannot be compiled: type, field and reason."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")


@dataclass(frozen=True, slots=True)
class Declared:
    """One field of a class as declared."""

    owner: str
    name: str
    read: shapes.Read
    word: Any
    description: str
    deprecated: str | None = None

    @property
    def place(self) -> str:
        """Type and field, as errors name them."""
        return f"{self.owner}.{self.name}"

    @property
    def shown(self) -> str:
        """The name that clients see."""
        return shapes.camel(self.name)

    @property
    def shape(self) -> Shape:
        """The type that clients see."""
        return self.read.shape

    def refuse(self, reason: str) -> Refused:
        """The error for this field."""
        return Refused(self.place, reason)


class Classes:
    """Every declared class that can be named in an annotation."""

    def __init__(self, types: Iterable[type[Any] | ModuleType], stands_for: Mapping[Any, Scalar]) -> None:
        self.by_name: dict[str, type[Any]] = {"Node": words.Node}
        self._stands_for = stands_for
        for cls in _flat(types):
            known = self.by_name.setdefault(cls.__name__, cls)
            if known is not cls:
                raise Refused(cls.__name__, f"declared in {known.__module__} and in {cls.__module__}")

    def described(self, cls: type[Any]) -> docs.Docs:
        """Descriptions of a class and its fields. Raises Refused without one of the class itself."""
        found = docs.of(cls)
        if not found.whole:
            raise Refused(cls.__name__, "has no docstring, and so no description")
        return found

    def fields(self, cls: type[Any]) -> Iterator[Declared]:
        """The annotated fields of a class, inherited ones first."""
        try:
            hints = typing.get_type_hints(cls, localns=dict(self.by_name), include_extras=True)
        except NameError as unknown:
            raise Refused(cls.__name__, f"{unknown}; hand its module to compile(types=…)") from None
        _check_annotated(cls, hints)
        described = self.described(cls)
        for name, hint in hints.items():
            yield self._field(cls, name, hint, described)

    def _field(self, cls: type[Any], name: str, hint: Any, described: docs.Docs) -> Declared:
        description = described.parts.get(name, "")
        if not description:
            raise Refused(f"{cls.__name__}.{name}", "has no docstring under it, and so no description")
        try:
            read = shapes.read(hint, self._stands_for)
        except shapes.NotUnderstood as reason:
            raise Refused(f"{cls.__name__}.{name}", str(reason)) from None
        word, deprecated = staying(getattr(cls, name, None), f"{cls.__name__}.{name}")
        field = Declared(cls.__name__, name, read, word, description, deprecated)
        _check_names(field)
        if read.live and not isinstance(field.word, said.FromEvents):
            raise field.refuse("tells of events, so it is `live(…)`, on Subscription")
        return field


def staying(what: Any, place: str) -> tuple[Any, str | None]:
    """What was wrapped by `deprecated(…)` if anything was, and what it says. Raises Refused."""
    if not isinstance(what, said.Leaving):
        return what, None
    try:
        return what.what, deprecation.text(what.why)
    except deprecation.Unsaid as reason:
        raise Refused(place, str(reason)) from None


def _check_annotated(cls: type[Any], hints: Mapping[str, Any]) -> None:
    for name, value in vars(cls).items():
        if isinstance(value, said.Word | said.Leaving) and name not in hints:
            raise Refused(f"{cls.__name__}.{name}", "has no annotation, and so no type")


def _check_names(field: Declared) -> None:
    """Raise Refused where a word was given another field, as when a field above has an import's name."""
    if not isinstance(field.word, said.Word):
        return
    given = (getattr(field.word, name) for name in field.word.__slots__)
    flat = [inner for each in given for inner in (each if isinstance(each, tuple) else (each,))]
    if any(isinstance(each, said.Word) and not isinstance(each, said.FromColumn) for each in flat):
        raise field.refuse("is given a field of this class: a field above hides what its word should name")


def what(cls: Any) -> said.Declared | None:
    """What a class was declared to show."""
    return getattr(cls, "__declared__", None)


def _flat(types: Iterable[type[Any] | ModuleType]) -> Iterator[type[Any]]:
    for item in types:
        if isinstance(item, ModuleType):
            yield from (
                value for value in vars(item).values() if isinstance(value, type) and "__declared__" in vars(value)
            )
        else:
            yield item
