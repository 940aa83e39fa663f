"""Subscription executor: topic and start of a subscription, and the JSON of each event."""

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

from domain.event.facts import Event, EventPosition, EventTopic
from resolvers import variable_values
from resolvers.executor import Executor
from resolvers.graph import global_ids, model, scalars
from resolvers.operations import Operation
from resolvers.planner import cursors, field_arguments
from resolvers.planner.selections import Selections
from resolvers.ports import ExecutionContext

_TYPENAME_NODE: Final = FieldNode(name=NameNode(value="__typename"))
_VISIBILITY_PROBE: Final = (
    FieldNode(name=NameNode(value="event"), selection_set=SelectionSetNode(selections=(_TYPENAME_NODE,))),
)


@dataclass(frozen=True, slots=True, eq=False)
class ActiveSubscription:
    """A parsed subscription: events of `topic`, of one subject or of all.

    `after` is the start position, None for events from now on. `response_name` is the response name of its one field,
    `selected_fields` are the selected fields of the event by response name.
    """

    operation: Operation
    variables: Mapping[str, Any]
    topic: EventTopic
    after: EventPosition | None
    subject_id: int | None
    type_name: str
    response_name: str
    selected_fields: Mapping[str, Sequence[FieldNode]]
    event_type: str

    def accepts_event(self, event: Event) -> bool:
        """True for an event of this topic and subject."""
        return event.topic is self.topic and self.subject_id in {None, event.subject}


class SubscriptionExecutor:
    """Parses subscriptions and renders their events.

    Args:
        graph: the graph behind the schema.
        executor: renders the rows of the subjects.
    """

    def __init__(self, graph: model.Graph, executor: Executor) -> None:
        self._graph = graph
        self._executor = executor

    def parse_subscription(self, operation: Operation, variables: Mapping[str, Any]) -> ActiveSubscription:
        """Parse a subscription: topic, start position, subject and selected fields.

        Raises:
            GraphQLError: a variable or an argument is refused, or the one field is left out.
        """
        schema = self._executor.schema
        coerced = variable_values.coerce_variables(schema, operation, variables)
        if not isinstance(coerced, VariableValues):
            raise coerced[0]
        document = Selections(schema, operation.fragments, lambda name: variable_values.read_condition(coerced, name))
        name, nodes = _require_single_field(document.collect_fields("Subscription", [operation.node]))
        field = _find_subscription_field(self._graph, nodes[0])
        events = cast("model.EventSource", field.source)
        definition = cast("GraphQLObjectType", schema.subscription_type).fields[field.name]
        given = get_argument_values(definition, nodes[0], coerced)
        return ActiveSubscription(
            operation=operation,
            variables=variables,
            topic=events.topic,
            after=_parse_start_place(given.get("after")),
            subject_id=_parse_subject_id(events, given),
            type_name=events.type_name,
            response_name=name,
            selected_fields=document.collect_fields(field.type_ref.name, nodes),
            event_type=field.type_ref.name,
        )

    async def render_event(
        self, listening: ActiveSubscription, event: Event, context: ExecutionContext
    ) -> bytes | None:
        """The JSON text of `data` for an event; None if the subject is not visible.

        Raises:
            GraphQLError: an argument below the subject is refused.
        """
        seen = False
        cells: list[bytes] = []
        for name, nodes in listening.selected_fields.items():
            cell = _render_event_field(listening, event, nodes[0].name.value)
            if cell is None:
                cell = await self._render_subject(listening, nodes, event, context)
                seen = True
            if cell is None:
                return None
            cells.append(b'"%b":%b' % (name.encode(), cell))
        if not seen and await self._render_subject(listening, _VISIBILITY_PROBE, event, context) is None:
            return None
        return b'{"%b":{%b}}' % (listening.response_name.encode(), b",".join(cells))

    async def _render_subject(
        self, listening: ActiveSubscription, nodes: Sequence[FieldNode], event: Event, context: ExecutionContext
    ) -> bytes | None:
        return await self._executor.render_payload(
            listening.operation, nodes, listening.type_name, event.subject, listening.variables, context
        )


def format_event_cursor(place: EventPosition) -> str:
    """The cursor of an event, as sent to clients."""
    return cursors.encode_values("event", place.xid, place.number)


def parse_event_cursor(text: str) -> EventPosition:
    """The event position of a cursor. Raises ValueError for any other text."""
    try:
        found = cursors.decode_values(text)
    except ValueError:
        found = []
    match found:
        case ["event", int(xid), int(number)] if 0 <= xid <= global_ids.MAX_KEY and 0 <= number <= global_ids.MAX_KEY:
            return EventPosition(xid, number)
        case _:
            raise ValueError("this is no cursor of an event")


def _require_single_field(fields: Mapping[str, Sequence[FieldNode]]) -> tuple[str, Sequence[FieldNode]]:
    """The one field of a subscription: never more, but `@skip` may leave it out."""
    if len(fields) != 1:
        raise field_arguments.InvalidArgument("a subscription asks for exactly one field")
    return next(iter(fields.items()))


def _find_subscription_field(graph: model.Graph, node: FieldNode) -> model.ObjectField:
    found = graph.subscription.fields.get(node.name.value) if graph.subscription else None
    if found is None:
        raise field_arguments.InvalidArgument("a subscription asks for one of the fields of Subscription")
    return found


def _parse_start_place(text: str | None) -> EventPosition | None:
    if text is None:
        return None
    try:
        return parse_event_cursor(text)
    except ValueError as reason:
        raise field_arguments.InvalidArgument(f"`after`: {reason}") from None


def _parse_subject_id(events: model.EventSource, given: Mapping[str, Any]) -> int | None:
    text = given.get(events.subject_field) if events.subject_argument else None
    return None if text is None else field_arguments.parse_node_key(events.code, text)


def _render_event_field(listening: ActiveSubscription, event: Event, field: str) -> bytes | None:
    """A field of the event itself as JSON; None for the field of its subject."""
    match field:
        case "__typename":
            value = listening.event_type
        case "cursor":
            value = format_event_cursor(event.position)
        case "at":
            value = scalars.format_instant(event.at)
        case _:
            return None
    return json.dumps(value).encode()
