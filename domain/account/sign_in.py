"""Sign-in, session refresh and sign-out.

Each function writes even on refusal; it therefore returns the outcome and never raises a refusal.
"""

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.account import commands, rules, store
from domain.account.facts import (
    Account,
    AccountSession,
    ActiveSession,
    RefreshRefusal,
    RoleGrant,
    SignInAttempt,
    SignInRefusal,
)
from domain.account.tables import AccountRow, LoginSessionRow
from domain.actor import Actor
from domain.audit import trail
from domain.ports import CommandContext

_SET_FAILURES: Final = (
    sa.update(AccountRow)
    .where(col(AccountRow.id) == sa.bindparam("account"))
    .values(failures=sa.bindparam("failed"), locked_until=sa.bindparam("locked"))
)
_RESET_FAILURES: Final = (
    sa.update(AccountRow)
    .where(col(AccountRow.id) == sa.bindparam("account"))
    .values(failures=0, locked_until=None, password_hash=sa.bindparam("kept"))
)
_INSERT_SESSION: Final = sa.insert(LoginSessionRow).returning(col(LoginSessionRow.id))
_ROTATE_REFRESH_TOKEN: Final = (
    sa.update(LoginSessionRow)
    .where(col(LoginSessionRow.id) == sa.bindparam("session"))
    .values(refresh_sha256=sa.bindparam("sha256"), used_at=sa.bindparam("now"), expires_at=sa.bindparam("until"))
)


async def count_attempt(context: CommandContext, login: str) -> SignInAttempt:
    """Count a sign-in attempt as failed before its password is checked.

    A successful check removes the count again. So among parallel attempts no more are checked than may fail. An
    attempt refused before the check is not counted.
    """
    account = await store.load_account(context.db, login)
    refused = rules.sign_in_refusal(account, context.now)
    if account is not None and refused is None:
        after = rules.count_failure(account.failures, context.now)
        counted = {"account": account.id, "failed": after.count, "locked": after.locked_until}
        await context.db.execute(_SET_FAILURES, counted)
    return SignInAttempt(account, refused)


def write_refusal_entry(context: CommandContext, account: Account | None, refusal: SignInRefusal) -> None:
    """Write an audit entry about a refused sign-in.

    The given name is not stored: it may be a password.
    """
    if account is None:
        trail.write_audit_entry(context, "account.refuse", ("account", 0), reason=refusal)
    else:
        commands.write_account_entry(context, account, "account.refuse", reason=refusal)


async def confirm_attempt(context: CommandContext, account: Account, rehashed: str | None) -> bool:
    """Reset the failure count after a successful check; False if the account changed meanwhile.

    Changed means deleted, disabled or given another password since the check.
    """
    now = await store.load_account_by_id(context.db, account.id)
    if now is None or now.disabled_at is not None or now.password_hash != account.password_hash:
        return False
    await context.db.execute(_RESET_FAILURES, {"account": account.id, "kept": rehashed or account.password_hash})
    return True


async def start_session(
    context: CommandContext, account: Account, grant: RoleGrant, family_sha256: str, refresh_sha256: str
) -> ActiveSession:
    """Start a session in a role, in the same transaction as `confirm_attempt`."""
    until = rules.session_expiry(context.now, context.now)
    found = await context.db.fetch_one(
        _INSERT_SESSION,
        {
            "account_id": account.id,
            "grant_id": grant.id,
            "family_sha256": family_sha256,
            "refresh_sha256": refresh_sha256,
            "began_at": context.now,
            "used_at": context.now,
            "expires_at": until,
        },
    )
    if found is None:
        raise LookupError("the session was not made")
    actor = Actor(account.person_id, grant.role, grant.unit_path)
    details = {"role": grant.role, "session": found[0]}
    commands.write_account_entry(context, account, "account.sign_in", details=details)
    return ActiveSession(found[0], account.id, actor, until)


async def refresh_session(
    context: CommandContext, family_sha256: str, refresh_sha256: str, next_sha256: str
) -> ActiveSession | RefreshRefusal:
    """Rotate the refresh token of a session; reuse of an old token ends the session.

    Of two requests with one token the first continues and the second ends the session (RFC 9700, 4.14.2): the copy
    cannot be distinguished from the original.
    """
    found = await store.load_account_session(context.db, family_sha256)
    if found is None:
        return RefreshRefusal.UNKNOWN
    account, session = found
    held = await store.load_grants(context.db, account.id, context.today)
    grant = next((each for each in held if each.id == session.grant_id), None)
    if not _is_active(session, context.now) or account.disabled_at is not None or grant is None:
        return RefreshRefusal.OVER
    if session.refresh_sha256 != refresh_sha256:
        await commands.revoke_sessions(context, col(LoginSessionRow.id) == session.id)
        commands.write_account_entry(
            context, account, "account.reuse", reason=RefreshRefusal.REUSED, details={"session": session.id}
        )
        return RefreshRefusal.REUSED
    until = rules.session_expiry(session.began_at, context.now)
    await context.db.execute(
        _ROTATE_REFRESH_TOKEN, {"session": session.id, "sha256": next_sha256, "now": context.now, "until": until}
    )
    return ActiveSession(session.id, account.id, Actor(account.person_id, grant.role, grant.unit_path), until)


async def end_session(context: CommandContext, family_sha256: str, refresh_sha256: str, *, everywhere: bool) -> bool:
    """End a session, or all sessions of its account; True if it was active.

    Only the latest refresh token can end all of them; an older one ends its own session.
    """
    found = await store.load_account_session(context.db, family_sha256)
    if found is None or not _is_active(found[1], context.now):
        return False
    account, session = found
    # An old token is one that somebody may have copied: it ends its own session and nothing else.
    whole = everywhere and session.refresh_sha256 == refresh_sha256
    mine = col(LoginSessionRow.account_id) == account.id
    await commands.revoke_sessions(context, mine if whole else col(LoginSessionRow.id) == session.id)
    commands.write_account_entry(
        context, account, "account.sign_out", details={"session": session.id, "everywhere": whole}
    )
    return True


def _is_active(session: AccountSession, now: datetime) -> bool:
    return session.revoked_at is None and session.expires_at > now
