"""The offices that whoever may not see a name is told."""

import pytest

from domain.actor import SYSTEM, Actor, Role
from domain.audit import sentences
from domain.language import Language


@pytest.mark.parametrize("language", Language)
def test_every_role_has_an_office_of_its_own_and_the_service_is_not_another_system(language: Language) -> None:
    named = [Actor(None, role, service="payroll").principal for role in Role]
    offices = [sentences.office_of(each, language=language) for each in (*named, SYSTEM.principal)]
    assert len(set(offices)) == len(Role) + 1


def test_an_office_is_told_in_the_readers_language() -> None:
    assert sentences.office_of("hr:412") == "Pengelola kepegawaian (BKD)"
    assert sentences.office_of(SYSTEM.principal, language=Language.EN) == "Kinerja itself, or its operator"
