"""Every reason can be said in both languages, with its figures and without blame."""

import re

import pytest

from domain.language import Language
from domain.risk.drivers import BASE, MEANINGS, REST, Driver
from domain.risk.facts import Help
from domain.risk.sentences import number, sentence

CODES = [*Driver, BASE, REST]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_whole_sentence(code: str, language: Language) -> None:
    said = sentence(code, {"own": 84.5, "peers": 99.25}, language=language)
    assert said.endswith(".")
    assert "{" not in said
    assert len(said) > 20


@pytest.mark.parametrize("code", CODES)
def test_the_two_languages_differ(code: str) -> None:
    params = {"own": 1.0, "peers": 2.0}
    assert sentence(code, params, language=Language.ID) != sentence(code, params, language=Language.EN)


def test_figures_are_written_as_each_language_writes_them() -> None:
    said = {
        language: sentence(Driver.RESULTS, {"own": 84.5, "peers": 99.25}, language=language) for language in Language
    }
    assert "84,5" in said[Language.ID]
    assert "99,25" in said[Language.ID]
    assert "84.5" in said[Language.EN]


@pytest.mark.parametrize(
    ("value", "written"), [(84.5, "84,5"), (100.0, "100"), (0.0, "0"), (-0.001, "0"), (-8.75, "-8,75")]
)
def test_numbers_carry_no_idle_zeros(value: float, written: str) -> None:
    assert number(value, Language.ID) == written


@pytest.mark.parametrize("language", list(Language))
def test_nobody_is_blamed(language: Language) -> None:
    blame = re.compile(r"\b(malas|buruk|gagal|lalai|bad|lazy|poor|failed|worst|fault)\b", re.IGNORECASE)
    assert not [code for code in CODES if blame.search(sentence(code, {"own": 1.0, "peers": 2.0}, language=language))]


def test_context_is_said_to_be_context() -> None:
    for driver in (Driver.APPRAISER, Driver.CHANGE, Driver.SEASON):
        assert MEANINGS[driver].help is Help.CONTEXT
        assert "onteks" in sentence(driver, {"own": 1.0, "peers": 2.0}, language=Language.ID)


def test_what_is_context_cannot_be_changed_by_the_person() -> None:
    assert not [d for d, meaning in MEANINGS.items() if meaning.help is Help.CONTEXT and meaning.changeable]


def test_an_unchanged_line_is_not_called_changed() -> None:
    steady, changed = (
        sentence(Driver.CHANGE, {"own": own, "peers": 0.1}, language=Language.EN) for own in (0.0, 1.0)
    )
    assert "stayed the same" in steady
    assert "changed" in changed


def test_an_unknown_code_is_no_sentence() -> None:
    with pytest.raises(KeyError):
        sentence("NOTHING", {}, language=Language.ID)
