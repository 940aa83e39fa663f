"""Permission policy: the roles allowed to take each action.

Anything unlisted is denied. Visible rows are decided in `domain/access/scopes.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain import refusals
from domain.actor import Actor, Role
from domain.exhaustive_mapping import ExhaustiveMapping


class Action(StrEnum):
    """Actions open to some roles, in words for a refusal."""

    RECORD_EVALUATION = "record an evaluation"
    ASSIGN_TRAINING = "assign training from the risk list"
    CLOSE_SESSION = "close a session"
    REQUEST_JOB = "request a job"
    ADVANCE_QUARTER = "advance the demo by a quarter"
    MANAGE_ACCOUNTS = "manage accounts"
    PUBLISH_SUMMARIES = "publish the summaries of units"
    ASSIGN_APPRAISER = "assign an appraiser"
    MOVE_PERSON = "move a person to another post"
    DELEGATE_LINE = "delegate a line"
    END_DELEGATION = "end a delegation"


ALLOWED_ROLES: Final[Mapping[Action, frozenset[Role]]] = ExhaustiveMapping(
    "domain.access.policy.ALLOWED_ROLES",
    {
        Action.RECORD_EVALUATION: frozenset({Role.SUPERVISOR}),
        Action.ASSIGN_TRAINING: frozenset({Role.HR}),
        Action.CLOSE_SESSION: frozenset({Role.SERVICE}),
        Action.REQUEST_JOB: frozenset({Role.HR, Role.ADMIN, Role.SERVICE}),
        Action.ADVANCE_QUARTER: frozenset({Role.ADMIN, Role.SERVICE}),
        Action.MANAGE_ACCOUNTS: frozenset({Role.ADMIN, Role.SERVICE}),
        Action.PUBLISH_SUMMARIES: frozenset({Role.SERVICE}),
        Action.ASSIGN_APPRAISER: frozenset({Role.HR, Role.ADMIN}),
        Action.MOVE_PERSON: frozenset({Role.HR, Role.ADMIN}),
        Action.DELEGATE_LINE: frozenset({Role.SUPERVISOR, Role.HR}),
        Action.END_DELEGATION: frozenset({Role.SUPERVISOR, Role.HR}),
    },
    Action,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on an action: allowed or not, and the reason as a sentence."""

    allowed: bool
    reason: str


def decide_permission(actor: Actor, action: Action) -> Decision:
    """The permission decision for an actor and an action; unlisted actions are denied."""
    roles = ALLOWED_ROLES.get(action, frozenset())
    if actor.role in roles:
        return Decision(allowed=True, reason=f"The role {actor.role} may {action}.")
    who = f"; {' and '.join(sorted(roles))} may" if roles else ""
    return Decision(allowed=False, reason=f"The role {actor.role} may not {action}{who}.")


def require_permission(actor: Actor, action: Action) -> None:
    """Raise `NotAllowed`, with the reason, unless the actor's role permits the action.

    Called on the first line of every command.
    """
    decision = decide_permission(actor, action)
    if not decision.allowed:
        raise refusals.NotAllowed(decision.reason)
