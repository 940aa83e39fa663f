"""Input types generated from pydantic request models, and requests parsed from inputs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from domain.deprecation import Deprecated
from domain.references import RowReference
from domain.refusals import InvalidInput
from resolvers.graph import deprecation, global_ids, scalars, type_refs
from resolvers.graph.model import NO_DEFAULT, Argument, InputType, TypeRef
from resolvers.graph.scalars import Scalar


class UnsupportedModel(Exception):
    """A request model, or a field of one, without a possible input type."""


class InputCompiler:
    """Compiles request models to input types, and collects their enums.

    Args:
        codes: the ID code of each table's node, for `RowReference`.
        scalars_by_type: the scalar of each Python type allowed in requests.
    """

    def __init__(self, codes: Mapping[str, str], scalars_by_type: Mapping[Any, Scalar]) -> None:
        self.input_types: dict[type[BaseModel], InputType] = {}
        self.enums: dict[str, type[StrEnum]] = {}
        self._codes = codes
        self._scalars_by_type = scalars_by_type

    def compile_input_type(self, model: type[BaseModel], name: str) -> InputType:
        """The input type of a request model. Raises UnsupportedModel, naming the field."""
        if not (description := (model.__doc__ or "").strip()):
            raise UnsupportedModel(f"{model.__name__} has no docstring")
        read = {field: self._parse_model_field(model, field, info) for field, info in model.model_fields.items()}
        nested = {
            field: self._compile_nested_input(found.python_type)
            for field, found in read.items()
            if isinstance(found.python_type, type) and issubclass(found.python_type, BaseModel)
        }
        return InputType(
            name,
            description,
            model,
            tuple(self._compile_input_field(field, read[field], info) for field, info in model.model_fields.items()),
            {field: code for field, found in read.items() if (code := self._find_id_code(model, field, found))},
            nested,
        )

    def _parse_model_field(self, model: type[BaseModel], name: str, info: FieldInfo) -> type_refs.ParsedAnnotation:
        if not info.description:
            raise UnsupportedModel(f"{model.__name__}.{name} has no description")
        try:
            found = type_refs.parse_annotation(
                info.annotation, {**self._scalars_by_type, **_find_nested_models(info.annotation)}
            )
        except type_refs.UnsupportedAnnotation as reason:
            raise UnsupportedModel(f"{model.__name__}.{name}: {reason}") from None
        if found.union_members:
            raise UnsupportedModel(f"{model.__name__}.{name} may be of one type only")
        if isinstance(found.python_type, type) and issubclass(found.python_type, StrEnum):
            self.enums[found.python_type.__name__] = found.python_type
        return type_refs.ParsedAnnotation(
            found.type_ref, found.python_type, metadata=(*found.metadata, *info.metadata)
        )

    def _find_id_code(self, model: type[BaseModel], name: str, found: type_refs.ParsedAnnotation) -> str | None:
        for mark in found.metadata:
            if isinstance(mark, RowReference):
                if mark.table not in self._codes:
                    raise UnsupportedModel(f"{model.__name__}.{name} refers to {mark.table!r}, which no node shows")
                return self._codes[mark.table]
        return None

    def _compile_nested_input(self, model: type[BaseModel]) -> InputType:
        if model not in self.input_types:
            self.input_types[model] = self.compile_input_type(model, f"{model.__name__}Input")
        return self.input_types[model]

    def _compile_input_field(self, name: str, found: type_refs.ParsedAnnotation, info: FieldInfo) -> Argument:
        refers = any(isinstance(mark, RowReference) for mark in found.metadata)
        shape = _replace_leaf_name(found.type_ref, "ID") if refers else found.type_ref
        default = NO_DEFAULT
        if not info.is_required():
            default = info.get_default(call_default_factory=True, validated_data={})
            if default is None or default is PydanticUndefined or not _is_plain_literal(default):
                # An omitted field has the model's own default; `= null` in the SDL would add nothing.
                shape, default = TypeRef(shape.name, nullable=True, item_type=shape.item_type), NO_DEFAULT
        return Argument(
            type_refs.to_camel_case(name),
            name,
            _describe_field(info),
            shape,
            default,
            _read_field_deprecation(name, found, info),
        )


def _read_field_deprecation(name: str, found: type_refs.ParsedAnnotation, info: FieldInfo) -> str | None:
    why = next((mark for mark in found.metadata if isinstance(mark, Deprecated)), None)
    if why is None and info.deprecated:
        raise UnsupportedModel(
            f"{name}: say by Annotated[…, Deprecated(reason, removed_on)] why it is deprecated and until when"
        )
    try:
        said = deprecation.format_deprecation(why)
    except deprecation.IncompleteDeprecation as reason:
        raise UnsupportedModel(f"{name} {reason}") from None
    if said and info.is_required():
        raise UnsupportedModel(f"{name} is deprecated and required; give it a default first")
    return said


def _find_nested_models(annotation: Any) -> dict[Any, Scalar]:
    """Nested models of an annotation, with the names of their input types."""
    found: dict[Any, Scalar] = {}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        name = f"{annotation.__name__}Input"
        found[annotation] = Scalar(name, "", str, str, "{}")
    for inner in getattr(annotation, "__args__", ()):
        found |= _find_nested_models(inner)
    return found


def _is_plain_literal(value: Any) -> bool:
    return isinstance(value, bool | int | str) or (
        isinstance(value, list | tuple) and all(map(_is_plain_literal, value))
    )


def _replace_leaf_name(type_ref: TypeRef, name: str) -> TypeRef:
    if type_ref.item_type:
        return TypeRef("", type_ref.nullable, _replace_leaf_name(type_ref.item_type, name))
    return TypeRef(name, type_ref.nullable)


def _describe_field(info: FieldInfo) -> str:
    said = (info.description or "").strip()
    limits = "; ".join(
        filter(None, (_describe_range(info), _describe_length(info), *map(_describe_constraint, info.metadata)))
    )
    return f"{said.removesuffix('.')}. {limits[:1].upper()}{limits[1:]}." if limits else said


def _find_limit(info: FieldInfo, name: str) -> Any:
    return next((each for mark in info.metadata if (each := getattr(mark, name, None)) is not None), None)


def _describe_range(info: FieldInfo) -> str:
    least, most = _find_limit(info, "ge"), _find_limit(info, "le")
    above, below = _find_limit(info, "gt"), _find_limit(info, "lt")
    if least is not None and most is not None:
        return f"from {least} to {most}"
    said = {"at least": least, "more than": above, "at most": most, "less than": below}
    return ", ".join(f"{words} {limit}" for words, limit in said.items() if limit is not None)


def _describe_length(info: FieldInfo) -> str:
    least, most = _find_limit(info, "min_length"), _find_limit(info, "max_length")
    of = "items" if type_refs.is_list_annotation(info.annotation) else "characters"
    if least is not None and most is not None:
        return f"{least} to {most} {of}"
    said = {"at least": least, "at most": most}
    return ", ".join(f"{words} {limit} {of}" for words, limit in said.items() if limit is not None)


def _describe_constraint(mark: Any) -> str:
    if (places := getattr(mark, "decimal_places", None)) is not None:
        return f"at most {places} decimals"
    pattern = getattr(mark, "pattern", None)
    return f"pattern `{getattr(pattern, 'pattern', pattern)}`" if pattern else ""


def parse_request(input_type: InputType, given: Mapping[str, Any]) -> BaseModel:
    """Parse a client's input into a request model.

    Raises:
        InvalidInput: a global ID of another type, or a value refused by the model; the path is in the client's names.
    """
    values = _parse_input_values(input_type, given, ())
    try:
        return input_type.request_model.model_validate(values)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False, include_input=False)[0]
        path = tuple(type_refs.to_camel_case(str(step)) for step in first["loc"])
        raise InvalidInput(f"{'.'.join(path) or 'input'}: {first['msg']}", *path) from None


def _parse_input_values(input_type: InputType, given: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    return {
        field.python_name: _parse_input_value(input_type, field.python_name, given[field.name], (*path, field.name))
        for field in input_type.fields
        if field.name in given
        and not (given[field.name] is None and _falls_back_to_default(input_type, field.python_name))
    }


def _falls_back_to_default(input_type: InputType, name: str) -> bool:
    info = input_type.request_model.model_fields[name]
    return not info.is_required() and info.get_default(call_default_factory=True, validated_data={}) is not None


def _parse_input_value(input_type: InputType, name: str, value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return tuple(
            _parse_input_value(input_type, name, item, (*path, str(place))) for place, item in enumerate(value)
        )
    if value is None:
        return None
    if name in input_type.id_codes:
        return _parse_reference(input_type.id_codes[name], value, path)
    if name in input_type.nested_inputs:
        return _parse_input_values(input_type.nested_inputs[name], value, path)
    return require_storable_text(value, path) if isinstance(value, str) else value


def require_storable_text(text: str, path: tuple[str, ...]) -> str:
    """Text storable in PostgreSQL. Raises InvalidInput for any other."""
    try:
        scalars.STRING.parse(text)
    except ValueError as reason:
        raise InvalidInput(f"{'.'.join(path)}: {reason}", *path) from None
    return text


def _parse_reference(code: str, text: str, path: tuple[str, ...]) -> int:
    found = global_ids.parse_global_id(text)
    if found is None or found[0] != code:
        raise InvalidInput(f"{'.'.join(path)}: {text!r} is not an ID that begins with {code!r}", *path)
    return found[1]
