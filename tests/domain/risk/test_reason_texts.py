"""Every reason can be said in both languages, with its figures and without blame."""

import re

import pytest

from domain.language import Language
from domain.risk.drivers import BASE_REASON, DRIVER_MEANINGS, REST_REASON, Driver
from domain.risk.facts import Help
from domain.risk.reason_texts import format_number, render_reason

CODES = [*Driver, BASE_REASON, REST_REASON]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_whole_sentence(code: str, language: Language) -> None:
    said = render_reason(code, {"own": 84.5, "peers": 99.25}, language=language)
    assert said.endswith(".")
    assert "{" not in said
    assert len(said) > 20


@pytest.mark.parametrize("code", CODES)
def test_the_two_languages_differ(code: str) -> None:
    params = {"own": 1.0, "peers": 2.0}
    assert render_reason(code, params, language=Language.ID) != render_reason(code, params, language=Language.EN)


def test_figures_follow_the_rules_of_the_language() -> None:
    said = {
        language: render_reason(Driver.RESULTS, {"own": 84.5, "peers": 99.25}, language=language)
        for language in Language
    }
    assert "84,5" in said[Language.ID]
    assert "99,25" in said[Language.ID]
    assert "84.5" in said[Language.EN]


@pytest.mark.parametrize(
    ("value", "written"), [(84.5, "84,5"), (100.0, "100"), (0.0, "0"), (-0.001, "0"), (-8.75, "-8,75")]
)
def test_numbers_carry_no_idle_zeros(value: float, written: str) -> None:
    assert format_number(value, Language.ID) == written


@pytest.mark.parametrize("language", list(Language))
def test_nobody_is_blamed(language: Language) -> None:
    blame = re.compile(r"\b(malas|buruk|gagal|lalai|bad|lazy|poor|failed|worst|fault)\b", re.IGNORECASE)
    assert not [
        code for code in CODES if blame.search(render_reason(code, {"own": 1.0, "peers": 2.0}, language=language))
    ]


def test_context_is_said_to_be_context() -> None:
    for driver in (Driver.APPRAISER, Driver.CHANGE, Driver.SEASON):
        assert DRIVER_MEANINGS[driver].help is Help.CONTEXT
        assert "onteks" in render_reason(driver, {"own": 1.0, "peers": 2.0}, language=Language.ID)


def test_what_is_context_cannot_be_changed_by_the_person() -> None:
    assert not [d for d, meaning in DRIVER_MEANINGS.items() if meaning.help is Help.CONTEXT and meaning.changeable]


def test_an_unchanged_line_is_not_called_changed() -> None:
    steady, changed = (
        render_reason(Driver.CHANGE, {"own": own, "peers": 0.1}, language=Language.EN) for own in (0.0, 1.0)
    )
    assert "stayed the same" in steady
    assert "changed" in changed


def test_an_unknown_code_is_no_sentence() -> None:
    with pytest.raises(KeyError):
        render_reason("NOTHING", {}, language=Language.ID)
