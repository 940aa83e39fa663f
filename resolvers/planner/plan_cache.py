"""Plan cache: plans compiled once per operation, role and plan key, then reused."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from resolvers.graph import model
from resolvers.operations import Operation
from resolvers.planner import access_markers, payload_rewrite, python_fields
from resolvers.planner.compiler import PlannedStatement, QueryCompiler
from resolvers.planner.payload_rewrite import WrittenRowQuery
from resolvers.planner.plan_key import PlanQuestion
from resolvers.planner.request_values import DeferredValue, FallbackToReference, RequestValues
from resolvers.planner.selections import FieldNodes
from resolvers.ports import PayloadQuery

MAX_PLANS = 32
"""Maximum number of plans of one operation and role; the cache is emptied beyond it."""


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """One compiled statement; the values of its row go between the literals of JSON text.

    `parameters` are plain or deferred values. `has_access_markers` is true for text with access markers;
    `written_row_query` is a payload over the written row.
    """

    sql: str
    literals: tuple[str, ...]
    parameters: tuple[Any, ...]
    python_fields: tuple[python_fields.PythonField, ...]
    has_access_markers: bool = False
    written_row_query: WrittenRowQuery | None = None

    def resolve_parameters(self, values: RequestValues) -> list[Any]:
        """The parameter values for one request."""
        return _resolve_deferred_values(self.parameters, values)

    def build_payload_query(self, table: str, values: RequestValues) -> PayloadQuery:
        """The payload query over a row written by a command."""
        over = self.written_row_query or WrittenRowQuery("", ())
        return PayloadQuery(
            self.sql,
            self.resolve_parameters(values),
            over.sql,
            _resolve_deferred_values(over.parameters, values),
            table,
        )

    def render_json(self, row: Sequence[str], values: RequestValues) -> str:
        """Render the JSON text, with Python fields filled and access markers removed.

        The people of the markers are added to `values.viewed_people`.

        Raises:
            FallbackToReference: a computed field failed.
        """
        last = len(self.literals) - 1
        found = (
            "".join(part for place in range(last) for part in (self.literals[place], row[place]))
            + self.literals[last]
        )
        if self.has_access_markers:
            found = access_markers.extract_access_markers(found, values.viewed_people)
        return python_fields.fill_python_fields(found, self.python_fields, values) if self.python_fields else found


def _resolve_deferred_values(parameters: Sequence[Any], values: RequestValues) -> list[Any]:
    return [each.compute(values) if type(each) is DeferredValue else each for each in parameters]


@dataclass(slots=True)
class _DecisionNode:
    """A plan question, with a branch for each answer."""

    question: PlanQuestion
    branches: dict[Hashable, "_DecisionNode | QueryPlan | FallbackToReference"] = field(default_factory=dict)


@dataclass(slots=True)
class _DecisionTree:
    """The plans of one operation and role, as a decision tree."""

    root: "_DecisionNode | QueryPlan | FallbackToReference | None" = None
    size: int = 0

    def find_plan(self, values: RequestValues) -> QueryPlan | FallbackToReference | None:
        """The plan for a request; None if not compiled yet."""
        found = self.root
        while isinstance(found, _DecisionNode):
            found = found.branches.get(found.question(values))
        return found

    def store_plan(
        self, path: Sequence[tuple[PlanQuestion, Hashable]], plan: QueryPlan | FallbackToReference
    ) -> None:
        """Store a plan for requests with the same decisions."""
        if self.size >= MAX_PLANS:
            self.root, self.size = None, 0
        self.size += 1
        if not path:
            self.root = plan
            return
        if not isinstance(self.root, _DecisionNode):
            self.root = _DecisionNode(path[0][0])
        fork = self.root
        for (_, answer), (question, _) in pairwise(path):
            below = fork.branches.get(answer)
            if not isinstance(below, _DecisionNode):
                below = fork.branches[answer] = _DecisionNode(question)
            fork = below
        fork.branches[path[-1][1]] = plan


class Planner:
    """Compiles and caches plans; they live as long as their operation."""

    def __init__(self, graph: model.Graph, schema: GraphQLSchema) -> None:
        self._graph = graph
        self._schema = schema

    def plan_query(self, operation: Operation, values: RequestValues) -> QueryPlan:
        """The plan of a whole query.

        Raises:
            FallbackToReference: the planner cannot plan it.
        """
        return self._get_plan(operation, values, (), lambda compiler: compiler.compile_query())

    def plan_payload(
        self, operation: Operation, type_name: str, nodes: FieldNodes, values: RequestValues
    ) -> QueryPlan:
        """The plan of a payload: one row of a type, with key `values.row_key`.

        The fields are the selections of `nodes`.

        Raises:
            FallbackToReference: the planner cannot plan it.
        """
        which = (type_name, *map(id, nodes))  # the nodes live as long as the operation, and so as long as its plans
        return self._get_plan(operation, values, which, lambda compiler: compiler.compile_payload(type_name, nodes))

    def _get_plan(
        self,
        operation: Operation,
        values: RequestValues,
        which: tuple[Hashable, ...],
        write: Callable[[QueryCompiler], PlannedStatement],
    ) -> QueryPlan:
        tree: _DecisionTree = operation.plans.setdefault((values.context.scope_key, *which), _DecisionTree())
        try:
            plan = tree.find_plan(values)
            if plan is None:
                plan = self._build_plan(operation, values, tree, write)
        except GraphQLError as error:
            # The reference executor reports the client's mistake, with its path in the answer.
            raise FallbackToReference("an argument that is refused") from error
        if isinstance(plan, FallbackToReference):
            raise FallbackToReference(plan.reason)
        return plan

    def _build_plan(
        self,
        operation: Operation,
        values: RequestValues,
        tree: _DecisionTree,
        write: Callable[[QueryCompiler], PlannedStatement],
    ) -> QueryPlan | FallbackToReference:
        compiler = QueryCompiler(self._graph, self._schema, operation, values)
        plan: QueryPlan | FallbackToReference
        try:
            made = write(compiler)
            plan = QueryPlan(
                made.sql,
                made.literals,
                tuple(compiler.parameters.values),
                tuple(compiler.python_fields),
                compiler.has_access_markers,
            )
            if compiler.written_row_sql:
                plan = replace(
                    plan,
                    written_row_query=payload_rewrite.build_written_row_query(
                        compiler.written_row_sql, plan.parameters
                    ),
                )
        except FallbackToReference as aside:
            plan = FallbackToReference(aside.reason)
        tree.store_plan(compiler.plan_key.decisions, plan)
        return plan
