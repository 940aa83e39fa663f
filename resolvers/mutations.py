"""The runner of mutations: input, transaction, command, idempotency; a refusal is an answer."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol, TypeVar

from graphql import GraphQLError
from pydantic import BaseModel

from domain.ports import Act
from domain.refusals import InvalidInput, Refusal
from resolvers.graph import model, requests, shapes
from resolvers.ports import Asking

Payload = TypeVar("Payload")

KEY = "clientMutationKey"
OUT_OF_SIGHT = "OUT_OF_SIGHT"
LONGEST_KEY = 200


class Once(Protocol):
    """Runs a command unless the same key came before with the same request, and shows its row; the same one again.

    What the command left for later may wait until its row is shown, and go with that.
    """

    async def __call__(  # noqa: D102 - described by its class
        self,
        act: Act,
        mutation: str,
        key: str,
        asked: BaseModel,
        run: Callable[[], Awaitable[int]],
        show: Callable[[int], Awaitable[Payload]],
    ) -> Payload: ...


async def run(
    asking: Asking,
    name: str,
    command: model.Command,
    given: Mapping[str, Any],
    once: Once,
    show: Callable[[Act, int], Awaitable[Payload]],
) -> Payload | Refusal:
    """Run a command in its own transaction; what `show` makes of the changed row as it commits, or a refusal.

    What waits to be written is sent by what `show` reads first, if not before. Whatever else is raised, by `show`
    too, rolls back and goes on upwards.
    """
    try:
        key = _key(given)
        asked = requests.read(command.asked, given)
        async with asking.write() as act:

            async def change() -> int:
                return await command.function(act, asked)

            async def shown_row(row: int) -> Payload:
                return await show(act, row)

            return await once(act, name, key, asked, change, shown_row)
    except Refusal as refusal:
        return refusal


def out_of_sight(name: str, command: model.Command) -> GraphQLError:
    """What is said where a command was done and its row lies outside what the actor may see."""
    text = f"{name} was done, and its {command.shows} is outside what you may see"
    return GraphQLError(text, extensions={"code": OUT_OF_SIGHT})


def shown(refusal: Refusal, listed: Collection[type[Refusal]]) -> tuple[str, Mapping[str, Any]]:
    """The type and the fields of a refusal that its union lists.

    Raises:
        GraphQLError: with the refusal's code, where the union does not list it.
    """
    path = [shapes.camel(step) for step in refusal.path]
    if type(refusal) not in listed:
        raise GraphQLError(refusal.message, extensions={"code": refusal.code, "path": path})
    return type(refusal).__name__, {"code": refusal.code, "message": refusal.message, "path": path}


def _key(given: Mapping[str, Any]) -> str:
    key = str(given[KEY])
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidInput(f"{KEY} is a text of 1 to {LONGEST_KEY} letters", KEY)
    return requests.plain(key, (KEY,))
