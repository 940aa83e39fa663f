"""Accounts of people and services, their role grants and their sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from domain.actor import Actor, Role
from domain.exhaustive_mapping import ExhaustiveMapping


class Holder(StrEnum):
    """What may hold a role."""

    PERSON = "person"
    """A person's account."""
    PERSON_OF_UNIT = "person_of_unit"
    """A person's account, for a part of the tree."""
    SERVICE = "service"
    """The account of another system."""


HOLDERS: Final[Mapping[Role, Holder]] = ExhaustiveMapping(
    "domain.account.facts.HOLDERS",
    {
        Role.EMPLOYEE: Holder.PERSON,
        Role.SUPERVISOR: Holder.PERSON,
        Role.HR: Holder.PERSON_OF_UNIT,
        Role.LEADER: Holder.PERSON_OF_UNIT,
        Role.AUDITOR: Holder.PERSON_OF_UNIT,
        Role.ADMIN: Holder.PERSON,
        Role.CHANGE_AGENT: Holder.PERSON,
        Role.SERVICE: Holder.SERVICE,
        Role.UNIT_SERVICE: Holder.SERVICE,
    },
    Role,
)
"""The kind of account of each role."""

PERSON_ROLES: Final = frozenset(role for role, holder in HOLDERS.items() if holder is not Holder.SERVICE)
"""The roles open to a person's account."""

UNIT_ROLES: Final = frozenset(role for role, holder in HOLDERS.items() if holder is Holder.PERSON_OF_UNIT)
"""The roles granted for a part of the unit tree."""


class SignInRefusal(StrEnum):
    """Why somebody was not signed in: for the audit trail alone, since all of it is answered alike."""

    UNKNOWN = "UNKNOWN"
    """There is no account of that name."""
    LOCKED = "LOCKED"
    """Too many attempts have failed."""
    DISABLED = "DISABLED"
    """The account was switched off."""
    PASSWORD = "PASSWORD"  # noqa: S105 - why, not what
    """It was another password."""
    NO_ROLE = "NO_ROLE"
    """The account holds no role today."""
    NOT_CHOSEN = "NOT_CHOSEN"
    """It holds several roles, or not the one that was asked for; the password was right."""


class RefreshRefusal(StrEnum):
    """Why a refresh token was not taken."""

    UNKNOWN = "UNKNOWN"
    """It belongs to no session."""
    OVER = "OVER"
    """Its session has ended, or the grant or the account behind it."""
    REUSED = "REUSED"
    """It had been used before: somebody else may hold a copy."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as loaded by a sign-in; `unit_path` is the unit of its person."""

    id: int
    person_id: int
    unit_path: str | None
    password_hash: str
    failures: int
    locked_until: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """A counted sign-in attempt: its account, and the refusal, if any."""

    account: Account | None
    refusal: SignInRefusal | None


@dataclass(frozen=True, slots=True)
class SignInFailures:
    """Consecutive failed sign-in attempts, and the end of the resulting lock."""

    count: int
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role grant in force today; `unit_path` is the current path of its unit."""

    id: int
    role: Role
    unit_code: str | None
    unit_path: str | None


@dataclass(frozen=True, slots=True)
class AccountSession:
    """A session in one role, as loaded by a refresh."""

    id: int
    account_id: int
    grant_id: int
    refresh_sha256: str
    expires_at: datetime
    revoked_at: datetime | None
    began_at: datetime


@dataclass(frozen=True, slots=True)
class ActiveSession:
    """An active session: its account, actor and expiry."""

    session_id: int
    account_id: int
    actor: Actor
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account of another system; without a unit its scope is the whole province."""

    id: int
    name: str
    token_sha256: str
    unit_id: int | None
    unit_path: str | None
    expires_on: date

    @property
    def actor(self) -> Actor:
        """The actor authenticated by its token."""
        # A unit that is gone leaves it with a part of the tree that nobody is in, never with the whole.
        role = Role.SERVICE if self.unit_id is None else Role.UNIT_SERVICE
        return Actor(None, role, self.unit_path, service_name=self.name)


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """An account as an item of a list."""

    login: str
    person_id: int
    roles: tuple[str, ...]
    locked_until: datetime | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class AccountSessionSummary:
    """A session as an item of a list."""

    id: int
    role: Role
    began_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceAccountSummary:
    """A service account as an item of a list, without its token."""

    name: str
    hint: str
    unit_code: str | None
    expires_on: date
    used_at: datetime | None
    revoked: bool
