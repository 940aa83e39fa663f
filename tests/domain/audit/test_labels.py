"""The offices that whoever may not see a name is told."""

import pytest

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.audit import labels
from domain.language import Language


@pytest.mark.parametrize("language", Language)
def test_every_role_has_an_office_of_its_own_and_the_service_is_not_another_system(language: Language) -> None:
    named = [Actor(None, role, service_name="payroll").principal for role in Role]
    offices = [labels.principal_label(each, language=language) for each in (*named, SYSTEM_ACTOR.principal)]
    assert len(set(offices)) == len(Role) + 1


def test_office_label_uses_the_readers_language() -> None:
    assert labels.principal_label("hr:412") == "Pengelola kepegawaian (BKD)"
    assert labels.principal_label(SYSTEM_ACTOR.principal, language=Language.EN) == "Kinerja itself, or its operator"
