"""When an account locks, which passwords are taken, and which roles go with which unit."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.account.facts import OVER_UNITS, PEOPLE, Account, Failures, Grant, Refused
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

KEPT: Final = timedelta(days=1)
"""How long a session that is over is still known; longer than its last access token is good for."""

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
_RUN: Final = "abcdefghijklmnopqrstuvwxyz" * 5
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
    if len(set(low)) < _FEWEST_LETTERS or _is_number(low) or low in _RUN or _word(low) in _GUESSED:
        return "is one of the first that would be guessed"
    return None


def _is_number(low: str) -> bool:
    # NIP, NIK or telephone number: what others know of a civil servant.
    return re.sub(r"[\W_]", "", low).isdecimal()


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


def picked(held: Iterable[Grant], role: Role | None, unit: str | None) -> Grant | None:
    """The one of the grants that is of a role and unit, of which None is any; None where several would do, or none.

    A role that was granted twice for a unit is one role: the later grant stands for both.
    """
    wanted = {(each.role, each.unit_code): each for each in held if role in {None, each.role}}
    found = [each for each in wanted.values() if unit in {None, each.unit_code}]
    return found[0] if len(found) == 1 else None


def day(now: datetime) -> date:
    """The real day: what expires does so whatever business date a demo has set."""
    return now.astimezone(_JAKARTA).date()


def end_of(last: date) -> datetime:
    """The first instant after a day."""
    return datetime.combine(last + timedelta(days=1), time(), _JAKARTA)
