"""When an account locks, which passwords are taken, and which roles go with which unit."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.account.facts import OVER_UNITS, PEOPLE, Account, Failures, Refused
from domain.account.requests import GrantRole
from domain.actor import Role

ATTEMPTS: Final = 5
"""How many failures in a row lock an account."""

FIRST_LOCK: Final = timedelta(minutes=15)
LONGEST_LOCK: Final = timedelta(hours=24)

SHORTEST: Final = 12
LONGEST: Final = 128
_FEWEST_LETTERS: Final = 5  # different ones

ACCESS_LIFETIME: Final = timedelta(minutes=15)
"""How long an access token is good for."""

IDLE: Final = timedelta(days=7)
"""How long a session goes on without being refreshed."""

LONGEST_SESSION: Final = timedelta(days=30)
"""How long it goes on at all."""

LONGEST_SERVICE: Final = timedelta(days=366)
"""How long the token of a service account is good for, at most."""

_JAKARTA: Final = ZoneInfo("Asia/Jakarta")

# What is left of the usual guesses once letters for digits are undone and what follows the word is cut off.
_GUESSED: Final = frozenset(
    {
        "admin",
        "administrator",
        "bismillah",
        "indonesia",
        "indonesiaraya",
        "kepegawaian",
        "kinerja",
        "letmein",
        "merdeka",
        "password",
        "passwordpassword",
        "pegawai",
        "pegawainegeri",
        "pegawainegerisipil",
        "provinsi",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopasdf",
        "rahasia",
        "selamatdatang",
        "welcome",
    }
)
_RUNS: Final = ("0123456789" * 13, "9876543210" * 13, "abcdefghijklmnopqrstuvwxyz" * 5)
_LEET: Final = str.maketrans("013457@$!", "oieastasi")


def plain(password: str) -> str:
    """A password as it is hashed: the same text however a keyboard composed it (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, login: str) -> str | None:
    """Why a password is not taken, as the end of a sentence that begins with it; None where it is.

    Length counts for most, and no mixture of characters is asked for (NIST SP 800-63B, 3.1.1.2).
    """
    given = plain(password)
    if len(given) < SHORTEST:
        return f"has fewer than {SHORTEST} characters"
    if len(given) > LONGEST:
        return f"has more than {LONGEST} characters"
    low = given.casefold()
    if login.casefold() in low:
        return "holds the login name"
    if len(set(low)) < _FEWEST_LETTERS or any(low in run for run in _RUNS) or _word(low) in _GUESSED:
        return "is one of the first that would be guessed"
    return None


def _word(low: str) -> str:
    cut = re.sub(r"[^a-z@$!]*$", "", low.rstrip("0123456789!.?*#-_ "))
    return re.sub(r"[^a-z]", "", cut.translate(_LEET))


def is_locked(account: Account, now: datetime) -> bool:
    """Whether no attempt is heard now."""
    return account.locked_until is not None and now < account.locked_until


def after_failure(failures: int, now: datetime) -> Failures:
    """The count after one more failure: the fifth locks for 15 minutes, each further one for twice as long.

    Counted on the real instant. OWASP ASVS 5.0, 6.3.1.
    """
    count = failures + 1
    if count < ATTEMPTS:
        return Failures(count, None)
    doublings = min(count - ATTEMPTS, 10)
    return Failures(count, now + min(FIRST_LOCK * 2**doublings, LONGEST_LOCK))


def refuses(account: Account | None, now: datetime) -> Refused | None:
    """What refuses an attempt before the password is looked at."""
    if account is None:
        return Refused.UNKNOWN
    if account.disabled_at is not None:
        return Refused.DISABLED
    return Refused.LOCKED if is_locked(account, now) else None


def until(began_at: datetime, now: datetime) -> datetime:
    """When a session ends unless it is refreshed again."""
    return min(now + IDLE, began_at + LONGEST_SESSION)


def objection(asked: GrantRole) -> tuple[str, str] | None:
    """What is wrong with a grant: a sentence and the field at fault; None where nothing is."""
    if asked.role not in PEOPLE:
        return f"The role {asked.role} is for services.", "role"
    if (asked.unit is not None) != (asked.role in OVER_UNITS):
        needs = "needs a unit" if asked.role in OVER_UNITS else "is for no unit"
        return f"The role {asked.role} {needs}.", "unit"
    if asked.ends_on is not None and asked.ends_on < asked.starts_on:
        return "It would end before it starts.", "ends_on"
    return None


def is_picked(role: Role, unit: str | None, wanted: Role | None, wanted_unit: str | None) -> bool:
    """Whether a grant of a role over a unit is one that is wanted; None wants any."""
    return wanted in {None, role} and wanted_unit in {None, unit}


def day(now: datetime) -> date:
    """The real day: what expires does so whatever business date a demo has set."""
    return now.astimezone(_JAKARTA).date()


def end_of(last: date) -> datetime:
    """The first instant after a day."""
    return datetime.combine(last + timedelta(days=1), time(), _JAKARTA)
