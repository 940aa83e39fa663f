"""The whole schema: declarations compiled to the graph, and the graph served by the reference executor."""

from domain import refusals, scope
from domain.evaluation.facts import Period
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.journal import commands as journal
from domain.people.refusals import PostHeld
from resolvers.graph import build, model, scalars
from resolvers.graph.tables import Access
from resolvers.reference import schema as reference
from schema import audit, evaluation, job, organisation, people, plan, risk, summary, training
from schema.mutation import Mutation
from schema.query import Query
from schema.subscription import Subscription
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed


def compiled(access: Access) -> model.Graph:
    """The graph of the whole schema, with whose rows and whose fields as `access` says."""
    return build.compile(
        Query,
        Mutation,
        Subscription,
        types=(organisation, people, plan, evaluation, risk, summary, training, job, audit),
        access=access,
        stands_for={Period: scalars.PERIOD},
        refusals=(PeriodClosed, AlreadyEvaluated, SessionClosed, SeatsTaken, NobodyEligible, PostHeld),
        always=(
            refusals.NotSignedIn,
            refusals.NotAllowed,
            refusals.NotFound,
            refusals.InvalidInput,
            refusals.KeyReused,
            refusals.Conflict,
        ),
    )


GRAPH = compiled(scope)

SCHEMA = reference.schema(GRAPH, once=journal.once)
