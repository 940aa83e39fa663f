"""Errors of GraphQL operations as clients see them: coded, with the request's id, and nothing of what is inside."""

from typing import Any, Final

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from domain.refusals import Refusal
from kinerja import database
from kinerja.documents import Invalid
from kinerja.protocol import Code, Rejected

MASKED: Final = "Something went wrong here; tell us the request id."
"""What is shown of an error of ours."""

AWAY: Final = "The database is away; try again."
"""What is said while the database cannot be reached."""

_log = structlog.get_logger()


def shown(error: GraphQLError, request_id: str, *, document: bool) -> dict[str, Any]:
    """One member of `errors`; `document` tells that it arose before anything ran.

    What is masked is logged under the same id.
    """
    code, message = _of_document(error) if document else _of_run(error)
    if code == Code.INTERNAL:
        _log.error("field_failed", exc_info=error.original_error or error, request=request_id)
    member: dict[str, Any] = {"message": message, "extensions": {"code": code, "requestId": request_id}}
    if error.locations:
        member["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        member["path"] = error.path
    return member


def listed(error: Exception, request_id: str) -> list[dict[str, Any]]:
    """The members of `errors` for what kept an operation from its end; what is ours is masked, and logged."""
    match error:
        case Invalid():
            return [shown(each, request_id, document=True) for each in error.errors]
        case GraphQLError():
            return [shown(error, request_id, document=False)]
        case Rejected():
            return [rejected(error, request_id)]
        case database.Unavailable():
            return [rejected(Rejected(Code.UNAVAILABLE, AWAY), request_id)]
        case _:
            _log.exception("operation_failed", exc_info=error, request=request_id)
            return [rejected(Rejected(Code.INTERNAL, MASKED), request_id)]


def rejected(error: Rejected, request_id: str) -> dict[str, Any]:
    """The one member of `errors` for what was not let in."""
    return {"message": error.message, "extensions": {"code": error.code, "requestId": request_id}}


def _of_document(error: GraphQLError) -> tuple[str, str]:
    syntax = isinstance(error, GraphQLSyntaxError)
    return Code.SYNTAX_ERROR if syntax else Code.VALIDATION_FAILED, error.message


def _of_run(error: GraphQLError) -> tuple[str, str]:
    cause = error.original_error
    if isinstance(cause, Refusal):
        return cause.code, cause.message
    if isinstance(cause, database.Unavailable):
        return Code.UNAVAILABLE, AWAY
    own = (error.extensions or {}).get("code")
    if isinstance(own, str):
        return own, error.message
    if error.path is None and (cause is None or isinstance(cause, GraphQLError)):
        return Code.INVALID_INPUT, error.message  # a variable that its type does not take
    return Code.INTERNAL, MASKED
