"""Commands on accounts, role grants and service accounts; password hashes are passed in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from domain import refusals
from domain.access import policy
from domain.access.policy import Action
from domain.account import rules, store
from domain.account.facts import Account
from domain.account.requests import AddAccount, AddServiceAccount, GrantRole
from domain.account.tables import AccountRow, LoginSessionRow, RoleGrantRow, ServiceAccountRow
from domain.actor import SYSTEM_ACTOR
from domain.audit import trail
from domain.ports import CommandContext, Db

ACCOUNT_CHANNEL: Final = "account"
"""NOTIFY channel of revocations and new service accounts."""

_SET_LAST_USED: Final = (
    sa.update(ServiceAccountRow)
    .where(col(ServiceAccountRow.id) == sa.bindparam("service"))
    .values(
        used_at=sa.func.greatest(
            col(ServiceAccountRow.used_at), sa.bindparam("used", type_=sa.DateTime(timezone=True))
        )
    )
)


async def add_account(context: CommandContext, request: AddAccount, password_hash: str) -> int:
    """Create an account for a person; returns its key.

    Raises NotAllowed, NotFound for an unknown person, Conflict for a taken name or a person with an account.
    """
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    if not await store.person_exists(context.db, request.person):
        raise refusals.NotFound(f"There is no person {request.person}.", "person")
    if await store.load_account(context.db, request.login) is not None:
        raise refusals.Conflict(f"There is an account {request.login!r} already.", "login")
    held = await store.find_person_login(context.db, request.person)
    if held is not None:
        raise refusals.Conflict(f"This person has the account {held!r} already.", "person")
    await context.db.execute(
        sa.insert(AccountRow).values(
            login=request.login,
            person_id=request.person,
            password_hash=password_hash,
            password_changed_at=context.now,
            failures=0,
        )
    )
    account = await _require_account(context, request.login)
    write_account_entry(context, account, "account.add")
    return account.id


async def set_password(context: CommandContext, login: str, password_hash: str) -> None:
    """Set another password, remove a lock, and end the account's sessions.

    Raises NotAllowed and NotFound.
    """
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    account = await _require_account(context, login)
    changed = {
        "password_hash": password_hash,
        "password_changed_at": context.now,
        "failures": 0,
        "locked_until": None,
    }
    await _update_account(context, account, "account.password", changed)
    await revoke_sessions(context, col(LoginSessionRow.account_id) == account.id)


async def disable_account(context: CommandContext, login: str) -> None:
    """Disable an account and end its sessions. Raises NotAllowed and NotFound."""
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    account = await _require_account(context, login)
    await _update_account(context, account, "account.disable", {"disabled_at": context.now})
    await revoke_sessions(context, col(LoginSessionRow.account_id) == account.id)


async def enable_account(context: CommandContext, login: str) -> None:
    """Enable a disabled account. Raises NotAllowed and NotFound."""
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    await _update_account(context, await _require_account(context, login), "account.enable", {"disabled_at": None})


async def unlock_account(context: CommandContext, login: str) -> None:
    """Unlock an account after failed sign-ins. Raises NotAllowed and NotFound."""
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    await _update_account(
        context, await _require_account(context, login), "account.unlock", {"failures": 0, "locked_until": None}
    )


async def grant_role(context: CommandContext, request: GrantRole) -> int:
    """Grant a role to an account; returns the key of the grant.

    Raises NotAllowed, NotFound for an unknown account or unit, InvalidInput for a role and unit that do not go
    together.
    """
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    objection = rules.grant_objection(request)
    if objection is not None:
        raise refusals.InvalidInput(*objection)
    account = await _require_account(context, request.login)
    made = sa.insert(RoleGrantRow).returning(col(RoleGrantRow.id))
    found = await context.db.fetch_one(
        made.values(
            account_id=account.id,
            role=request.role,
            unit_id=await _require_unit_id(context, request.unit),
            starts_on=request.starts_on,
            ends_on=request.ends_on,
        )
    )
    if found is None:
        raise LookupError("the grant was not made")
    details: dict[str, Any] = {"role": request.role, "unit": request.unit, "startsOn": request.starts_on.isoformat()}
    write_account_entry(context, account, "account.grant", ("role_grant", found[0]), details=details)
    return found[0]


async def revoke_grant(context: CommandContext, number: int) -> None:
    """Revoke a role grant as of today and end its sessions.

    Raises NotAllowed and NotFound.
    """
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    taken = (
        sa.update(RoleGrantRow)
        .where(col(RoleGrantRow.id) == number, col(RoleGrantRow.revoked_at).is_(None))
        .values(revoked_at=context.now)
        .returning(col(RoleGrantRow.account_id))
    )
    found = await context.db.fetch_one(taken)
    account = await store.load_account_by_id(context.db, found[0]) if found else None
    if account is None:
        raise refusals.NotFound(f"There is no grant {number}, or it was taken back before.")
    write_account_entry(context, account, "account.revoke_grant", ("role_grant", number))
    await revoke_sessions(context, col(LoginSessionRow.grant_id) == number)


async def end_account_sessions(context: CommandContext, login: str) -> int:
    """End all sessions of an account; returns their number. Raises NotAllowed and NotFound."""
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    account = await _require_account(context, login)
    ended = await revoke_sessions(context, col(LoginSessionRow.account_id) == account.id)
    write_account_entry(context, account, "account.sign_out")
    return ended


async def add_service_account(
    context: CommandContext, request: AddServiceAccount, token_sha256: str, hint: str
) -> int:
    """Create a service account for another system; returns its key.

    Raises NotAllowed, NotFound for an unknown unit, InvalidInput for an expiry date in the past or too far ahead or
    for the service's own name, Conflict for a taken name.
    """
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    today = rules.real_date(context.now)
    if not today <= request.expires_on <= today + rules.MAX_SERVICE_TOKEN_LIFETIME:
        raise refusals.InvalidInput(
            f"It must expire within {rules.MAX_SERVICE_TOKEN_LIFETIME.days} days from today.", "expires_on"
        )
    if request.name == SYSTEM_ACTOR.service_name:
        raise refusals.InvalidInput("That is the name under which the service itself acts.", "name")
    if await store.service_name_exists(context.db, request.name):
        raise refusals.Conflict(
            f"There is or was a service account {request.name!r}; a name is never given again.", "name"
        )
    made = sa.insert(ServiceAccountRow).returning(col(ServiceAccountRow.id))
    found = await context.db.fetch_one(
        made.values(
            name=request.name,
            token_sha256=token_sha256,
            hint=hint,
            unit_id=await _require_unit_id(context, request.unit),
            made_at=context.now,
            expires_on=request.expires_on,
        )
    )
    if found is None:
        raise LookupError("the service account was not made")
    details = {"name": request.name, "unit": request.unit, "expiresOn": request.expires_on.isoformat()}
    trail.write_audit_entry(context, "service_account.add", ("service_account", found[0]), details=details)
    await context.db.notify(ACCOUNT_CHANNEL, "")
    return found[0]


async def revoke_service_account(context: CommandContext, name: str) -> None:
    """Revoke a service account permanently. Raises NotAllowed and NotFound."""
    policy.require_permission(context.actor, Action.MANAGE_ACCOUNTS)
    ended = (
        sa.update(ServiceAccountRow)
        .where(col(ServiceAccountRow.name) == name, col(ServiceAccountRow.revoked_at).is_(None))
        .values(revoked_at=context.now)
        .returning(col(ServiceAccountRow.id))
    )
    found = await context.db.fetch_one(ended)
    if found is None:
        raise refusals.NotFound(f"There is no service account {name!r}, or it was ended before.")
    trail.write_audit_entry(context, "service_account.revoke", ("service_account", found[0]), details={"name": name})
    await context.db.notify(ACCOUNT_CHANNEL, "")


def write_account_entry(
    context: CommandContext,
    account: Account,
    action: str,
    subject: tuple[str, int] | None = None,
    *,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write an audit entry about an account, visible to the auditors of its person's unit."""
    trail.write_audit_entry(
        context,
        action,
        subject or ("account", account.id),
        person_id=account.person_id,
        unit_path=account.unit_path,
        reason=reason,
        details=details,
    )


async def prune_sessions(db: Db, before: datetime, limit: int = 10_000) -> int:
    """Delete at most `limit` sessions expired before an instant; returns their number."""
    over = sa.select(col(LoginSessionRow.id)).where(col(LoginSessionRow.expires_at) < before).limit(limit)
    return await db.execute(sa.delete(LoginSessionRow).where(col(LoginSessionRow.id).in_(over)))


async def record_service_use(db: Db, at: Mapping[int, datetime]) -> None:
    """Record the last use of service accounts, without an audit entry."""
    for number, when in sorted(at.items()):
        await db.execute(_SET_LAST_USED, {"service": number, "used": when})


async def revoke_sessions(context: CommandContext, condition: sa.ColumnElement[bool]) -> int:
    """Revoke active sessions and notify all processes; returns their number."""
    ended = await context.db.execute(
        sa.update(LoginSessionRow)
        .where(condition, col(LoginSessionRow.revoked_at).is_(None), col(LoginSessionRow.expires_at) > context.now)
        .values(revoked_at=context.now)
    )
    if ended:
        await context.db.notify(ACCOUNT_CHANNEL, "")
    return ended


async def _update_account(context: CommandContext, account: Account, action: str, values: dict[str, Any]) -> None:
    await context.db.execute(sa.update(AccountRow).where(col(AccountRow.id) == account.id).values(**values))
    write_account_entry(context, account, action)


async def _require_account(context: CommandContext, login: str) -> Account:
    found = await store.load_account(context.db, login)
    if found is None:
        raise refusals.NotFound(f"There is no account {login!r}.", "login")
    return found


async def _require_unit_id(context: CommandContext, code: str | None) -> int | None:
    if code is None:
        return None
    found = await store.find_unit_id(context.db, code)
    if found is None:
        raise refusals.NotFound(f"There is no unit {code!r}.", "unit")
    return found
