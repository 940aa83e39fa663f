"""GraphQL error format: `errors` entries with code and request id, internal errors masked."""

from typing import Any, Final

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from domain.refusals import Refusal
from kinerja.postgres import database
from kinerja.web.graphql_protocol import ErrorCode, InvalidDocument, RequestRejected

MASKED_MESSAGE: Final = "Something went wrong here; tell us the request id."
"""Message shown to clients in place of an internal error."""

UNAVAILABLE_MESSAGE: Final = "The database is away; try again."
"""Message shown while the database is unreachable."""

_log = structlog.get_logger()


def format_graphql_error(error: GraphQLError, request_id: str, *, document: bool) -> dict[str, Any]:
    """Format one entry of `errors`.

    Internal errors are masked and logged under the same request id.

    Args:
        error: the error.
        request_id: the request id shown to the client.
        document: true for an error raised before execution began.
    """
    code, message = _document_error_code(error) if document else _execution_error_code(error)
    if code == ErrorCode.INTERNAL:
        _log.error("field_failed", exc_info=error.original_error or error, request=request_id)
    member: dict[str, Any] = {"message": message, "extensions": {"code": code, "requestId": request_id}}
    if error.locations:
        member["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        member["path"] = error.path
    return member


def format_exception(error: Exception, request_id: str) -> list[dict[str, Any]]:
    """Format an exception as `errors` entries.

    Covers every exception ending an operation early; internal errors are masked and logged.
    """
    match error:
        case InvalidDocument():
            return [format_graphql_error(each, request_id, document=True) for each in error.errors]
        case GraphQLError():
            return [format_graphql_error(error, request_id, document=False)]
        case RequestRejected():
            return [format_rejection(error, request_id)]
        case database.DatabaseUnavailable():
            return [format_rejection(RequestRejected(ErrorCode.UNAVAILABLE, UNAVAILABLE_MESSAGE), request_id)]
        case _:
            _log.exception("operation_failed", exc_info=error, request=request_id)
            return [format_rejection(RequestRejected(ErrorCode.INTERNAL, MASKED_MESSAGE), request_id)]


def format_rejection(error: RequestRejected, request_id: str) -> dict[str, Any]:
    """Format the single `errors` entry of a rejected request."""
    return {"message": error.message, "extensions": {"code": error.code, "requestId": request_id}}


def _document_error_code(error: GraphQLError) -> tuple[str, str]:
    syntax = isinstance(error, GraphQLSyntaxError)
    return ErrorCode.SYNTAX_ERROR if syntax else ErrorCode.VALIDATION_FAILED, error.message


def _execution_error_code(error: GraphQLError) -> tuple[str, str]:
    cause = error.original_error
    if isinstance(cause, Refusal):
        return cause.code, cause.message
    if isinstance(cause, database.DatabaseUnavailable):
        return ErrorCode.UNAVAILABLE, UNAVAILABLE_MESSAGE
    own = (error.extensions or {}).get("code")
    if isinstance(own, str):
        return own, error.message
    if error.path is None and (cause is None or isinstance(cause, GraphQLError)):
        return ErrorCode.INVALID_INPUT, error.message  # a variable value outside its type
    return ErrorCode.INTERNAL, MASKED_MESSAGE
