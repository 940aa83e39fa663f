"""Composition root: the whole served API, built once at import."""

from domain.idempotency import commands as idempotency
from kinerja.graphql_server.api import Api
from resolvers.executor import Executor
from resolvers.subscriptions import SubscriptionExecutor
from schema.schema import GRAPH, SCHEMA

_EXECUTOR = Executor(GRAPH, SCHEMA, idempotency.run_once)

API = Api(SCHEMA, GRAPH, _EXECUTOR, SubscriptionExecutor(GRAPH, _EXECUTOR))
