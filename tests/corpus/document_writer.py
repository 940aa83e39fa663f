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
from tests.corpus.argument_values import ArgumentValues, Mood
from tests.corpus.document_draft import ArgumentWriter, CaseRun, DocumentCase, DocumentDraft

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
SERVICE_SHARE = 0.03
"""The share of documents that ask a service."""
CONNECTION_SUFFIXES = ("Edge", "Connection")


class DocumentWriter:
    """Writes documents of a schema, those fields first that were written least.

    Args:
        schema: what is served.
        graph: what it shows.
        values: what arguments are given.
        seed: with the same one, the same documents are written.
    """

    def __init__(self, schema: GraphQLSchema, graph: model.Graph, values: ArgumentValues, seed: int) -> None:
        self._schema = schema
        self._graph = graph
        self._values = values
        self._draw = Random(seed)
        self.refused_count = 0
        """Documents thrown away, since they were not valid."""

    def write_queries(self, count: int) -> Iterator[DocumentCase]:
        """So many queries."""
        for _ in range(count):
            yield self._write_valid_case(self._write_query)

    def write_filter_sweep(self) -> Iterator[DocumentCase]:
        """Each field of each filter of Query's lists by a variable, with all that it may be, one after another."""
        for field_ in self._graph.query.fields.values():
            if isinstance(field_.source, model.ConnectionSource) and field_.source.filter_input:
                filters = field_.source.filter_input
                served = self._schema.get_type(filters.name)
                assert is_input_object_type(served)
                for name, filter_ in filters.fields.items():
                    page = f"{field_.name}(first: 4, where: {{{name}: $v}})"
                    text = f"query ($v: {served.fields[name].type}) {{ {page} {{ totalCount nodes {{ id }} }} }}"
                    values = [*self._values.list_filter_values(filters, filter_), None]
                    runs = tuple(CaseRun({"v": value}, Mood.GOOD) for value in values)
                    yield self._write_valid_case(lambda text=text, runs=runs: (text, None, runs))  # type: ignore[misc]  # mypy reads defaults as arguments

    def write_mutation(self, fields: Sequence[tuple[str, str]], runs: Sequence[Mapping[str, Any]]) -> DocumentCase:
        """A mutation of fields, each with the name of the variable that is its input, and a payload of any shape."""
        return self._write_valid_case(lambda: self._write_mutation_text(fields, runs))

    def write_row_queries(self, type_name: str, count: int) -> Iterator[DocumentCase]:
        """So many queries without a bad value that show one row of a type as `row`; its ID is the variable `row`."""
        for _ in range(count):
            yield self._write_valid_case(lambda: self._write_row_query(type_name))

    def _write_valid_case(self, write: Callable[[], tuple[str, str | None, Sequence[CaseRun]]]) -> DocumentCase:
        while True:
            text, name, runs = write()
            document = parse(text)
            if not validate(self._schema, document):
                return DocumentCase(text, document, name, tuple(runs))
            self.refused_count += 1
            if self.refused_count > 10_000:
                raise AssertionError(f"hardly a document is valid: {text}")

    def _write_query(self) -> tuple[str, str | None, Sequence[CaseRun]]:
        assert self._schema.query_type is not None
        draft = DocumentDraft(remaining_fields=self._draw.choice([4, 10, 20, 40]))
        depth = self._draw.choice([1, 2, 2, 3, 3, 4, 5])
        body = self._write_object_selection(
            self._schema.query_type, depth, draft, fields=self._draw.choice([1, 1, 1, 2, 3])
        )
        name, text = self._assemble_document("query", draft, body)
        return text, name, list(self._choose_runs(draft))

    def _write_row_query(self, type_name: str) -> tuple[str, str | None, Sequence[CaseRun]]:
        of = self._schema.get_type(type_name)
        assert is_object_type(of)
        draft = DocumentDraft(variable_definitions=["$row: ID!"], remaining_fields=20, moods={Mood.GOOD: 1})
        body = self._write_object_selection(of, self._draw.choice([1, 2, 3]), draft)
        name, text = self._assemble_document(
            "query", draft, f"{{ row: node(id: $row) {{ ... on {type_name} {body} }} }}"
        )
        row = self._values.choose_global_id(str(self._graph.object_types[type_name].code), self._draw, Mood.GOOD)
        return text, name, [CaseRun({**self._fill_variables(draft, Mood.GOOD), "row": row}, Mood.GOOD)]

    def _write_mutation_text(
        self, fields: Sequence[tuple[str, str]], runs: Sequence[Mapping[str, Any]]
    ) -> tuple[str, str | None, Sequence[CaseRun]]:
        assert self._schema.mutation_type is not None
        draft = DocumentDraft(remaining_fields=self._draw.choice([10, 20, 30]))
        shown = []
        for field_, variable in fields:
            named = self._schema.mutation_type.fields[field_]
            of = get_named_type(named.args["input"].type)
            if f"${variable}: {of.name}!" not in draft.variable_definitions:
                draft.variable_definitions.append(f"${variable}: {of.name}!")
            payload = self._write_composite(get_named_type(named.type), self._draw.choice([1, 2, 3]), draft)
            head = f"{draft.create_name('m')}: {field_}(input: ${variable})"
            shown.append(f"{head}{self._write_directives(draft)} {payload}")
        name, text = self._assemble_document("mutation", draft, f"{{ {' '.join(shown)} }}")
        filled = [{**self._fill_variables(draft, Mood.GOOD), **run} for run in runs]
        return text, name, [CaseRun(each, Mood.GOOD) for each in filled]

    def _assemble_document(self, kind: str, draft: DocumentDraft, body: str) -> tuple[str | None, str]:
        name = self._draw.choice([None, "Asked", "_", "select", "DROP_TABLE_person", "x" * 80])
        if draft.variable_definitions or name or kind != "query":
            variables = f"({', '.join(draft.variable_definitions)})" if draft.variable_definitions else ""
            head = f"{kind} {name or ''}{variables} "
        else:
            head = ""
        parts = [head + body, *draft.texts]
        if name and self._draw.random() < 0.1:
            parts.append("query Another { __typename }")
        self._draw.shuffle(parts)
        return name, "\n".join(parts)

    def _choose_runs(self, draft: DocumentDraft) -> Iterator[CaseRun]:
        first = self._fill_variables(draft, Mood.GOOD)
        yield CaseRun(first, Mood.GOOD)
        if not draft.variable_definitions:
            return
        usual = {name: name.startswith("t") for name in draft.conditions if name not in first}
        flipped = {name: _flip_booleans(value) for name, value in {**usual, **first}.items()}
        if flipped != first:
            yield CaseRun(flipped, Mood.GOOD)
        yield CaseRun(self._fill_variables(draft, Mood.GOOD), Mood.GOOD)
        yield CaseRun(self._fill_variables(draft, Mood.EDGE), Mood.EDGE)
        bad = self._draw.choice([None, None, Mood.BAD, Mood.BAD, Mood.WRONG])
        if bad is not None:
            yield CaseRun(self._fill_variables(draft, bad), bad)

    def _fill_variables(self, draft: DocumentDraft, mood: Mood) -> dict[str, Any]:
        """Values of all variables; of bad ones only some are bad, so that more than the first error shows."""
        filled: dict[str, Any] = {}
        for fill in draft.variable_fillers:
            each = mood if mood in {Mood.GOOD, Mood.EDGE} or self._draw.random() < 0.4 else Mood.GOOD
            filled |= fill(self._draw, each)
        return filled

    # Selections

    def _write_composite(self, named: GraphQLNamedOutputType, depth: int, draft: DocumentDraft) -> str:
        if is_object_type(named):
            return self._write_object_selection(named, depth, draft)
        assert is_abstract_type(named)
        return self._write_abstract_selection(named, depth, draft)

    def _write_object_selection(
        self, of: GraphQLObjectType, depth: int, draft: DocumentDraft, fields: int | None = None
    ) -> str:
        chosen = self._choose_fields(of, depth, draft, fields)
        pieces = [self._write_field(of, name, depth, draft) for name in chosen]
        pieces += self._repeat_fields(of, chosen, depth, draft)
        if not pieces or self._draw.random() < 0.15:
            pieces.append(self._draw.choice(["__typename", f"{draft.create_name('t')}: __typename"]))
        if self._draw.random() < 0.35:
            pieces = self._wrap_in_fragments(of, pieces, draft)
        if self._draw.random() < 0.1 and of.interfaces:
            shared = self._write_interface_fields(of.interfaces[0], draft)
            pieces.append(f"... on {of.interfaces[0].name}{self._write_directives(draft)} {{ {shared} }}")
        if self._draw.random() < 0.2:
            pieces.append(self._spread_fragment(of, min(depth, 1), draft))
        self._draw.shuffle(pieces)
        return f"{{ {' '.join(pieces)} }}"

    def _choose_fields(
        self, of: GraphQLObjectType, depth: int, draft: DocumentDraft, fields: int | None
    ) -> list[str]:
        """Names of fields: leaves as many as there is room for, others while there is depth left."""
        leaves = [name for name, each in of.fields.items() if is_leaf_type(get_named_type(each.type))]
        others = [name for name in of.fields if name not in leaves]
        if of.name.endswith(CONNECTION_SUFFIXES):
            found = [name for name in of.fields if self._draw.random() < 0.5]
            return found or [self._values.choose_least_used(self._draw, of.fields, of.name)]
        if of is self._schema.query_type:
            return self._choose_root_fields(of, fields or 1)
        count = min(self._draw.choice([1, 2, 2, 3, 5]), max(draft.remaining_fields, 1))
        found = [
            self._values.choose_least_used(self._draw, leaves, f"{of.name}.leaf")
            for _ in range(count if leaves else 0)
        ]
        if depth > 0 and draft.remaining_fields > 0:
            count = self._draw.choice([0, 1, 1, 2]) if leaves else 1
            found += [
                self._values.choose_least_used(self._draw, others, f"{of.name}.other")
                for _ in range(count if others else 0)
            ]
        return list(dict.fromkeys(found))

    def _choose_root_fields(self, of: GraphQLObjectType, count: int) -> list[str]:
        """Fields of Query; seldom one that a service answers, for that leaves the whole to the reference executor."""
        shown = self._graph.query.fields
        services = [name for name in of.fields if isinstance(shown[name].source, model.ServiceSource)]
        if services and self._draw.random() < SERVICE_SHARE:
            return [self._values.choose_least_used(self._draw, services, f"{of.name}.served")]
        others = [name for name in of.fields if name not in services]
        return list(dict.fromkeys(self._values.choose_least_used(self._draw, others, of.name) for _ in range(count)))

    def _write_field(
        self, of: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int, draft: DocumentDraft
    ) -> str:
        head = name
        alias = self._draw.random() < 0.3
        given = self._write_field_arguments(of.name, name, draft, alone=alias)
        if alias:
            head = f"{self._choose_alias(draft)}: {name}"
        return self._write_complete_field(of, name, f"{head}{given}", depth, draft)

    def _write_complete_field(
        self, of: GraphQLObjectType | GraphQLInterfaceType, name: str, head: str, depth: int, draft: DocumentDraft
    ) -> str:
        """A field, its directives and its selection."""
        draft.remaining_fields -= 1
        named = get_named_type(of.fields[name].type)
        text = f"{head}{self._write_directives(draft)}"
        if not is_composite_type(named):
            return text
        below = depth if of.name.endswith(CONNECTION_SUFFIXES) else depth - 1
        return f"{text} {self._write_composite(named, below, draft)}"

    def _choose_alias(self, draft: DocumentDraft) -> str:
        strange = ALIASES[draft.name_count % len(ALIASES)]
        draft.name_count += 1
        return strange if draft.name_count <= len(ALIASES) and self._draw.random() < 0.7 else draft.create_name("f")

    def _repeat_fields(
        self, of: GraphQLObjectType, chosen: Sequence[str], depth: int, draft: DocumentDraft
    ) -> list[str]:
        """Fields once more: under the same response name with another selection, or under another with others."""
        found = []
        shown = self._graph.query.fields if of is self._schema.query_type else {}
        for name in chosen:
            if name in shown and isinstance(shown[name].source, model.ServiceSource):
                # Of two that fail at the same time, either may be the first.
                continue
            if self._draw.random() < 0.15:
                given = self._write_field_arguments(of.name, name, draft, alone=False)
                text = self._write_complete_field(of, name, f"{name}{given}", depth, draft)
                found.append(f"... {{ {text} }}" if self._draw.random() < 0.3 else text)
            if self._draw.random() < 0.1:
                given = self._write_field_arguments(of.name, name, draft, alone=True)
                found.append(
                    self._write_complete_field(of, name, f"{self._choose_alias(draft)}: {name}{given}", depth, draft)
                )
        return found

    def _wrap_in_fragments(self, of: GraphQLObjectType, pieces: Sequence[str], draft: DocumentDraft) -> list[str]:
        """Some of the pieces inside an inline fragment, with or without a type, or a named one."""
        cut = self._draw.randrange(len(pieces) + 1)
        kept, inside = pieces[:cut], " ".join(pieces[cut:]) or "__typename"
        if self._draw.random() < 0.3:
            name = draft.create_name("Part")
            draft.texts.append(f"fragment {name} on {of.name} {{ {inside} }}")
            return [*kept, f"...{name}{self._write_directives(draft)}"]
        on = self._draw.choice(["", f" on {of.name}", *(f" on {each.name}" for each in of.interfaces[:1])])
        if on not in {"", f" on {of.name}"}:
            inside = f"... on {of.name} {{ {inside} }}"
        return [*kept, f"...{on}{self._write_directives(draft)} {{ {inside} }}"]

    def _spread_fragment(self, of: GraphQLObjectType, depth: int, draft: DocumentDraft) -> str:
        """A spread of a named fragment, of one that there is already where possible."""
        known = draft.fragments.setdefault(of.name, [])
        if not known or self._draw.random() < 0.5:
            name = draft.create_name("Fragment")
            text = self._write_object_selection(of, depth, draft)
            draft.texts.append(f"fragment {name} on {of.name} {text}")
            known.append(name)
        return f"...{self._draw.choice(known)}{self._write_directives(draft)}"

    def _write_abstract_selection(self, of: GraphQLAbstractType, depth: int, draft: DocumentDraft) -> str:
        possible = self._schema.get_possible_types(of)
        pieces = ["__typename"] if self._draw.random() < 0.5 else []
        if is_interface_type(of):
            pieces.append(self._write_interface_fields(of, draft))
        interfaces = {each.name: each for member in possible for each in member.interfaces}
        if interfaces:
            shared = interfaces[self._values.choose_least_used(self._draw, interfaces, of.name)]
            pieces.append(f"... on {shared.name} {{ {self._write_interface_fields(shared, draft)} }}")
        names = [each.name for each in possible]
        wanted = dict.fromkeys(self._values.choose_least_used(self._draw, names, f"{of.name}.is") for _ in range(3))
        if not is_interface_type(of):
            wanted = {names[0]: None, **wanted}
        for name in wanted:
            member = self._schema.get_type(name)
            assert is_object_type(member)
            if self._draw.random() < 0.3:
                pieces.append(self._spread_fragment(member, depth, draft))
            else:
                inside = self._write_object_selection(member, depth, draft)
                pieces.append(f"... on {name}{self._write_directives(draft)} {inside}")
        self._draw.shuffle(pieces)
        return f"{{ {' '.join(pieces)} }}"

    def _write_interface_fields(self, of: GraphQLInterfaceType, draft: DocumentDraft) -> str:
        names = [name for name in of.fields if self._draw.random() < 0.7] or ["__typename"]
        return " ".join(
            f"{self._choose_alias(draft)}: {name}" if self._draw.random() < 0.3 else name for name in names
        )

    # Directives

    def _write_directives(self, draft: DocumentDraft) -> str:
        chosen = [name for name in ("include", "skip") if self._draw.random() < 0.06]
        if len(chosen) == 2 and self._draw.random() < 0.5:
            chosen.reverse()
        return "".join(f" @{name}(if: {self._write_condition(name, draft)})" for name in chosen)

    def _write_condition(self, name: str, draft: DocumentDraft) -> str:
        if self._draw.random() < 0.3:
            return self._draw.choice(["true", "false"])
        if draft.conditions and self._draw.random() < 0.3:
            return f"${self._draw.choice(draft.conditions)}"
        usual = name == "include"
        default = self._draw.random() < 0.4
        variable = draft.create_name("t" if usual else "f") if default else draft.create_name("b")
        draft.variable_definitions.append(
            f"${variable}: Boolean = {str(usual).lower()}" if default else f"${variable}: Boolean!"
        )
        draft.conditions.append(variable)

        def fill(draw: Random, mood: Mood) -> Mapping[str, Any]:
            if mood is Mood.WRONG:
                return {variable: draw.choice(["true", None])}
            if default and draw.random() < 0.3:
                return {}
            return {variable: usual if draw.random() < 0.75 else not usual}

        draft.variable_fillers.append(fill)
        return f"${variable}"

    # Arguments

    def _write_field_arguments(self, of: str, name: str, draft: DocumentDraft, *, alone: bool) -> str:
        """Arguments of a field in brackets; the same again for each field without an alias, that fields may merge."""
        if not alone and (of, name) in draft.arguments:
            return draft.arguments[of, name]
        fields = self._graph.query.fields if of == "Query" else self._find_graph_fields(of)
        text = ""
        if name in fields and fields[name].arguments:
            served = self._schema.get_type(of)
            assert is_object_type(served)
            types = {each: argument.type for each, argument in served.fields[name].args.items()}
            text = ArgumentWriter(self._values, self._draw, draft).write_arguments(
                fields[name], types, top=of == "Query"
            )
        if not alone:
            draft.arguments[of, name] = text
        return text

    def _find_graph_fields(self, of: str) -> Mapping[str, model.ObjectField]:
        return self._graph.object_types[of].fields if of in self._graph.object_types else {}


def _flip_booleans(value: Any) -> Any:
    """A value with each truth in it turned round."""
    if isinstance(value, dict):
        return {name: _flip_booleans(each) for name, each in value.items()}
    return not value if isinstance(value, bool) else value
