"""Every role × operation: who has no permission is refused by the policy alone, and no row of any table changes."""

from collections import Counter
from itertools import product

import pytest

from domain.access.policy import Action
from domain.actor import Role
from resolvers.graph import model
from tests.access import access_oracle, permissions
from tests.access.permissions import PermissionProof
from tests.access.town import ACTORS
from tests.access.town_service import TownService

Run = tuple[list[str], permissions.PolicyQuestions]


@pytest.fixture(scope="module")
async def proof_run(permission_proof: PermissionProof) -> Run:
    """The violations of the whole proof, and what the policy was asked meanwhile."""
    with permissions.recorded_questions() as questions:
        return await permission_proof.find_violations(), questions


def test_every_role_has_an_actor() -> None:
    assert {actor.role for actor in ACTORS.values() if actor is not None} == set(Role)


async def test_the_table_of_permissions_has_an_entry_for_each_operation_and_role(place: TownService) -> None:
    names = [operation.name for operation in permissions.operations(place)]
    assert permissions.missing_permissions(access_oracle.PERMISSIONS, names, list(Role)) == []


async def test_an_operation_or_role_without_an_entry_is_named(place: TownService) -> None:
    names = [operation.name for operation in permissions.operations(place)]
    missing = permissions.missing_permissions(
        access_oracle.PERMISSIONS, [*names, "dismissPerson"], [*Role, "visitor"]
    )
    assert missing[0] == "dismissPerson has no entry"
    assert missing[1:] == [f"{name} has no entry for visitor" for name in access_oracle.PERMISSIONS]
    fewer = permissions.missing_permissions(access_oracle.PERMISSIONS, names[1:], list(Role)[1:])
    assert fewer[0] == "recordEvaluation does not exist"
    assert fewer[1] == "recordEvaluation has an entry for employee"


@pytest.mark.parametrize("cells", ["yes", "yes no no", "yes maybe"])
def test_a_row_without_one_yes_or_no_for_each_role_is_refused(cells: str) -> None:
    with pytest.raises(ValueError, match="movePerson"):
        access_oracle.read_permissions(f"employee hr\nassignTraining no yes\nmovePerson {cells}")


async def test_a_command_decides_about_rows_in_those_roles_alone_that_may_run_it(place: TownService) -> None:
    graph = place.served.graph
    assert graph.mutation is not None
    for name, field in {**graph.mutation.fields, **graph.query.fields}.items():
        if (
            isinstance(field.source, model.CommandSource | model.ServiceSource)
            and field.source.request_input is not None
        ):
            asked = field.source.request_input
            for reference in (each for each in asked.fields if each.python_name in asked.id_codes):
                roles = set(access_oracle.DECISION_RULES[f"{asked.name}.{reference.name}"])
                assert roles == {role for role in Role if access_oracle.PERMISSIONS[name][role]}, (
                    name,
                    reference.name,
                )


async def test_each_role_runs_what_the_table_permits_and_nothing_else(proof_run: Run) -> None:
    found, _ = proof_run
    assert not found, "\n".join(found[:10])


async def test_every_action_is_asked_for_in_every_role_by_every_caller(proof_run: Run) -> None:
    _, questions = proof_run
    assert questions.callers == permissions.policy_callers()
    assert questions.pairs == set(product(Action, Role))


async def test_every_operation_is_tried_with_input_that_succeeds(permission_proof: PermissionProof) -> None:
    tried = Counter(trial.operation.name for trial in permission_proof.trials if trial.inputs)
    without = [trial for trial in permission_proof.trials if not trial.permitted and not trial.inputs]
    assert set(tried) == set(access_oracle.PERMISSIONS)
    assert not without
