"""Account rules: lock-out, password policy, session lifetimes, and roles with their units."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.account.facts import PERSON_ROLES, UNIT_ROLES, Account, RoleGrant, SignInFailures, SignInRefusal
from domain.account.requests import GrantRole
from domain.actor import Role

MAX_FAILURES: Final = 5
"""Consecutive failures until an account is locked."""

FIRST_LOCK_DURATION: Final = timedelta(minutes=15)
MAX_LOCK_DURATION: Final = timedelta(hours=24)

MIN_PASSWORD_LENGTH: Final = 12
MAX_PASSWORD_LENGTH: Final = 128
_MIN_DISTINCT_LETTERS: Final = 5  # different ones

ACCESS_TOKEN_LIFETIME: Final = timedelta(minutes=15)
"""Lifetime of an access token."""

SESSION_IDLE_TIMEOUT: Final = timedelta(days=7)
"""Idle timeout of a session: its life without a refresh."""

MAX_SESSION_LIFETIME: Final = timedelta(days=30)
"""Absolute lifetime of a session."""

SESSION_RETENTION: Final = timedelta(days=1)
"""Retention of an ended session; longer than the life of its last access token."""

MAX_SERVICE_TOKEN_LIFETIME: Final = timedelta(days=366)
"""Maximum lifetime of a service account's token."""

_JAKARTA: Final = ZoneInfo("Asia/Jakarta")

# What is left of the usual guesses once letters for digits are undone and what follows the word is cut off.
_COMMON_PASSWORDS: Final = frozenset(
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
_ALPHABET_RUNS: Final = "abcdefghijklmnopqrstuvwxyz" * 5
_LEET_LETTERS: Final = str.maketrans("013457@$!", "oieastasi")


def normalise_password(password: str) -> str:
    """The password normalised to NFKC before hashing (NIST SP 800-63B, 3.1.1.2).

    Equal input from different keyboards gives equal text.
    """
    return unicodedata.normalize("NFKC", password)


def password_weakness(password: str, login: str) -> str | None:
    """The fault of a password, as the rest of a sentence; None if acceptable.

    The sentence begins with the password as its subject. Length counts most, and no mixture of characters is required
    (NIST SP 800-63B, 3.1.1.2).
    """
    given = normalise_password(password)
    if len(given) < MIN_PASSWORD_LENGTH:
        return f"has fewer than {MIN_PASSWORD_LENGTH} characters"
    if len(given) > MAX_PASSWORD_LENGTH:
        return f"has more than {MAX_PASSWORD_LENGTH} characters"
    low = given.casefold()
    if login.casefold() in low:
        return "holds the login name"
    if (
        len(set(low)) < _MIN_DISTINCT_LETTERS
        or _is_numeric(low)
        or low in _ALPHABET_RUNS
        or _base_word(low) in _COMMON_PASSWORDS
    ):
        return "is one of the first that would be guessed"
    return None


def _is_numeric(low: str) -> bool:
    # NIP, NIK or telephone number: what others know of a civil servant.
    return re.sub(r"[\W_]", "", low).isdecimal()


def _base_word(low: str) -> str:
    cut = re.sub(r"[^a-z@$!]*$", "", low.rstrip("0123456789!.?*#-_ "))
    return re.sub(r"[^a-z]", "", cut.translate(_LEET_LETTERS))


def is_locked(account: Account, now: datetime) -> bool:
    """True if the account is locked at `now`."""
    return account.locked_until is not None and now < account.locked_until


def count_failure(failures: int, now: datetime) -> SignInFailures:
    """The failure count after one more failure, with the lock-out it causes.

    The fifth failure locks for 15 minutes, and each further one doubles the time. Counted on the real instant. OWASP
    ASVS 5.0, 6.3.1.
    """
    count = failures + 1
    if count < MAX_FAILURES:
        return SignInFailures(count, None)
    doublings = min(count - MAX_FAILURES, 10)
    return SignInFailures(count, now + min(FIRST_LOCK_DURATION * 2**doublings, MAX_LOCK_DURATION))


def sign_in_refusal(account: Account | None, now: datetime) -> SignInRefusal | None:
    """The refusal of a sign-in attempt before its password check, or None."""
    if account is None:
        return SignInRefusal.UNKNOWN
    if account.disabled_at is not None:
        return SignInRefusal.DISABLED
    return SignInRefusal.LOCKED if is_locked(account, now) else None


def session_expiry(began_at: datetime, now: datetime) -> datetime:
    """The expiry of a session without a further refresh."""
    return min(now + SESSION_IDLE_TIMEOUT, began_at + MAX_SESSION_LIFETIME)


def grant_objection(request: GrantRole) -> tuple[str, str] | None:
    """The fault of a role grant as sentence and field; None for a valid grant."""
    if request.role not in PERSON_ROLES:
        return f"The role {request.role} is for services.", "role"
    if (request.unit is not None) != (request.role in UNIT_ROLES):
        needs = "needs a unit" if request.role in UNIT_ROLES else "is for no unit"
        return f"The role {request.role} {needs}.", "unit"
    if request.ends_on is not None and request.ends_on < request.starts_on:
        return "It would end before it starts.", "ends_on"
    return None


def pick_grant(grants: Iterable[RoleGrant], role: Role | None, unit: str | None) -> RoleGrant | None:
    """The only grant of a role and unit; None without one or with several.

    None as `role` or `unit` matches any. A role granted twice for a unit is one role: the later grant stands for
    both.
    """
    wanted = {(each.role, each.unit_code): each for each in grants if role in {None, each.role}}
    found = [each for each in wanted.values() if unit in {None, each.unit_code}]
    return found[0] if len(found) == 1 else None


def real_date(now: datetime) -> date:
    """The real day in Jakarta, since expiry ignores the business date of a demo."""
    return now.astimezone(_JAKARTA).date()


def end_of_day(last: date) -> datetime:
    """The first instant after a day."""
    return datetime.combine(last + timedelta(days=1), time(), _JAKARTA)
