"""Who may do what, and that what nobody listed nobody may."""

import pytest

from domain import refusals
from domain.access import policy
from domain.access.policy import ALLOWED_ROLES, Action
from domain.actor import Actor, Role


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_only_the_roles_listed_may(action: Action, role: Role) -> None:
    decision = policy.decide_permission(Actor(1, role), action)
    assert decision.allowed == (role in ALLOWED_ROLES[action])
    assert decision.reason.startswith(f"The role {role} may{'' if decision.allowed else ' not'} {action}")


def test_an_action_that_is_not_listed_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "ALLOWED_ROLES", {})
    for role in Role:
        with pytest.raises(refusals.NotAllowed, match=r"may not record an evaluation\.$"):
            policy.require_permission(Actor(1, role), Action.RECORD_EVALUATION)


def test_a_refusal_says_who_may() -> None:
    with pytest.raises(refusals.NotAllowed, match=r"The role hr may not record an evaluation; supervisor may\."):
        policy.require_permission(Actor(1, Role.HR), Action.RECORD_EVALUATION)
