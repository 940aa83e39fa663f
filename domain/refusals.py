"""The ways in which a command says no: always raised, never returned.

Each becomes a member of a mutation's result union; `code` is stable, `message` is for developers and is in
English, `path` names the input field at fault, outermost first.
"""

from typing import ClassVar


class Refusal(Exception):
    """A command did not do what was asked, for a reason that its caller can understand."""

    code: ClassVar[str]

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class NotSignedIn(Refusal):
    """There is no valid token with the request."""

    code = "NOT_SIGNED_IN"


class NotAllowed(Refusal):
    """The role of the token may not do this, to anybody."""

    code = "NOT_ALLOWED"


class NotFound(Refusal):
    """There is no such thing in what the actor may see."""

    code = "NOT_FOUND"


class InvalidInput(Refusal):
    """The input cannot be understood or breaks a limit."""

    code = "INVALID_INPUT"


class KeyReused(Refusal):
    """The same `clientMutationKey` came before with other arguments."""

    code = "KEY_REUSED"


class Conflict(Refusal):
    """The thing was changed, or made, by somebody else meanwhile."""

    code = "CONFLICT"
