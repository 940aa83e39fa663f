"""Python functions behind fields: their parameters as columns, arguments and the clock."""

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from resolvers.graph import said, shapes
from resolvers.graph.declared import Declared, staying
from resolvers.graph.model import ABSENT, Argument
from resolvers.graph.scalars import Scalar

CLOCK = frozenset({"today", "now"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a function of a computed field asks for."""

    enums: tuple[type[Enum] | None, ...]
    clock: frozenset[str]
    arguments: tuple[Argument, ...]
    python: tuple[Any, ...]


def parameters(field: Declared, word: said.FromFunction, stands_for: Mapping[Any, Scalar]) -> Parameters:
    """Understand the signature of a computed field's function. Raises Refused where it does not fit."""
    hints = typing.get_type_hints(word.function, include_extras=True)
    listed = inspect.signature(word.function).parameters.values()
    named = [each for each in listed if each.kind is inspect.Parameter.KEYWORD_ONLY]
    placed = [each for each in listed if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}]
    if len(placed) + len(named) != len(listed) or len(placed) != len(word.columns):
        name = getattr(word.function, "__name__", word.function)
        raise field.refuse(f"{name} takes {len(placed)} values and is given {len(word.columns)} columns")
    asked = [each for each in named if each.name not in CLOCK]
    if extra := set(word.arguments) - {each.name for each in asked}:
        raise field.refuse(f"describes arguments that its function does not take: {', '.join(sorted(extra))}")
    return Parameters(
        tuple(_enum(hints.get(each.name)) for each in placed),
        frozenset(each.name for each in named) & CLOCK,
        tuple(_argument(field, word, each, hints, stands_for) for each in asked),
        tuple(hints[each.name] for each in asked),
    )


def _enum(hint: Any) -> type[Enum] | None:
    for member in typing.get_args(hint) or (hint,):
        if isinstance(member, type) and issubclass(member, StrEnum):
            return member
    return None


def _argument(
    field: Declared,
    word: said.FromFunction,
    parameter: inspect.Parameter,
    hints: Mapping[str, Any],
    stands_for: Mapping[Any, Scalar],
) -> Argument:
    description, deprecated = staying(word.arguments.get(parameter.name), f"{field.place}({parameter.name})")
    if not description:
        raise field.refuse(f"its argument {parameter.name!r} has no description in arguments={{…}}")
    try:
        found = shapes.read(hints[parameter.name], stands_for)
    except shapes.NotUnderstood as reason:
        raise field.refuse(f"its argument {parameter.name!r}: {reason}") from None
    default = ABSENT if parameter.default is parameter.empty else parameter.default
    if default is None:
        default = ABSENT
    if deprecated and default is ABSENT and not found.shape.null:
        raise field.refuse(f"its argument {parameter.name!r} is deprecated and required; give it a default first")
    return Argument(shapes.camel(parameter.name), parameter.name, description, found.shape, default, deprecated)
