"""A document while it is written: its variables, the arguments that they fill, and what runs it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

from resolvers.graph import model
from tests.corpus.argument_values import ArgumentValues, Mood

MOOD_WEIGHTS = {Mood.GOOD: 90, Mood.EDGE: 7, Mood.BAD: 3}
PAGING_ARGUMENTS: Mapping[tuple[str, ...], int] = {
    ("first",): 25,
    ("first", "after"): 25,
    ("last",): 12,
    ("last", "before"): 14,
    ("first", "last", "after", "before"): 8,
    ("first", "after", "before"): 5,
    ("last", "after"): 4,
    ("first", "before"): 4,
    (): 1,
    ("first", "last"): 1,
}
"""Arguments that page, and how often; all four together are given by variables, so that each run may turn."""
FillVariables = Callable[[Random, Mood], Mapping[str, Any]]


class CaseRun(NamedTuple):
    """Variables of one run of a document, and the kind of them."""

    variables: Mapping[str, Any]
    mood: Mood


@dataclass(frozen=True, slots=True)
class DocumentCase:
    """A valid document, the operation of it that is meant, and its runs."""

    text: str
    document: DocumentNode
    operation_name: str | None
    runs: tuple[CaseRun, ...]


@dataclass(slots=True)
class DocumentDraft:
    """A document that is being written."""

    variable_definitions: list[str] = field(default_factory=list)
    fragments: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    variable_fillers: list[FillVariables] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    arguments: dict[tuple[str, str], str] = field(default_factory=dict)
    moods: Mapping[Mood, int] = field(default_factory=lambda: MOOD_WEIGHTS)
    """What kinds of values literals have, and how often."""
    name_count: int = 0
    remaining_fields: int = 60
    """How many more fields may be written."""

    def create_name(self, kind: str) -> str:
        """A name that the document does not have yet."""
        self.name_count += 1
        return f"{kind}{self.name_count}"


class ArgumentWriter:
    """Writes the arguments of one field: literals, variables, and literals with variables in them."""

    def __init__(self, values: ArgumentValues, draw: Random, draft: DocumentDraft) -> None:
        self._values = values
        self._draw = draw
        self._draft = draft
        self._variables: dict[str, tuple[str, ...]] = {}
        self._optional: set[str] = set()

    def write_arguments(self, field: model.ObjectField, types: Mapping[str, GraphQLInputType], *, top: bool) -> str:
        """The arguments in brackets."""
        draw = self._draw
        present, always = self._choose_arguments(field)
        if not present:
            return ""
        mood = draw.choices(list(self._draft.moods), list(self._draft.moods.values()))[0]
        sampled = self._values.choose_arguments(field, present, draw, mood, top=top, fixed={})
        fixed: dict[str, Any] = {}
        written = []
        for name in present:
            if always or draw.random() < 0.5:
                written.append(f"{name}: {self._declare_variable((name,), types[name], sampled[name])}")
            elif isinstance(sampled[name], dict) and draw.random() < 0.6:
                if isinstance(field.source, model.LookupSource):
                    fixed[name] = sampled[name]
                written.append(f"{name}: {self._write_mixed_object(name, types[name], sampled[name])}")
            else:
                fixed[name] = sampled[name]
                written.append(f"{name}: {write_literal(sampled[name], types[name])}")
        if self._variables:
            self._draft.variable_fillers.append(self._build_variable_filler(field, present, fixed, top=top))
        return f"({', '.join(written)})"

    def _build_variable_filler(
        self, field: model.ObjectField, present: Sequence[str], fixed: Mapping[str, Any], *, top: bool
    ) -> FillVariables:
        values, variables, optional = self._values, self._variables, self._optional

        def fill(draw: Random, mood: Mood) -> Mapping[str, Any]:
            found = {}
            sampled = values.choose_arguments(field, present, draw, mood, top=top, fixed=fixed)
            for variable, (name, *below) in variables.items():
                value = sampled.get(name)
                for step in below:
                    value = value.get(step) if isinstance(value, dict) else None
                missing = variable in optional and (value is None or draw.random() < 0.2)
                if not (missing and draw.random() < 0.6):
                    found[variable] = value
            return found

        return fill

    def _choose_arguments(self, field: model.ObjectField) -> tuple[Sequence[str], bool]:
        """Which arguments to give, and whether all by variables."""
        draw = self._draw
        if not isinstance(field.source, model.ConnectionSource):
            required = [each.name for each in field.arguments if not _is_optional_argument(each)]
            optional = [each.name for each in field.arguments if _is_optional_argument(each) and draw.random() < 0.6]
            return [*required, *optional], False
        shape = draw.choices(list(PAGING_ARGUMENTS), list(PAGING_ARGUMENTS.values()))[0]
        more = ["orderBy"] * (draw.random() < 0.4) + ["where"] * (
            bool(field.source.filter_input) and draw.random() < 0.45
        )
        return [*shape, *more], len(shape) == 4

    def _declare_variable(self, path: tuple[str, ...], of: GraphQLInputType, value: Any) -> str:
        name = self._draft.create_name("v")
        self._variables[name] = path
        inner = of.of_type if isinstance(of, GraphQLNonNull) else of
        may_default = value is not None and (path[0] == "orderBy" or not isinstance(of, GraphQLNonNull))
        if may_default and self._draw.random() < 0.3:
            self._draft.variable_definitions.append(f"${name}: {inner} = {write_literal(value, inner)}")
            self._optional.add(name)
        else:
            self._draft.variable_definitions.append(f"${name}: {of}")
            if not isinstance(of, GraphQLNonNull):
                self._optional.add(name)
        return f"${name}"

    def _write_mixed_object(self, name: str, of: GraphQLInputType, value: Mapping[str, Any]) -> str:
        """An input object of which some fields are variables."""
        named = get_named_type(of)
        assert isinstance(named, GraphQLInputObjectType)
        written = []
        for key, each in value.items():
            kind = named.fields[key].type
            if self._draw.random() < 0.6:
                # The one field of such an input may not be null, and so neither its variable.
                asked = GraphQLNonNull(kind) if named.is_one_of and not isinstance(kind, GraphQLNonNull) else kind
                written.append(f"{key}: {self._declare_variable((name, key), asked, each)}")
            else:
                written.append(f"{key}: {write_literal(each, named.fields[key].type)}")
        return f"{{{', '.join(written)}}}"


def _is_optional_argument(argument: model.Argument) -> bool:
    return argument.type_ref.nullable or argument.default is not model.NO_DEFAULT


def write_literal(value: Any, of: GraphQLInputType) -> str:
    """A value as a document writes it."""
    named = of.of_type if isinstance(of, GraphQLNonNull) else of
    if value is None:
        return "null"
    if isinstance(named, GraphQLList):
        each = value if isinstance(value, list) else [value]
        return f"[{', '.join(write_literal(item, named.of_type) for item in each)}]"
    if isinstance(named, GraphQLInputObjectType) and isinstance(value, dict):
        inside = (f"{key}: {write_literal(item, named.fields[key].type)}" for key, item in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(named, GraphQLEnumType) and isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
