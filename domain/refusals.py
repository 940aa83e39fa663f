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
    """The request has no valid access token (belum masuk)."""

    code = "NOT_SIGNED_IN"


class NotAllowed(Refusal):
    """The actor's role does not permit this command (tidak diizinkan)."""

    code = "NOT_ALLOWED"


class NotFound(Refusal):
    """No such object exists in the actor's scope (tidak ditemukan)."""

    code = "NOT_FOUND"


class InvalidInput(Refusal):
    """The input is malformed or breaks a limit (masukan tidak sah)."""

    code = "INVALID_INPUT"


class KeyReused(Refusal):
    """The `clientMutationKey` was used before with a different input."""

    code = "KEY_REUSED"


class Conflict(Refusal):
    """The object was changed or created by another request in the meantime (konflik)."""

    code = "CONFLICT"
