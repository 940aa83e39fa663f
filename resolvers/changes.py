"""Mutations by the planner: each command in its transaction, its payload by one SQL before the commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    get_argument_values,
    located_error,
)

from domain.ports import Act
from domain.refusals import Refusal
from resolvers import coercion, mutations
from resolvers.graph import ids, model
from resolvers.mutations import Once
from resolvers.operations import Operation
from resolvers.planner import holes
from resolvers.planner.document import Document, Nodes
from resolvers.planner.facts import Facts, StepAside
from resolvers.planner.plans import Plan, Planner
from resolvers.ports import Asking
from resolvers.reference import execute


@dataclass(frozen=True, slots=True)
class Changed:
    """What a mutation came to: the JSON text of `data`, and the errors of fields that failed."""

    data: bytes
    errors: tuple[GraphQLError, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """What one field of a mutation shows, as JSON text, and its errors."""

    text: str
    errors: tuple[GraphQLError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Request:
    """One mutation that is being run."""

    operation: Operation
    variables: Mapping[str, Any]
    document: Document
    facts: Facts
    asking: Asking


@dataclass(frozen=True, slots=True)
class _Step:
    """One field of a mutation, ready to run."""

    name: str
    field: str
    command: model.Command
    given: Mapping[str, Any]
    nodes: Nodes
    plan: Plan


class Changes:
    """Runs mutations whose payloads can all be planned."""

    def __init__(self, graph: model.Graph, schema: GraphQLSchema, planner: Planner, once: Once) -> None:
        self._graph = graph
        self._schema = schema
        self._planner = planner
        self._once = once

    async def run(self, operation: Operation, variables: Mapping[str, Any], facts: Facts, asking: Asking) -> Changed:
        """Run the fields of a mutation one after another; one that fails does not stop the next.

        Raises:
            StepAside: before anything was changed, that the planner cannot plan it.
        """
        document = Document(self._schema, operation.fragments, lambda name: coercion.truth(facts.variables, name))
        request = _Request(operation, variables, document, facts, asking)
        cells: list[str] = []
        errors: list[GraphQLError] = []
        for name, step in self._steps(operation, document, facts).items():
            shown = step if isinstance(step, Payload) else await self._shown(step, request)
            cells.append(f'"{name}":{shown.text}')
            errors += shown.errors
        return Changed(f"{{{','.join(cells)}}}".encode(), tuple(errors))

    async def _shown(self, step: _Step, request: _Request) -> Payload:
        try:
            return await self._cell(step, request)
        except Exception as error:  # noqa: BLE001 - the field's error, as graphql-core has it
            return Payload("null", (located_error(error, list(step.nodes), [step.name]),))

    def _steps(self, operation: Operation, document: Document, facts: Facts) -> dict[str, _Step | Payload]:
        """The fields by response name; those that run nothing as they are shown."""
        try:
            asked = document.fields("Mutation", [operation.node])
            return {name: self._step(operation, name, nodes, facts) for name, nodes in asked.items()}
        except GraphQLError as error:
            raise StepAside("an argument that is refused") from error

    def _step(self, operation: Operation, name: str, nodes: Nodes, facts: Facts) -> _Step | Payload:
        field_name = nodes[0].name.value
        if field_name.startswith("__"):
            return Payload('"Mutation"')
        command = cast("model.Command", cast("model.Object", self._graph.mutation).fields[field_name].source)
        definition = cast("GraphQLObjectType", self._schema.mutation_type).fields[field_name]
        given = get_argument_values(definition, nodes[0], facts.variables)["input"]
        plan = self._planner.payload(operation, command.shows, nodes, facts)
        return _Step(name, field_name, command, given, nodes, plan)

    async def _cell(self, step: _Step, request: _Request) -> Payload:
        table = str(self._graph.objects[step.command.shows].table)

        async def show(_act: Act, key: int) -> Payload | None:
            request.facts.key = key
            found = await request.asking.read_written(step.plan.showing(table, request.facts))
            if not found:
                return None
            try:
                return Payload(step.plan.text(found[0], request.facts))
            except StepAside:
                return await self._by_reference(step, key, request)

        outcome = await mutations.run(request.asking, step.field, step.command, step.given, self._once, show)
        if outcome is None:
            raise mutations.out_of_sight(step.field, step.command)
        if isinstance(outcome, Refusal):
            return Payload(_refused(request.document, step, outcome))
        return outcome

    async def _by_reference(self, step: _Step, key: int, request: _Request) -> Payload:
        """The payload with its errors; the command has run, and does not again."""
        code = str(self._graph.objects[step.command.shows].code)
        result = await execute.row(
            self._schema,
            request.operation,
            step.name,
            step.nodes,
            ids.write(code, key),
            request.variables,
            request.asking,
        )
        return Payload(holes.write((result.data or {}).get(step.name)), tuple(result.errors or ()))


def _refused(document: Document, step: _Step, refusal: Refusal) -> str:
    of, values = mutations.shown(refusal, step.command.refusals)
    known = {**values, "__typename": of}
    asked = document.fields(of, step.nodes)
    cells = {name: known[under[0].name.value] for name, under in asked.items()}
    return holes.write(cells)
