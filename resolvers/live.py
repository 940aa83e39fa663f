"""Subscriptions: what an operation listens to, and each event told as it asks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from graphql import (
    FieldNode,
    GraphQLObjectType,
    NameNode,
    SelectionSetNode,
    get_argument_values,
)
from graphql.execution.values import VariableValues

from domain.event.facts import Event, Place, Topic
from resolvers import coercion
from resolvers.answers import Answers
from resolvers.graph import ids, model, scalars
from resolvers.operations import Operation
from resolvers.planner import ask, cursors
from resolvers.planner.document import Document
from resolvers.ports import Asking

_TYPE_NAME: Final = FieldNode(name=NameNode(value="__typename"))
_ANYTHING: Final = (
    FieldNode(name=NameNode(value="event"), selection_set=SelectionSetNode(selections=(_TYPE_NAME,))),
)


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """A subscription, understood: events of `topic` after a place, or from now on; of one subject, or of all.

    `name` is the response name of its one field, `cells` are the selected fields of the event by response name.
    """

    operation: Operation
    variables: Mapping[str, Any]
    topic: Topic
    after: Place | None
    subject: int | None
    shows: str
    name: str
    cells: Mapping[str, Sequence[FieldNode]]
    of: str

    def takes(self, event: Event) -> bool:
        """Whether an event is one of those that are listened to."""
        return event.topic is self.topic and self.subject in {None, event.subject}


class Live:
    """Understands subscriptions and tells events.

    Args:
        graph: what is shown.
        answers: what shows rows.
    """

    def __init__(self, graph: model.Graph, answers: Answers) -> None:
        self._graph = graph
        self._answers = answers

    def listening(self, operation: Operation, variables: Mapping[str, Any]) -> Listening:
        """What a subscription listens to.

        Raises:
            GraphQLError: a variable or an argument is refused, or the one field is left out.
        """
        schema = self._answers.schema
        coerced = coercion.variables(schema, operation, variables)
        if not isinstance(coerced, VariableValues):
            raise coerced[0]
        document = Document(schema, operation.fragments, lambda name: coercion.truth(coerced, name))
        name, nodes = _only(document.fields("Subscription", [operation.node]))
        field = _field(self._graph, nodes[0])
        events = cast("model.Events", field.source)
        definition = cast("GraphQLObjectType", schema.subscription_type).fields[field.name]
        given = get_argument_values(definition, nodes[0], coerced)
        return Listening(
            operation=operation,
            variables=variables,
            topic=events.topic,
            after=_place(given.get("after")),
            subject=_subject(events, given),
            shows=events.shows,
            name=name,
            cells=document.fields(field.shape.name, nodes),
            of=field.shape.name,
        )

    async def told(self, listening: Listening, event: Event, asking: Asking) -> bytes | None:
        """The JSON text of `data` for an event; None where its subject is out of sight.

        Raises:
            GraphQLError: an argument below the subject is refused.
        """
        seen = False
        cells: list[bytes] = []
        for name, nodes in listening.cells.items():
            cell = _own(listening, event, nodes[0].name.value)
            if cell is None:
                cell = await self._subject(listening, nodes, event, asking)
                seen = True
            if cell is None:
                return None
            cells.append(b'"%b":%b' % (name.encode(), cell))
        if not seen and await self._subject(listening, _ANYTHING, event, asking) is None:
            return None
        return b'{"%b":{%b}}' % (listening.name.encode(), b",".join(cells))

    async def _subject(
        self, listening: Listening, nodes: Sequence[FieldNode], event: Event, asking: Asking
    ) -> bytes | None:
        return await self._answers.payload(
            listening.operation, nodes, listening.shows, event.subject, listening.variables, asking
        )


def cursor(place: Place) -> str:
    """The cursor of an event, as clients see it."""
    return cursors.encoded("event", place.xid, place.number)


def place(text: str) -> Place:
    """The place of a cursor. Raises ValueError for anything else."""
    try:
        found = cursors.decoded(text)
    except ValueError:
        found = []
    match found:
        case ["event", int(xid), int(number)] if 0 <= xid <= ids.LARGEST and 0 <= number <= ids.LARGEST:
            return Place(xid, number)
        case _:
            raise ValueError("this is no cursor of an event")


def _only(fields: Mapping[str, Sequence[FieldNode]]) -> tuple[str, Sequence[FieldNode]]:
    """The one field of a subscription: a valid one has no more, but conditions may leave it out."""
    if len(fields) != 1:
        raise ask.BadArgument("a subscription asks for exactly one field")
    return next(iter(fields.items()))


def _field(graph: model.Graph, node: FieldNode) -> model.Field:
    found = graph.subscription.fields.get(node.name.value) if graph.subscription else None
    if found is None:
        raise ask.BadArgument("a subscription asks for one of the fields of Subscription")
    return found


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    try:
        return place(text)
    except ValueError as reason:
        raise ask.BadArgument(f"`after`: {reason}") from None


def _subject(events: model.Events, given: Mapping[str, Any]) -> int | None:
    text = given.get(events.under) if events.chosen else None
    return None if text is None else ask.key(events.code, text)


def _own(listening: Listening, event: Event, field: str) -> bytes | None:
    """A field of the event itself; None for the one that shows its subject."""
    match field:
        case "__typename":
            value = listening.of
        case "cursor":
            value = cursor(event.place)
        case "at":
            value = scalars.show_instant(event.at)
        case _:
            return None
    return json.dumps(value).encode()
