"""Making and changing accounts. Hashes come from above: what hashes is no business of the rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from domain import policy, refusals
from domain.account import rules, store
from domain.account.facts import Account
from domain.account.requests import AddAccount, AddServiceAccount, GrantRole
from domain.account.tables import AccountRow, LoginSessionRow, RoleGrantRow, ServiceAccountRow
from domain.actor import SYSTEM
from domain.journal import commands as journal
from domain.policy import Action
from domain.ports import Act, Db

CHANNEL: Final = "account"
"""NOTIFY on this channel says that something was revoked, or a service account made."""

_USED: Final = (
    sa.update(ServiceAccountRow)
    .where(col(ServiceAccountRow.id) == sa.bindparam("service"))
    .values(
        used_at=sa.func.greatest(
            col(ServiceAccountRow.used_at), sa.bindparam("used", type_=sa.DateTime(timezone=True))
        )
    )
)


async def add(act: Act, asked: AddAccount, password_hash: str) -> int:
    """Make an account for a person; its key.

    Raises NotAllowed, NotFound for a person that there is not, Conflict for a name or person that has one.
    """
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    if not await store.there_is(act.db, asked.person):
        raise refusals.NotFound(f"There is no person {asked.person}.", "person")
    if await store.account(act.db, asked.login) is not None:
        raise refusals.Conflict(f"There is an account {asked.login!r} already.", "login")
    held = await store.login_of(act.db, asked.person)
    if held is not None:
        raise refusals.Conflict(f"This person has the account {held!r} already.", "person")
    await act.db.execute(
        sa.insert(AccountRow).values(
            login=asked.login,
            person_id=asked.person,
            password_hash=password_hash,
            password_changed_at=act.now,
            failures=0,
        )
    )
    account = await _account(act, asked.login)
    note(act, account, "account.add")
    return account.id


async def set_password(act: Act, login: str, password_hash: str) -> None:
    """Give an account another password, open it again if it was locked, and end its sessions.

    Raises NotAllowed and NotFound.
    """
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    account = await _account(act, login)
    changed = {"password_hash": password_hash, "password_changed_at": act.now, "failures": 0, "locked_until": None}
    await _change(act, account, "account.password", changed)
    await revoke_sessions(act, col(LoginSessionRow.account_id) == account.id)


async def disable(act: Act, login: str) -> None:
    """Switch an account off and end its sessions. Raises NotAllowed and NotFound."""
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    account = await _account(act, login)
    await _change(act, account, "account.disable", {"disabled_at": act.now})
    await revoke_sessions(act, col(LoginSessionRow.account_id) == account.id)


async def enable(act: Act, login: str) -> None:
    """Switch an account on again. Raises NotAllowed and NotFound."""
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    await _change(act, await _account(act, login), "account.enable", {"disabled_at": None})


async def unlock(act: Act, login: str) -> None:
    """Let an account that was locked sign in again. Raises NotAllowed and NotFound."""
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    await _change(act, await _account(act, login), "account.unlock", {"failures": 0, "locked_until": None})


async def grant(act: Act, asked: GrantRole) -> int:
    """Let an account act in a role; the key of the grant.

    Raises NotAllowed, NotFound for an account or unit that there is not, InvalidInput where role and unit do not go
    together.
    """
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    objection = rules.objection(asked)
    if objection is not None:
        raise refusals.InvalidInput(*objection)
    account = await _account(act, asked.login)
    made = sa.insert(RoleGrantRow).returning(col(RoleGrantRow.id))
    found = await act.db.first(
        made.values(
            account_id=account.id,
            role=asked.role,
            unit_id=await _unit(act, asked.unit),
            starts_on=asked.starts_on,
            ends_on=asked.ends_on,
        )
    )
    if found is None:
        raise LookupError("the grant was not made")
    details: dict[str, Any] = {"role": asked.role, "unit": asked.unit, "startsOn": asked.starts_on.isoformat()}
    note(act, account, "account.grant", ("role_grant", found[0]), details=details)
    return found[0]


async def revoke_grant(act: Act, number: int) -> None:
    """Take a role back from today on, and end the sessions in it. Raises NotAllowed and NotFound."""
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    taken = (
        sa.update(RoleGrantRow)
        .where(col(RoleGrantRow.id) == number, col(RoleGrantRow.revoked_at).is_(None))
        .values(revoked_at=act.now)
        .returning(col(RoleGrantRow.account_id))
    )
    found = await act.db.first(taken)
    account = await store.account_by_id(act.db, found[0]) if found else None
    if account is None:
        raise refusals.NotFound(f"There is no grant {number}, or it was taken back before.")
    note(act, account, "account.revoke_grant", ("role_grant", number))
    await revoke_sessions(act, col(LoginSessionRow.grant_id) == number)


async def sign_out(act: Act, login: str) -> int:
    """End all sessions of an account; how many went on. Raises NotAllowed and NotFound."""
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    account = await _account(act, login)
    ended = await revoke_sessions(act, col(LoginSessionRow.account_id) == account.id)
    note(act, account, "account.sign_out")
    return ended


async def add_service(act: Act, asked: AddServiceAccount, token_sha256: str, hint: str) -> int:
    """Make an account for another system; its key.

    Raises NotAllowed, NotFound for a unit that there is not, InvalidInput for a time that is over or too long or for
    the service's own name, Conflict for a name that is taken.
    """
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    today = rules.day(act.now)
    if not today <= asked.expires_on <= today + rules.LONGEST_SERVICE:
        raise refusals.InvalidInput(
            f"It must expire within {rules.LONGEST_SERVICE.days} days from today.", "expires_on"
        )
    if asked.name == SYSTEM.service:
        raise refusals.InvalidInput("That is the name under which the service itself acts.", "name")
    if await store.is_service(act.db, asked.name):
        raise refusals.Conflict(
            f"There is or was a service account {asked.name!r}; a name is never given again.", "name"
        )
    made = sa.insert(ServiceAccountRow).returning(col(ServiceAccountRow.id))
    found = await act.db.first(
        made.values(
            name=asked.name,
            token_sha256=token_sha256,
            hint=hint,
            unit_id=await _unit(act, asked.unit),
            made_at=act.now,
            expires_on=asked.expires_on,
        )
    )
    if found is None:
        raise LookupError("the service account was not made")
    details = {"name": asked.name, "unit": asked.unit, "expiresOn": asked.expires_on.isoformat()}
    journal.note(act, "service_account.add", ("service_account", found[0]), details=details)
    await act.db.notify(CHANNEL, "")
    return found[0]


async def revoke_service(act: Act, name: str) -> None:
    """End a service account for good. Raises NotAllowed and NotFound."""
    policy.may(act.actor, Action.MANAGE_ACCOUNTS)
    ended = (
        sa.update(ServiceAccountRow)
        .where(col(ServiceAccountRow.name) == name, col(ServiceAccountRow.revoked_at).is_(None))
        .values(revoked_at=act.now)
        .returning(col(ServiceAccountRow.id))
    )
    found = await act.db.first(ended)
    if found is None:
        raise refusals.NotFound(f"There is no service account {name!r}, or it was ended before.")
    journal.note(act, "service_account.revoke", ("service_account", found[0]), details={"name": name})
    await act.db.notify(CHANNEL, "")


def note(
    act: Act,
    account: Account,
    action: str,
    subject: tuple[str, int] | None = None,
    *,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down what was done to an account, for the auditors of its person's unit."""
    journal.note(
        act,
        action,
        subject or ("account", account.id),
        person=account.person_id,
        path=account.unit_path,
        reason=reason,
        details=details,
    )


async def prune(db: Db, before: datetime, most: int = 10_000) -> int:
    """Forget sessions that ended before an instant, at most so many at once; how many those were."""
    over = sa.select(col(LoginSessionRow.id)).where(col(LoginSessionRow.expires_at) < before).limit(most)
    return await db.execute(sa.delete(LoginSessionRow).where(col(LoginSessionRow.id).in_(over)))


async def note_used(db: Db, at: Mapping[int, datetime]) -> None:
    """Note when service accounts were last used; no matter for the audit trail."""
    for number, when in sorted(at.items()):
        await db.execute(_USED, {"service": number, "used": when})


async def revoke_sessions(act: Act, which: sa.ColumnElement[bool]) -> int:
    """End sessions that go on and tell all processes; how many those were."""
    ended = await act.db.execute(
        sa.update(LoginSessionRow)
        .where(which, col(LoginSessionRow.revoked_at).is_(None), col(LoginSessionRow.expires_at) > act.now)
        .values(revoked_at=act.now)
    )
    if ended:
        await act.db.notify(CHANNEL, "")
    return ended


async def _change(act: Act, account: Account, action: str, values: dict[str, Any]) -> None:
    await act.db.execute(sa.update(AccountRow).where(col(AccountRow.id) == account.id).values(**values))
    note(act, account, action)


async def _account(act: Act, login: str) -> Account:
    found = await store.account(act.db, login)
    if found is None:
        raise refusals.NotFound(f"There is no account {login!r}.", "login")
    return found


async def _unit(act: Act, code: str | None) -> int | None:
    if code is None:
        return None
    found = await store.unit(act.db, code)
    if found is None:
        raise refusals.NotFound(f"There is no unit {code!r}.", "unit")
    return found
