"""Plans: compiled once for an operation, a role and what its variables decide; found again by asking."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from resolvers.graph import model
from resolvers.operations import Operation
from resolvers.planner import holes, marks, written
from resolvers.planner.compile import Compiler, Statement
from resolvers.planner.document import Nodes
from resolvers.planner.facts import Facts, Later, StepAside
from resolvers.planner.shape import Question
from resolvers.planner.written import Over
from resolvers.ports import Showing

MOST = 32
"""The most plans of one operation and role; when there are more, it begins anew."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement, whose row stands between the literals of JSON text; `binds` are values, or what gives them.

    `marks` tells that the text marks rows of somebody's record; `over` is a payload over the row that was written.
    """

    sql: str
    literals: tuple[str, ...]
    binds: tuple[Any, ...]
    holes: tuple[holes.Hole, ...]
    marks: bool = False
    over: Over | None = None

    def values(self, facts: Facts) -> list[Any]:
        """The values for one request."""
        return _given(self.binds, facts)

    def showing(self, table: str, facts: Facts) -> Showing:
        """A payload whose row a command has written in a table."""
        over = self.over or Over("", ())
        return Showing(self.sql, self.values(facts), over.sql, _given(over.binds, facts), table)

    def text(self, row: Sequence[str], facts: Facts) -> str:
        """The JSON text, its holes filled and its marks taken out, into `facts.seen`.

        Raises:
            StepAside: a computed field failed.
        """
        last = len(self.literals) - 1
        found = (
            "".join(part for place in range(last) for part in (self.literals[place], row[place]))
            + self.literals[last]
        )
        if self.marks:
            found = marks.take(found, facts.seen)
        return holes.fill(found, self.holes, facts) if self.holes else found


def _given(binds: Sequence[Any], facts: Facts) -> list[Any]:
    return [each.get(facts) if type(each) is Later else each for each in binds]


@dataclass(slots=True)
class _Fork:
    """A question, and what follows from each answer."""

    question: Question
    ways: dict[Hashable, "_Fork | Plan | StepAside"] = field(default_factory=dict)


@dataclass(slots=True)
class _Tree:
    """The plans of one operation and role."""

    root: "_Fork | Plan | StepAside | None" = None
    size: int = 0

    def find(self, facts: Facts) -> Plan | StepAside | None:
        """The plan for a request, if one was made."""
        found = self.root
        while isinstance(found, _Fork):
            found = found.ways.get(found.question(facts))
        return found

    def keep(self, path: Sequence[tuple[Question, Hashable]], plan: Plan | StepAside) -> None:
        """Keep a plan for requests that answer alike."""
        if self.size >= MOST:
            self.root, self.size = None, 0
        self.size += 1
        if not path:
            self.root = plan
            return
        if not isinstance(self.root, _Fork):
            self.root = _Fork(path[0][0])
        fork = self.root
        for (_, answer), (question, _) in pairwise(path):
            below = fork.ways.get(answer)
            if not isinstance(below, _Fork):
                below = fork.ways[answer] = _Fork(question)
            fork = below
        fork.ways[path[-1][1]] = plan


class Planner:
    """Makes plans and finds them again; they live as long as their operation."""

    def __init__(self, graph: model.Graph, schema: GraphQLSchema) -> None:
        self._graph = graph
        self._schema = schema

    def query(self, operation: Operation, facts: Facts) -> Plan:
        """The plan of a whole query.

        Raises:
            StepAside: the planner cannot plan it.
        """
        return self._plan(operation, facts, (), lambda compiler: compiler.query())

    def payload(self, operation: Operation, type_name: str, nodes: Nodes, facts: Facts) -> Plan:
        """The plan of one row of a type, whose key is `facts.key`, as the selections of `nodes` ask.

        Raises:
            StepAside: the planner cannot plan it.
        """
        which = (type_name, *map(id, nodes))  # the nodes live as long as the operation, and so as long as its plans
        return self._plan(operation, facts, which, lambda compiler: compiler.payload(type_name, nodes))

    def _plan(
        self, operation: Operation, facts: Facts, which: tuple[Hashable, ...], write: Callable[[Compiler], Statement]
    ) -> Plan:
        tree: _Tree = operation.plans.setdefault((facts.ask.sight, *which), _Tree())
        try:
            plan = tree.find(facts)
            if plan is None:
                plan = self._made(operation, facts, tree, write)
        except GraphQLError as error:
            # What the client did wrong is said by the reference, with its place in the answer.
            raise StepAside("an argument that is refused") from error
        if isinstance(plan, StepAside):
            raise StepAside(plan.reason)
        return plan

    def _made(
        self, operation: Operation, facts: Facts, tree: _Tree, write: Callable[[Compiler], Statement]
    ) -> Plan | StepAside:
        compiler = Compiler(self._graph, self._schema, operation, facts)
        plan: Plan | StepAside
        try:
            made = write(compiler)
            plan = Plan(made.sql, made.literals, tuple(compiler.binds.values), tuple(compiler.holes), compiler.marks)
            if compiler.over:
                plan = replace(plan, over=written.over(compiler.over, plan.binds))
        except StepAside as aside:
            plan = StepAside(aside.reason)
        tree.keep(compiler.shape.path, plan)
        return plan
