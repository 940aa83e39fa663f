"""Queries about accounts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from domain.account.facts import (
    Account,
    AccountSession,
    AccountSessionSummary,
    AccountSummary,
    RoleGrant,
    ServiceAccount,
    ServiceAccountSummary,
)
from domain.account.tables import AccountRow, LoginSessionRow, RoleGrantRow, ServiceAccountRow
from domain.actor import Role
from domain.organisation.tables import UnitRow
from domain.people.tables import PersonRow
from domain.ports import Db

_SELECT_ACCOUNT: Final = (
    sa.select(
        col(AccountRow.id),
        col(AccountRow.person_id),
        col(PersonRow.unit_path),
        col(AccountRow.password_hash),
        col(AccountRow.failures),
        col(AccountRow.locked_until),
        col(AccountRow.disabled_at),
    )
    .join(PersonRow, col(PersonRow.id) == col(AccountRow.person_id))
    .with_for_update(of=AccountRow)
)
_BY_LOGIN: Final = _SELECT_ACCOUNT.where(col(AccountRow.login) == sa.bindparam("login"))
_BY_ID: Final = _SELECT_ACCOUNT.where(col(AccountRow.id) == sa.bindparam("account"))
_BY_FAMILY: Final = _SELECT_ACCOUNT.join(
    LoginSessionRow, col(LoginSessionRow.account_id) == col(AccountRow.id)
).where(col(LoginSessionRow.family_sha256) == sa.bindparam("family"))

_TODAY: Final = sa.bindparam("today", type_=sa.Date)
_IN_FORCE: Final = (
    col(RoleGrantRow.revoked_at).is_(None)
    & (col(RoleGrantRow.starts_on) <= _TODAY)
    & (col(RoleGrantRow.ends_on).is_(None) | (col(RoleGrantRow.ends_on) >= _TODAY))
)
_SELECT_GRANTS: Final = (
    sa.select(col(RoleGrantRow.id), col(RoleGrantRow.role), col(UnitRow.code), col(UnitRow.path))
    .outerjoin(UnitRow, col(UnitRow.id) == col(RoleGrantRow.unit_id))
    .where(col(RoleGrantRow.account_id) == sa.bindparam("account"), _IN_FORCE)
    .order_by(col(RoleGrantRow.id))
)

_SELECT_SESSION: Final = sa.select(
    col(LoginSessionRow.id),
    col(LoginSessionRow.account_id),
    col(LoginSessionRow.grant_id),
    col(LoginSessionRow.refresh_sha256),
    col(LoginSessionRow.expires_at),
    col(LoginSessionRow.revoked_at),
    col(LoginSessionRow.began_at),
).where(col(LoginSessionRow.family_sha256) == sa.bindparam("family"))

_SELECT_REVOKED_SESSIONS: Final = sa.select(col(LoginSessionRow.id)).where(
    col(LoginSessionRow.revoked_at) > sa.bindparam("since")
)

_SELECT_SERVICE_ACCOUNTS: Final = (
    sa.select(
        col(ServiceAccountRow.id),
        col(ServiceAccountRow.name),
        col(ServiceAccountRow.token_sha256),
        col(ServiceAccountRow.unit_id),
        col(UnitRow.path),
        col(ServiceAccountRow.expires_on),
    )
    .outerjoin(UnitRow, col(UnitRow.id) == col(ServiceAccountRow.unit_id))
    .where(col(ServiceAccountRow.revoked_at).is_(None))
)


async def load_account(db: Db, login: str) -> Account | None:
    """The account of a login name, row-locked until the transaction ends."""
    return _build_account(await db.fetch_one(_BY_LOGIN, {"login": login}))


async def load_account_by_id(db: Db, number: int) -> Account | None:
    """The account of a key, row-locked until the transaction ends."""
    return _build_account(await db.fetch_one(_BY_ID, {"account": number}))


async def load_grants(db: Db, account_id: int, today: date) -> Sequence[RoleGrant]:
    """The role grants of an account in force on a day, oldest first."""
    found = await db.fetch_all(_SELECT_GRANTS, {"account": account_id, "today": today})
    return [RoleGrant(number, Role(role), code, path) for number, role, code, path in found]


async def load_account_session(db: Db, family_sha256: str) -> tuple[Account, AccountSession] | None:
    """The session of a refresh token family, and its account, row-locked.

    The account is locked first, as by every other change of sessions: the session then stays as loaded, and no two
    transactions deadlock.
    """
    of = _build_account(await db.fetch_one(_BY_FAMILY, {"family": family_sha256}))
    found = await db.fetch_one(_SELECT_SESSION, {"family": family_sha256}) if of else None
    return None if of is None or found is None else (of, AccountSession(*found))


async def load_revoked_session_ids(db: Db, since: datetime) -> frozenset[int]:
    """The keys of sessions revoked after an instant."""
    return frozenset(number for (number,) in await db.fetch_all(_SELECT_REVOKED_SESSIONS, {"since": since}))


async def load_service_accounts(db: Db) -> Sequence[ServiceAccount]:
    """The service accounts not revoked, including expired ones."""
    return [ServiceAccount(*found) for found in await db.fetch_all(_SELECT_SERVICE_ACCOUNTS, {})]


async def person_exists(db: Db, person_id: int) -> bool:
    """True if a person with this key exists."""
    return await db.fetch_one(sa.select(col(PersonRow.id)).where(col(PersonRow.id) == person_id)) is not None


async def find_person_by_nip(db: Db, nip: str) -> int | None:
    """The key of the person with a NIP, or None."""
    found = await db.fetch_one(sa.select(col(PersonRow.id)).where(col(PersonRow.nip) == nip))
    return found[0] if found else None


async def find_person_login(db: Db, person_id: int) -> str | None:
    """The login name of a person, or None."""
    found = await db.fetch_one(sa.select(col(AccountRow.login)).where(col(AccountRow.person_id) == person_id))
    return found[0] if found else None


async def service_name_exists(db: Db, name: str) -> bool:
    """True if a service account has this name, revoked or not."""
    wanted = sa.select(col(ServiceAccountRow.id)).where(col(ServiceAccountRow.name) == name)
    return await db.fetch_one(wanted) is not None


async def find_unit_id(db: Db, code: str) -> int | None:
    """The key of the unit with a code, or None."""
    found = await db.fetch_one(sa.select(col(UnitRow.id)).where(col(UnitRow.code) == code))
    return found[0] if found else None


async def list_accounts(db: Db, today: date) -> Sequence[AccountSummary]:
    """All accounts ordered by login name, with their roles on a day.

    Each role is a text of the grant's key, role and unit code.
    """
    roles: dict[int, list[str]] = {}
    for account_id, number, role, code in await db.fetch_all(_SELECT_GRANTS_IN_FORCE, {"today": today}):
        roles.setdefault(account_id, []).append(f"{number} {role}" + (f" {code}" if code else ""))
    listed = await db.fetch_all(sa.select(*_ACCOUNT_SUMMARY_COLUMNS).order_by(col(AccountRow.login)))
    return [
        AccountSummary(login, person, tuple(roles.get(number, ())), locked_until, disabled_at is not None)
        for number, login, person, locked_until, disabled_at in listed
    ]


async def list_active_sessions(db: Db, account_id: int, now: datetime) -> Sequence[AccountSessionSummary]:
    """The active sessions of an account."""
    wanted = (
        sa.select(*_SESSION_SUMMARY_COLUMNS)
        .join(RoleGrantRow, col(RoleGrantRow.id) == col(LoginSessionRow.grant_id))
        .where(
            col(LoginSessionRow.account_id) == account_id,
            col(LoginSessionRow.revoked_at).is_(None),
            col(LoginSessionRow.expires_at) > now,
        )
    )
    found = await db.fetch_all(wanted.order_by(col(LoginSessionRow.id)))
    return [AccountSessionSummary(number, Role(role), *instants) for number, role, *instants in found]


async def list_service_accounts(db: Db) -> Sequence[ServiceAccountSummary]:
    """All service accounts, ordered by name."""
    wanted = sa.select(*_SERVICE_SUMMARY_COLUMNS).outerjoin(
        UnitRow, col(UnitRow.id) == col(ServiceAccountRow.unit_id)
    )
    return [
        ServiceAccountSummary(name, hint, code, expires_on, used_at, revoked_at is not None)
        for name, hint, code, expires_on, used_at, revoked_at in await db.fetch_all(
            wanted.order_by(col(ServiceAccountRow.name))
        )
    ]


_SELECT_GRANTS_IN_FORCE: Final = (
    sa.select(col(RoleGrantRow.account_id), col(RoleGrantRow.id), col(RoleGrantRow.role), col(UnitRow.code))
    .outerjoin(UnitRow, col(UnitRow.id) == col(RoleGrantRow.unit_id))
    .where(_IN_FORCE)
    .order_by(col(RoleGrantRow.id))
)
_ACCOUNT_SUMMARY_COLUMNS: Final[tuple[Any, ...]] = (
    col(AccountRow.id),
    col(AccountRow.login),
    col(AccountRow.person_id),
    col(AccountRow.locked_until),
    col(AccountRow.disabled_at),
)
_SESSION_SUMMARY_COLUMNS: Final[tuple[Any, ...]] = (
    col(LoginSessionRow.id),
    col(RoleGrantRow.role),
    col(LoginSessionRow.began_at),
    col(LoginSessionRow.used_at),
    col(LoginSessionRow.expires_at),
)
_SERVICE_SUMMARY_COLUMNS: Final[tuple[Any, ...]] = (
    col(ServiceAccountRow.name),
    col(ServiceAccountRow.hint),
    col(UnitRow.code),
    col(ServiceAccountRow.expires_on),
    col(ServiceAccountRow.used_at),
    col(ServiceAccountRow.revoked_at),
)


def _build_account(found: Any) -> Account | None:
    return None if found is None else Account(*found)
