"""Mutation runner: input, transaction, command and idempotency, with refusals as results."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol, TypeVar

from graphql import GraphQLError
from pydantic import BaseModel

from domain.ports import CommandContext
from domain.refusals import InvalidInput, Refusal
from resolvers.graph import inputs, model, type_refs
from resolvers.ports import ExecutionContext

Payload = TypeVar("Payload")

CLIENT_MUTATION_KEY = "clientMutationKey"
OUT_OF_SIGHT = "OUT_OF_SIGHT"
MAX_CLIENT_KEY_LENGTH = 200


class IdempotentRunner(Protocol):
    """Runs a command at most once for each idempotency key, and loads its payload.

    A key repeated with the same request loads the same row again. Deferred statements of the command may wait until
    the payload is loaded, and be sent with it.
    """

    async def __call__(  # noqa: D102 - described by its class
        self,
        context: CommandContext,
        mutation: str,
        key: str,
        request: BaseModel,
        run: Callable[[], Awaitable[int]],
        load_payload: Callable[[int], Awaitable[Payload]],
    ) -> Payload: ...


async def run_command(
    context: ExecutionContext,
    name: str,
    command: model.CommandSource,
    given: Mapping[str, Any],
    run_once: IdempotentRunner,
    load_payload: Callable[[CommandContext, int], Awaitable[Payload]],
) -> Payload | Refusal:
    """Run a command in its own transaction: its payload from `load_payload`, or a refusal.

    The payload is loaded over the changed row before the commit. Deferred statements are sent with the first read of
    `load_payload` at the latest. Any exception other than a refusal, of `load_payload` too, rolls back and
    propagates.
    """
    try:
        key = _read_client_key(given)
        asked = inputs.parse_request(command.request_input, given)
        async with context.open_transaction() as act:

            async def change() -> int:
                return await command.function(act, asked)

            async def load_row(row: int) -> Payload:
                return await load_payload(act, row)

            return await run_once(act, name, key, asked, change, load_row)
    except Refusal as refusal:
        return refusal


def build_not_visible_error(name: str, command: model.CommandSource) -> GraphQLError:
    """The error for a completed command with a row not visible to the actor."""
    text = f"{name} was done, and its {command.type_name} is outside what you may see"
    return GraphQLError(text, extensions={"code": OUT_OF_SIGHT})


def describe_refusal(refusal: Refusal, listed: Collection[type[Refusal]]) -> tuple[str, Mapping[str, Any]]:
    """Type name and fields of a refusal listed by the field's union.

    Raises:
        GraphQLError: the union does not list the refusal; the error has its code.
    """
    path = [type_refs.to_camel_case(step) for step in refusal.path]
    if type(refusal) not in listed:
        raise GraphQLError(refusal.message, extensions={"code": refusal.code, "path": path})
    return type(refusal).__name__, {"code": refusal.code, "message": refusal.message, "path": path}


def _read_client_key(given: Mapping[str, Any]) -> str:
    key = str(given[CLIENT_MUTATION_KEY])
    if not 1 <= len(key) <= MAX_CLIENT_KEY_LENGTH:
        raise InvalidInput(
            f"{CLIENT_MUTATION_KEY} is a text of 1 to {MAX_CLIENT_KEY_LENGTH} letters", CLIENT_MUTATION_KEY
        )
    return inputs.require_storable_text(key, (CLIENT_MUTATION_KEY,))
