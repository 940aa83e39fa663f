"""What the service serves: the schema, the graph behind it and who answers from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import GraphQLSchema

from resolvers.answers import Answer
from resolvers.graph import model
from resolvers.live import Live
from resolvers.operations import Operation
from resolvers.ports import Asking
from resolvers.reference.schema import Served


class Answering(Protocol):
    """Whoever answers operations; `resolvers.answers.Answers` does."""

    async def answer(self, operation: Operation, variables: Mapping[str, Any], asking: Asking) -> Answer:
        """Answer a query or a mutation."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """A schema, its graph and who answers; `live` understands its subscriptions, if it has any."""

    schema: Served
    graph: model.Graph
    answers: Answering
    live: Live | None = None

    @property
    def core(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self.schema.core
