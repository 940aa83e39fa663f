"""Computed fields: parameters of their Python functions as columns, arguments and the clock."""

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from resolvers.graph import specs, type_refs
from resolvers.graph.class_reader import DeclaredField, unwrap_deprecation
from resolvers.graph.model import NO_DEFAULT, Argument
from resolvers.graph.scalars import Scalar

CLOCK_PARAMETERS = frozenset({"today", "now"})


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    """The parameters of a computed field's function."""

    parameter_enums: tuple[type[Enum] | None, ...]
    clock_parameters: frozenset[str]
    arguments: tuple[Argument, ...]
    argument_types: tuple[Any, ...]


def read_signature(
    field: DeclaredField, spec: specs.FunctionSpec, scalars_by_type: Mapping[Any, Scalar]
) -> FunctionSignature:
    """Read the signature of a computed field's function. Raises DeclarationError for a mismatch."""
    hints = typing.get_type_hints(spec.function, include_extras=True)
    listed = inspect.signature(spec.function).parameters.values()
    named = [each for each in listed if each.kind is inspect.Parameter.KEYWORD_ONLY]
    placed = [each for each in listed if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}]
    if len(placed) + len(named) != len(listed) or len(placed) != len(spec.columns):
        name = getattr(spec.function, "__name__", spec.function)
        raise field.build_error(f"{name} takes {len(placed)} values and is given {len(spec.columns)} columns")
    asked = [each for each in named if each.name not in CLOCK_PARAMETERS]
    if extra := set(spec.arguments) - {each.name for each in asked}:
        raise field.build_error(f"describes arguments that its function does not take: {', '.join(sorted(extra))}")
    return FunctionSignature(
        tuple(_find_enum_hint(hints.get(each.name)) for each in placed),
        frozenset(each.name for each in named) & CLOCK_PARAMETERS,
        tuple(_build_argument(field, spec, each, hints, scalars_by_type) for each in asked),
        tuple(hints[each.name] for each in asked),
    )


def _find_enum_hint(hint: Any) -> type[Enum] | None:
    for member in typing.get_args(hint) or (hint,):
        if isinstance(member, type) and issubclass(member, StrEnum):
            return member
    return None


def _build_argument(
    field: DeclaredField,
    spec: specs.FunctionSpec,
    parameter: inspect.Parameter,
    hints: Mapping[str, Any],
    scalars_by_type: Mapping[Any, Scalar],
) -> Argument:
    description, deprecated = unwrap_deprecation(
        spec.arguments.get(parameter.name), f"{field.location}({parameter.name})"
    )
    if not description:
        raise field.build_error(f"its argument {parameter.name!r} has no description in arguments={{…}}")
    try:
        found = type_refs.parse_annotation(hints[parameter.name], scalars_by_type)
    except type_refs.UnsupportedAnnotation as reason:
        raise field.build_error(f"its argument {parameter.name!r}: {reason}") from None
    default = NO_DEFAULT if parameter.default is parameter.empty else parameter.default
    if default is None:
        default = NO_DEFAULT
    if deprecated and default is NO_DEFAULT and not found.type_ref.nullable:
        raise field.build_error(
            f"its argument {parameter.name!r} is deprecated and required; give it a default first"
        )
    return Argument(
        type_refs.to_camel_case(parameter.name), parameter.name, description, found.type_ref, default, deprecated
    )
