"""A civil service number is read, or the digits at fault are named."""

from datetime import date

import pytest

from domain.people import rules
from domain.people.facts import Employment, Sex

PNS, PPPK = Employment


def test_a_pns_number_tells_birth_appointment_and_sex() -> None:
    nip = rules.parse_nip("' 19860926 201505 1 001", PNS)
    assert (nip.digits, nip.born_on, nip.appointed_year, nip.sex) == (
        "198609262015051001",
        date(1986, 9, 26),
        2015,
        Sex.MALE,
    )


def test_a_pppk_number_has_the_agreement_where_others_have_the_month() -> None:
    assert rules.parse_nip("199003152023212005", PPPK).sex is Sex.FEMALE
    with pytest.raises(ValueError, match="13-14"):
        rules.parse_nip("199003152023212005", PNS)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("1986092620150510", "18 digits"),
        ("19860926201505100X", "18 digits"),
        ("198613262015051001", "1-8"),
        ("198602302015051001", "1-8"),
        ("198609262015131001", "13-14"),
        ("198609262015053001", "15"),
        ("198609262015051000", "16-18"),
    ],
)
def test_what_is_wrong_with_a_number_is_said(written: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        rules.parse_nip(written, PNS)


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Siti Nurhaliza", "SN"),
        ("dr. Budi Santoso, Sp.A.", "BS"),
        ("Suharto", "S"),
        ("Drs. H. Ahmad Fauzi Rahman Hakim, M.Si.", "AFR"),
        ("I Made Wirawan", "IMW"),
    ],
)
def test_initials_leave_titles_out(name: str, initials: str) -> None:
    assert rules.name_initials(name) == initials
