"""May he: which roles may take which action. Whose is a question for `domain/scope.py`."""

from collections.abc import Mapping
from enum import StrEnum

from domain import refusals
from domain.actor import Actor, Role


class Action(StrEnum):
    """What an actor may be allowed to do, in words that a refusal can use."""

    RECORD_EVALUATION = "record an evaluation"
    ASSIGN_TRAINING = "assign training from the risk list"
    CLOSE_SESSION = "close a session"
    REQUEST_JOB = "request a job"
    PASS_QUARTER = "let a quarter pass"  # noqa: S105 - a quarter, not a password


ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.RECORD_EVALUATION: frozenset({Role.SUPERVISOR}),
    Action.ASSIGN_TRAINING: frozenset({Role.HR}),
    Action.CLOSE_SESSION: frozenset({Role.SERVICE}),
    Action.REQUEST_JOB: frozenset({Role.HR, Role.ADMIN, Role.SERVICE}),
    Action.PASS_QUARTER: frozenset({Role.ADMIN, Role.SERVICE}),
}


def may(actor: Actor, action: Action) -> None:
    """Let it pass, or raise `NotAllowed`. What is not listed is not allowed."""
    if actor.role not in ALLOWED.get(action, frozenset()):
        raise refusals.NotAllowed(f"The role {actor.role} may not {action}.")
