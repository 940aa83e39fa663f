"""Documents of every shape that a schema allows, and variables to run them with; a seed gives the same ones again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLInterfaceType,
    GraphQLNamedOutputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_input_object_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    parse,
    validate,
)

from resolvers.graph import model
from tests.corpus.draft import Case, Draft, Given, Run
from tests.corpus.values import Mood, Values

ALIASES = (
    "_",
    "__a",
    "select",
    "r",
    "o",
    "key",
    "null",
    "true",
    "A",
    "a",
    "cells",
    "id_",
    "json",
    "x" * 70,
    "x" * 69 + "y",
    "from",
    "s",
    "k",
    "c0",
    "o0",
    "node_",
    "__proto__",
)
"""Response names that could be taken for something else; two are alike in their first 63 letters."""
SERVED = 0.03
"""The share of documents that ask a service."""
PLUMBING = ("Edge", "Connection")


class Writer:
    """Writes documents of a schema, those fields first that were written least.

    Args:
        schema: what is served.
        graph: what it shows.
        values: what arguments are given.
        seed: with the same one, the same documents are written.
    """

    def __init__(self, schema: GraphQLSchema, graph: model.Graph, values: Values, seed: int) -> None:
        self._schema = schema
        self._graph = graph
        self._values = values
        self._draw = Random(seed)
        self.refused = 0
        """Documents thrown away, since they were not valid."""

    def queries(self, count: int) -> Iterator[Case]:
        """So many queries."""
        for _ in range(count):
            yield self._valid(self._query)

    def sweep(self) -> Iterator[Case]:
        """Each field of each filter of Query's lists by a variable, with all that it may be, one after another."""
        for field_ in self._graph.query.fields.values():
            if isinstance(field_.source, model.Page) and field_.source.filters:
                filters = field_.source.filters
                served = self._schema.get_type(filters.name)
                assert is_input_object_type(served)
                for name, filter_ in filters.fields.items():
                    page = f"{field_.name}(first: 4, where: {{{name}: $v}})"
                    text = f"query ($v: {served.fields[name].type}) {{ {page} {{ totalCount nodes {{ id }} }} }}"
                    values = [*self._values.all(filters, filter_), None]
                    runs = tuple(Run({"v": value}, Mood.GOOD) for value in values)
                    yield self._valid(lambda text=text, runs=runs: (text, None, runs))  # type: ignore[misc]  # mypy reads defaults as arguments

    def mutation(self, fields: Sequence[tuple[str, str]], runs: Sequence[Mapping[str, Any]]) -> Case:
        """A mutation of fields, each with the name of the variable that is its input, and a payload of any shape."""
        return self._valid(lambda: self._mutation(fields, runs))

    def rows_of(self, type_name: str, count: int) -> Iterator[Case]:
        """So many queries without a bad value that show one row of a type as `row`; its ID is the variable `row`."""
        for _ in range(count):
            yield self._valid(lambda: self._row(type_name))

    def _valid(self, write: Callable[[], tuple[str, str | None, Sequence[Run]]]) -> Case:
        while True:
            text, name, runs = write()
            document = parse(text)
            if not validate(self._schema, document):
                return Case(text, document, name, tuple(runs))
            self.refused += 1
            if self.refused > 10_000:
                raise AssertionError(f"hardly a document is valid: {text}")

    def _query(self) -> tuple[str, str | None, Sequence[Run]]:
        assert self._schema.query_type is not None
        draft = Draft(left=self._draw.choice([4, 10, 20, 40]))
        depth = self._draw.choice([1, 2, 2, 3, 3, 4, 5])
        body = self._object(self._schema.query_type, depth, draft, fields=self._draw.choice([1, 1, 1, 2, 3]))
        name, text = self._whole("query", draft, body)
        return text, name, list(self._runs(draft))

    def _row(self, type_name: str) -> tuple[str, str | None, Sequence[Run]]:
        of = self._schema.get_type(type_name)
        assert is_object_type(of)
        draft = Draft(declared=["$row: ID!"], left=20, moods={Mood.GOOD: 1})
        body = self._object(of, self._draw.choice([1, 2, 3]), draft)
        name, text = self._whole("query", draft, f"{{ row: node(id: $row) {{ ... on {type_name} {body} }} }}")
        row = self._values.id(str(self._graph.objects[type_name].code), self._draw, Mood.GOOD)
        return text, name, [Run({**self._filled(draft, Mood.GOOD), "row": row}, Mood.GOOD)]

    def _mutation(
        self, fields: Sequence[tuple[str, str]], runs: Sequence[Mapping[str, Any]]
    ) -> tuple[str, str | None, Sequence[Run]]:
        assert self._schema.mutation_type is not None
        draft = Draft(left=self._draw.choice([10, 20, 30]))
        shown = []
        for field_, variable in fields:
            named = self._schema.mutation_type.fields[field_]
            of = get_named_type(named.args["input"].type)
            if f"${variable}: {of.name}!" not in draft.declared:
                draft.declared.append(f"${variable}: {of.name}!")
            payload = self._composite(get_named_type(named.type), self._draw.choice([1, 2, 3]), draft)
            head = f"{draft.name('m')}: {field_}(input: ${variable})"
            shown.append(f"{head}{self._directives(draft)} {payload}")
        name, text = self._whole("mutation", draft, f"{{ {' '.join(shown)} }}")
        filled = [{**self._filled(draft, Mood.GOOD), **run} for run in runs]
        return text, name, [Run(each, Mood.GOOD) for each in filled]

    def _whole(self, kind: str, draft: Draft, body: str) -> tuple[str | None, str]:
        name = self._draw.choice([None, "Asked", "_", "select", "DROP_TABLE_person", "x" * 80])
        if draft.declared or name or kind != "query":
            head = f"{kind} {name or ''}{'(' + ', '.join(draft.declared) + ')' if draft.declared else ''} "
        else:
            head = ""
        parts = [head + body, *draft.texts]
        if name and self._draw.random() < 0.1:
            parts.append("query Another { __typename }")
        self._draw.shuffle(parts)
        return name, "\n".join(parts)

    def _runs(self, draft: Draft) -> Iterator[Run]:
        first = self._filled(draft, Mood.GOOD)
        yield Run(first, Mood.GOOD)
        if not draft.declared:
            return
        usual = {name: name.startswith("t") for name in draft.conditions if name not in first}
        flipped = {name: _flipped(value) for name, value in {**usual, **first}.items()}
        if flipped != first:
            yield Run(flipped, Mood.GOOD)
        yield Run(self._filled(draft, Mood.GOOD), Mood.GOOD)
        yield Run(self._filled(draft, Mood.EDGE), Mood.EDGE)
        bad = self._draw.choice([None, None, Mood.BAD, Mood.BAD, Mood.WRONG])
        if bad is not None:
            yield Run(self._filled(draft, bad), bad)

    def _filled(self, draft: Draft, mood: Mood) -> dict[str, Any]:
        """Values of all variables; of bad ones only some are bad, so that more than the first error shows."""
        filled: dict[str, Any] = {}
        for fill in draft.fills:
            each = mood if mood in {Mood.GOOD, Mood.EDGE} or self._draw.random() < 0.4 else Mood.GOOD
            filled |= fill(self._draw, each)
        return filled

    # Selections

    def _composite(self, named: GraphQLNamedOutputType, depth: int, draft: Draft) -> str:
        if is_object_type(named):
            return self._object(named, depth, draft)
        assert is_abstract_type(named)
        return self._abstract(named, depth, draft)

    def _object(self, of: GraphQLObjectType, depth: int, draft: Draft, fields: int | None = None) -> str:
        chosen = self._chosen(of, depth, draft, fields)
        pieces = [self._field(of, name, depth, draft) for name in chosen]
        pieces += self._twice(of, chosen, depth, draft)
        if not pieces or self._draw.random() < 0.15:
            pieces.append(self._draw.choice(["__typename", f"{draft.name('t')}: __typename"]))
        if self._draw.random() < 0.35:
            pieces = self._wrapped(of, pieces, draft)
        if self._draw.random() < 0.1 and of.interfaces:
            shared = self._fields_of(of.interfaces[0], draft)
            pieces.append(f"... on {of.interfaces[0].name}{self._directives(draft)} {{ {shared} }}")
        if self._draw.random() < 0.2:
            pieces.append(self._fragment(of, min(depth, 1), draft))
        self._draw.shuffle(pieces)
        return f"{{ {' '.join(pieces)} }}"

    def _chosen(self, of: GraphQLObjectType, depth: int, draft: Draft, fields: int | None) -> list[str]:
        """Names of fields: leaves as many as there is room for, others while there is depth left."""
        leaves = [name for name, each in of.fields.items() if is_leaf_type(get_named_type(each.type))]
        others = [name for name in of.fields if name not in leaves]
        if of.name.endswith(PLUMBING):
            found = [name for name in of.fields if self._draw.random() < 0.5]
            return found or [self._values.least(self._draw, of.fields, of.name)]
        if of is self._schema.query_type:
            return self._roots(of, fields or 1)
        count = min(self._draw.choice([1, 2, 2, 3, 5]), max(draft.left, 1))
        found = [self._values.least(self._draw, leaves, f"{of.name}.leaf") for _ in range(count if leaves else 0)]
        if depth > 0 and draft.left > 0:
            count = self._draw.choice([0, 1, 1, 2]) if leaves else 1
            found += [
                self._values.least(self._draw, others, f"{of.name}.other") for _ in range(count if others else 0)
            ]
        return list(dict.fromkeys(found))

    def _roots(self, of: GraphQLObjectType, count: int) -> list[str]:
        """Fields of Query; seldom one that a service answers, for that leaves the whole to the reference executor."""
        shown = self._graph.query.fields
        services = [name for name in of.fields if isinstance(shown[name].source, model.Service)]
        if services and self._draw.random() < SERVED:
            return [self._values.least(self._draw, services, f"{of.name}.served")]
        others = [name for name in of.fields if name not in services]
        return list(dict.fromkeys(self._values.least(self._draw, others, of.name) for _ in range(count)))

    def _field(self, of: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int, draft: Draft) -> str:
        head = name
        alias = self._draw.random() < 0.3
        given = self._arguments(of.name, name, draft, alone=alias)
        if alias:
            head = f"{self._alias(draft)}: {name}"
        return self._filled_in(of, name, f"{head}{given}", depth, draft)

    def _filled_in(
        self, of: GraphQLObjectType | GraphQLInterfaceType, name: str, head: str, depth: int, draft: Draft
    ) -> str:
        """A field, its directives and its selection."""
        draft.left -= 1
        named = get_named_type(of.fields[name].type)
        text = f"{head}{self._directives(draft)}"
        if not is_composite_type(named):
            return text
        below = depth if of.name.endswith(PLUMBING) else depth - 1
        return f"{text} {self._composite(named, below, draft)}"

    def _alias(self, draft: Draft) -> str:
        strange = ALIASES[draft.names % len(ALIASES)]
        draft.names += 1
        return strange if draft.names <= len(ALIASES) and self._draw.random() < 0.7 else draft.name("f")

    def _twice(self, of: GraphQLObjectType, chosen: Sequence[str], depth: int, draft: Draft) -> list[str]:
        """Fields once more: under the same response name with another selection, or under another with others."""
        found = []
        shown = self._graph.query.fields if of is self._schema.query_type else {}
        for name in chosen:
            if name in shown and isinstance(shown[name].source, model.Service):
                # Of two that fail at the same time, either may be the first.
                continue
            if self._draw.random() < 0.15:
                given = self._arguments(of.name, name, draft, alone=False)
                text = self._filled_in(of, name, f"{name}{given}", depth, draft)
                found.append(f"... {{ {text} }}" if self._draw.random() < 0.3 else text)
            if self._draw.random() < 0.1:
                given = self._arguments(of.name, name, draft, alone=True)
                found.append(self._filled_in(of, name, f"{self._alias(draft)}: {name}{given}", depth, draft))
        return found

    def _wrapped(self, of: GraphQLObjectType, pieces: Sequence[str], draft: Draft) -> list[str]:
        """Some of the pieces inside an inline fragment, with or without a type, or a named one."""
        cut = self._draw.randrange(len(pieces) + 1)
        kept, inside = pieces[:cut], " ".join(pieces[cut:]) or "__typename"
        if self._draw.random() < 0.3:
            name = draft.name("Part")
            draft.texts.append(f"fragment {name} on {of.name} {{ {inside} }}")
            return [*kept, f"...{name}{self._directives(draft)}"]
        on = self._draw.choice(["", f" on {of.name}", *(f" on {each.name}" for each in of.interfaces[:1])])
        if on not in {"", f" on {of.name}"}:
            inside = f"... on {of.name} {{ {inside} }}"
        return [*kept, f"...{on}{self._directives(draft)} {{ {inside} }}"]

    def _fragment(self, of: GraphQLObjectType, depth: int, draft: Draft) -> str:
        """A spread of a named fragment, of one that there is already where possible."""
        known = draft.fragments.setdefault(of.name, [])
        if not known or self._draw.random() < 0.5:
            name = draft.name("Fragment")
            text = self._object(of, depth, draft)
            draft.texts.append(f"fragment {name} on {of.name} {text}")
            known.append(name)
        return f"...{self._draw.choice(known)}{self._directives(draft)}"

    def _abstract(self, of: GraphQLAbstractType, depth: int, draft: Draft) -> str:
        possible = self._schema.get_possible_types(of)
        pieces = ["__typename"] if self._draw.random() < 0.5 else []
        if is_interface_type(of):
            pieces.append(self._fields_of(of, draft))
        interfaces = {each.name: each for member in possible for each in member.interfaces}
        if interfaces:
            shared = interfaces[self._values.least(self._draw, interfaces, of.name)]
            pieces.append(f"... on {shared.name} {{ {self._fields_of(shared, draft)} }}")
        names = [each.name for each in possible]
        wanted = dict.fromkeys(self._values.least(self._draw, names, f"{of.name}.is") for _ in range(3))
        if not is_interface_type(of):
            wanted = {names[0]: None, **wanted}
        for name in wanted:
            member = self._schema.get_type(name)
            assert is_object_type(member)
            if self._draw.random() < 0.3:
                pieces.append(self._fragment(member, depth, draft))
            else:
                inside = self._object(member, depth, draft)
                pieces.append(f"... on {name}{self._directives(draft)} {inside}")
        self._draw.shuffle(pieces)
        return f"{{ {' '.join(pieces)} }}"

    def _fields_of(self, of: GraphQLInterfaceType, draft: Draft) -> str:
        names = [name for name in of.fields if self._draw.random() < 0.7] or ["__typename"]
        return " ".join(f"{self._alias(draft)}: {name}" if self._draw.random() < 0.3 else name for name in names)

    # Directives

    def _directives(self, draft: Draft) -> str:
        chosen = [name for name in ("include", "skip") if self._draw.random() < 0.06]
        if len(chosen) == 2 and self._draw.random() < 0.5:
            chosen.reverse()
        return "".join(f" @{name}(if: {self._condition(name, draft)})" for name in chosen)

    def _condition(self, name: str, draft: Draft) -> str:
        if self._draw.random() < 0.3:
            return self._draw.choice(["true", "false"])
        if draft.conditions and self._draw.random() < 0.3:
            return f"${self._draw.choice(draft.conditions)}"
        usual = name == "include"
        default = self._draw.random() < 0.4
        variable = draft.name("t" if usual else "f") if default else draft.name("b")
        draft.declared.append(f"${variable}: Boolean = {str(usual).lower()}" if default else f"${variable}: Boolean!")
        draft.conditions.append(variable)

        def fill(draw: Random, mood: Mood) -> Mapping[str, Any]:
            if mood is Mood.WRONG:
                return {variable: draw.choice(["true", None])}
            if default and draw.random() < 0.3:
                return {}
            return {variable: usual if draw.random() < 0.75 else not usual}

        draft.fills.append(fill)
        return f"${variable}"

    # Arguments

    def _arguments(self, of: str, name: str, draft: Draft, *, alone: bool) -> str:
        """Arguments of a field in brackets; the same again for each field without an alias, that fields may merge."""
        if not alone and (of, name) in draft.arguments:
            return draft.arguments[of, name]
        fields = self._graph.query.fields if of == "Query" else self._fields(of)
        text = ""
        if name in fields and fields[name].arguments:
            served = self._schema.get_type(of)
            assert is_object_type(served)
            types = {each: argument.type for each, argument in served.fields[name].args.items()}
            text = Given(self._values, self._draw, draft).text(fields[name], types, top=of == "Query")
        if not alone:
            draft.arguments[of, name] = text
        return text

    def _fields(self, of: str) -> Mapping[str, model.Field]:
        return self._graph.objects[of].fields if of in self._graph.objects else {}


def _flipped(value: Any) -> Any:
    """A value with each truth in it turned round."""
    if isinstance(value, dict):
        return {name: _flipped(each) for name, each in value.items()}
    return not value if isinstance(value, bool) else value
