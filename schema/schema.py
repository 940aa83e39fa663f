"""The whole schema: declarations compiled to the graph, and the graph served by the reference executor."""

from domain import refusals
from domain.access import scopes
from domain.evaluation.facts import Period
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.idempotency import commands as idempotency
from domain.people.refusals import PositionOccupied
from resolvers.graph import compiler, model, scalars
from resolvers.graph.access_rules import AccessRules
from resolvers.reference import strawberry_schema as reference
from schema import audit, evaluation, job, organisation, people, plan, risk, summary, training
from schema.mutation import Mutation
from schema.query import Query
from schema.subscription import Subscription
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed


def compile_schema(access: AccessRules) -> model.Graph:
    """The graph of the whole schema, with whose rows and whose fields as `access` says."""
    return compiler.compile_graph(
        Query,
        Mutation,
        Subscription,
        types=(organisation, people, plan, evaluation, risk, summary, training, job, audit),
        access=access,
        extra_scalars={Period: scalars.PERIOD},
        refusals=(PeriodClosed, AlreadyEvaluated, SessionClosed, SeatsTaken, NobodyEligible, PositionOccupied),
        common_refusals=(
            refusals.NotSignedIn,
            refusals.NotAllowed,
            refusals.NotFound,
            refusals.InvalidInput,
            refusals.KeyReused,
            refusals.Conflict,
        ),
    )


GRAPH = compile_schema(scopes)

SCHEMA = reference.build_strawberry_schema(GRAPH, run_once=idempotency.run_once)
