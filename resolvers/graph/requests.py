"""Request models as inputs: generated from pydantic, and read back into it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from domain.deprecation import Deprecated
from domain.references import Refers
from domain.refusals import InvalidInput
from resolvers.graph import deprecation, ids, scalars, shapes
from resolvers.graph.model import ABSENT, Argument, Input, Shape
from resolvers.graph.scalars import Scalar


class Unfit(Exception):
    """A request model, or a field of it, that cannot be an input."""


class Models:
    """The inputs made so far, and what is needed to make more.

    Args:
        codes: the code of the node of each table, which `Refers` names.
        stands_for: the scalar of each Python type that requests may use.
    """

    def __init__(self, codes: Mapping[str, str], stands_for: Mapping[Any, Scalar]) -> None:
        self.made: dict[type[BaseModel], Input] = {}
        self.enums: dict[str, type[StrEnum]] = {}
        self._codes = codes
        self._stands_for = stands_for

    def input(self, model: type[BaseModel], name: str) -> Input:
        """The input of a request model. Raises Unfit, naming the field."""
        if not (description := (model.__doc__ or "").strip()):
            raise Unfit(f"{model.__name__} has no docstring")
        read = {field: self._read(model, field, info) for field, info in model.model_fields.items()}
        nested = {
            field: self._nested(found.python)
            for field, found in read.items()
            if isinstance(found.python, type) and issubclass(found.python, BaseModel)
        }
        return Input(
            name,
            description,
            model,
            tuple(self._argument(field, read[field], info) for field, info in model.model_fields.items()),
            {field: code for field, found in read.items() if (code := self._code(model, field, found))},
            nested,
        )

    def _read(self, model: type[BaseModel], name: str, info: FieldInfo) -> shapes.Read:
        if not info.description:
            raise Unfit(f"{model.__name__}.{name} has no description")
        try:
            found = shapes.read(info.annotation, {**self._stands_for, **_models(info.annotation)})
        except shapes.NotUnderstood as reason:
            raise Unfit(f"{model.__name__}.{name}: {reason}") from None
        if found.members:
            raise Unfit(f"{model.__name__}.{name} may be of one type only")
        if isinstance(found.python, type) and issubclass(found.python, StrEnum):
            self.enums[found.python.__name__] = found.python
        return shapes.Read(found.shape, found.python, marks=(*found.marks, *info.metadata))

    def _code(self, model: type[BaseModel], name: str, found: shapes.Read) -> str | None:
        for mark in found.marks:
            if isinstance(mark, Refers):
                if mark.table not in self._codes:
                    raise Unfit(f"{model.__name__}.{name} refers to {mark.table!r}, which no node shows")
                return self._codes[mark.table]
        return None

    def _nested(self, model: type[BaseModel]) -> Input:
        if model not in self.made:
            self.made[model] = self.input(model, f"{model.__name__}Input")
        return self.made[model]

    def _argument(self, name: str, found: shapes.Read, info: FieldInfo) -> Argument:
        refers = any(isinstance(mark, Refers) for mark in found.marks)
        shape = _renamed(found.shape, "ID") if refers else found.shape
        default = ABSENT
        if not info.is_required():
            default = info.get_default(call_default_factory=True, validated_data={})
            if default is None or default is PydanticUndefined or not _plain(default):
                # Left out means the model's own default; `= null` in the SDL would say no more.
                shape, default = Shape(shape.name, null=True, items=shape.items), ABSENT
        return Argument(shapes.camel(name), name, _described(info), shape, default, _deprecated(name, found, info))


def _deprecated(name: str, found: shapes.Read, info: FieldInfo) -> str | None:
    why = next((mark for mark in found.marks if isinstance(mark, Deprecated)), None)
    if why is None and info.deprecated:
        raise Unfit(
            f"{name}: say by Annotated[…, Deprecated(reason, removed_on)] why it is deprecated and until when"
        )
    try:
        said = deprecation.text(why)
    except deprecation.Unsaid as reason:
        raise Unfit(f"{name} {reason}") from None
    if said and info.is_required():
        raise Unfit(f"{name} is deprecated and required; give it a default first")
    return said


def _models(annotation: Any) -> dict[Any, Scalar]:
    """Nested models of an annotation, named as their inputs will be."""
    found: dict[Any, Scalar] = {}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        name = f"{annotation.__name__}Input"
        found[annotation] = Scalar(name, "", str, str, "{}")
    for inner in getattr(annotation, "__args__", ()):
        found |= _models(inner)
    return found


def _plain(value: Any) -> bool:
    return isinstance(value, bool | int | str) or (isinstance(value, list | tuple) and all(map(_plain, value)))


def _renamed(shape: Shape, name: str) -> Shape:
    if shape.items:
        return Shape("", shape.null, _renamed(shape.items, name))
    return Shape(name, shape.null)


def _described(info: FieldInfo) -> str:
    said = (info.description or "").strip()
    limits = "; ".join(filter(None, (_range(info), _length(info), *map(_general, info.metadata))))
    return f"{said.removesuffix('.')}. {limits[:1].upper()}{limits[1:]}." if limits else said


def _limit(info: FieldInfo, name: str) -> Any:
    return next((each for mark in info.metadata if (each := getattr(mark, name, None)) is not None), None)


def _range(info: FieldInfo) -> str:
    least, most = _limit(info, "ge"), _limit(info, "le")
    above, below = _limit(info, "gt"), _limit(info, "lt")
    if least is not None and most is not None:
        return f"from {least} to {most}"
    said = {"at least": least, "more than": above, "at most": most, "less than": below}
    return ", ".join(f"{words} {limit}" for words, limit in said.items() if limit is not None)


def _length(info: FieldInfo) -> str:
    least, most = _limit(info, "min_length"), _limit(info, "max_length")
    of = "items" if shapes.is_list(info.annotation) else "characters"
    if least is not None and most is not None:
        return f"{least} to {most} {of}"
    said = {"at least": least, "at most": most}
    return ", ".join(f"{words} {limit} {of}" for words, limit in said.items() if limit is not None)


def _general(mark: Any) -> str:
    if (places := getattr(mark, "decimal_places", None)) is not None:
        return f"at most {places} decimals"
    pattern = getattr(mark, "pattern", None)
    return f"pattern `{getattr(pattern, 'pattern', pattern)}`" if pattern else ""


def read(asked: Input, given: Mapping[str, Any]) -> BaseModel:
    """The request that a client's input stands for.

    Raises:
        InvalidInput: a global ID of another kind of thing, or what the model refuses; the path is in the
            client's names.
    """
    values = _values(asked, given, ())
    try:
        return asked.model.model_validate(values)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False, include_input=False)[0]
        path = tuple(shapes.camel(str(step)) for step in first["loc"])
        raise InvalidInput(f"{'.'.join(path) or 'input'}: {first['msg']}", *path) from None


def _values(asked: Input, given: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    return {
        field.python: _value(asked, field.python, given[field.name], (*path, field.name))
        for field in asked.fields
        if field.name in given and not (given[field.name] is None and _left_out(asked, field.python))
    }


def _left_out(asked: Input, name: str) -> bool:
    info = asked.model.model_fields[name]
    return not info.is_required() and info.get_default(call_default_factory=True, validated_data={}) is not None


def _value(asked: Input, name: str, value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return tuple(_value(asked, name, item, (*path, str(place))) for place, item in enumerate(value))
    if value is None:
        return None
    if name in asked.refers:
        return _key(asked.refers[name], value, path)
    if name in asked.nested:
        return _values(asked.nested[name], value, path)
    return plain(value, path) if isinstance(value, str) else value


def plain(text: str, path: tuple[str, ...]) -> str:
    """Text that PostgreSQL can hold. Raises InvalidInput for any other."""
    try:
        scalars.STRING.parse(text)
    except ValueError as reason:
        raise InvalidInput(f"{'.'.join(path)}: {reason}", *path) from None
    return text


def _key(code: str, text: str, path: tuple[str, ...]) -> int:
    found = ids.read(text)
    if found is None or found[0] != code:
        raise InvalidInput(f"{'.'.join(path)}: {text!r} is not an ID that begins with {code!r}", *path)
    return found[1]
