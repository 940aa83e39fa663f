"""When an account locks, and which passwords and grants are taken."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import rules
from domain.account.facts import PERSON_ROLES, UNIT_ROLES, Account, SignInRefusal
from domain.account.requests import GrantRole
from domain.actor import Role

NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, None), (3, None), (4, 15), (5, 30), (6, 60), (7, 120), (10, 960), (11, 1440), (5000, 1440)],
)
def test_the_fifth_failure_locks_and_every_further_one_for_twice_as_long(failures: int, minutes: int | None) -> None:
    after = rules.count_failure(failures, NOW)
    assert after.count == failures + 1
    assert after.locked_until == (None if minutes is None else NOW + timedelta(minutes=minutes))


@given(st.integers(0, 10_000))
def test_a_lock_never_gets_shorter_nor_longer_than_a_day(failures: int) -> None:
    one, next_ = (rules.count_failure(n, NOW).locked_until or NOW for n in (failures, failures + 1))
    assert one <= next_ <= NOW + rules.MAX_LOCK_DURATION


def test_a_lock_is_over_at_its_end() -> None:
    account = Account(1, 2, None, "hash", 5, NOW, None)
    assert rules.sign_in_refusal(account, NOW - timedelta(microseconds=1)) is SignInRefusal.LOCKED
    assert rules.sign_in_refusal(account, NOW) is None
    assert rules.sign_in_refusal(None, NOW) is SignInRefusal.UNKNOWN
    assert rules.sign_in_refusal(Account(1, 2, None, "hash", 0, None, NOW), NOW) is SignInRefusal.DISABLED


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("kopi tubruk di pagi hari", None),
        ("Xk8#pLq2vN7z", None),
        ("パスワードは長い方が良いです", None),
        ("elevenchars", "has fewer than 12 characters"),
        ("a" * 129, "has more than 128 characters"),
        ("halo Siti.Aminah 77", "holds the login name"),
        ("siti.aminah1", "holds the login name"),
        ("aaaaaaaaaaaaaaaa", "is one of the first that would be guessed"),
        ("abababababab", "is one of the first that would be guessed"),
        ("123456789012", "is one of the first that would be guessed"),
        ("198503152010012003", "is one of the first that would be guessed"),
        ("19850315 201001 2 003", "is one of the first that would be guessed"),
        ("+62 812-3456-7890", "is one of the first that would be guessed"),
        ("987654321098", "is one of the first that would be guessed"),
        ("abcdefghijklmn", "is one of the first that would be guessed"),
        ("Password1234", "is one of the first that would be guessed"),
        ("P@ssw0rd2026!", "is one of the first that would be guessed"),
        ("qwertyuiop123", "is one of the first that would be guessed"),
        ("Indonesia1945", "is one of the first that would be guessed"),
        ("r4hasia123456", "is one of the first that would be guessed"),
    ],
)
def test_length_counts_and_the_first_guesses_do_not_pass(password: str, weak: str | None) -> None:
    assert rules.password_weakness(password, "siti.aminah") == weak


def test_a_letter_is_the_same_however_it_was_composed() -> None:
    assert rules.normalise_password("caf\u0065\u0301 di pagi hari") == rules.normalise_password(
        "caf\u00e9 di pagi hari"
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("unit", [None, "BKD"])
def test_a_unit_goes_with_the_roles_over_units_and_no_other(role: Role, unit: str | None) -> None:
    objection = rules.grant_objection(GrantRole(login="siti", role=role, unit=unit, starts_on=date(2026, 1, 1)))
    fine = role in PERSON_ROLES and (unit is not None) == (role in UNIT_ROLES)
    assert (objection is None) == fine


def test_a_grant_does_not_end_before_it_starts() -> None:
    asked = GrantRole(login="siti", role=Role.ADMIN, starts_on=date(2026, 1, 2), ends_on=date(2026, 1, 1))
    assert rules.grant_objection(asked) == ("It would end before it starts.", "ends_on")


@given(st.integers(0, 40))
def test_a_session_ends_within_a_week_and_within_thirty_days_of_its_beginning(days: int) -> None:
    now = NOW + timedelta(days=days)
    until = rules.session_expiry(NOW, now)
    assert until <= now + rules.SESSION_IDLE_TIMEOUT
    assert until <= NOW + rules.MAX_SESSION_LIFETIME


def test_a_day_ends_at_midnight_in_jakarta() -> None:
    assert rules.end_of_day(date(2026, 7, 1)) == datetime(2026, 7, 1, 17, 0, tzinfo=UTC)
    assert rules.real_date(datetime(2026, 6, 30, 17, 0, tzinfo=UTC)) == date(2026, 7, 1)
