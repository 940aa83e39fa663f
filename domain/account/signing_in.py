"""Signing in, going on and signing out: each writes even where it refuses, so it answers and never raises."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.account import commands, rules, store
from domain.account.facts import Account, Attempt, Grant, Refused, Session, SignedIn, Spent
from domain.account.tables import AccountRow, LoginSessionRow
from domain.actor import Actor
from domain.journal import commands as journal
from domain.ports import Act

_COUNTED: Final = (
    sa.update(AccountRow)
    .where(col(AccountRow.id) == sa.bindparam("account"))
    .values(failures=sa.bindparam("failed"), locked_until=sa.bindparam("locked"))
)
_PASSED: Final = (
    sa.update(AccountRow)
    .where(col(AccountRow.id) == sa.bindparam("account"))
    .values(failures=0, locked_until=None, password_hash=sa.bindparam("kept"))
)
_BEGUN: Final = sa.insert(LoginSessionRow).returning(col(LoginSessionRow.id))
_GONE_ON: Final = (
    sa.update(LoginSessionRow)
    .where(col(LoginSessionRow.id) == sa.bindparam("session"))
    .values(refresh_sha256=sa.bindparam("sha256"), used_at=sa.bindparam("now"), expires_at=sa.bindparam("until"))
)


async def attempt(act: Act, login: str) -> Attempt:
    """Count an attempt as failed before its password is looked at; the password's success takes that back.

    So of any number of attempts at once no more are heard than may fail. One that is not heard is not counted.
    """
    account = await store.account(act.db, login)
    refused = rules.refuses(account, act.now)
    if account is not None and refused is None:
        after = rules.after_failure(account.failures, act.now)
        counted = {"account": account.id, "failed": after.count, "locked": after.locked_until}
        await act.db.execute(_COUNTED, counted)
    return Attempt(account, refused)


def note_refused(act: Act, account: Account | None, refused: Refused) -> None:
    """Write down that somebody was not signed in. The name that he gave is not kept: it may be a password."""
    if account is None:
        journal.note(act, "account.refuse", ("account", 0), reason=refused)
    else:
        commands.note(act, account, "account.refuse", reason=refused)


async def passed(act: Act, account: Account, rehashed: str | None) -> bool:
    """Take back that the attempt was counted; whether the account is still the one whose password was looked at."""
    now = await store.account_by_id(act.db, account.id)
    if now is None or now.disabled_at is not None or now.password_hash != account.password_hash:
        return False
    await act.db.execute(_PASSED, {"account": account.id, "kept": rehashed or account.password_hash})
    return True


async def start(act: Act, account: Account, grant: Grant, family_sha256: str, refresh_sha256: str) -> SignedIn:
    """Begin a session in a role; the same transaction as `passed`."""
    until = rules.until(act.now, act.now)
    found = await act.db.first(
        _BEGUN,
        {
            "account_id": account.id,
            "grant_id": grant.id,
            "family_sha256": family_sha256,
            "refresh_sha256": refresh_sha256,
            "began_at": act.now,
            "used_at": act.now,
            "expires_at": until,
        },
    )
    if found is None:
        raise LookupError("the session was not made")
    actor = Actor(account.person_id, grant.role, grant.unit_path)
    details = {"role": grant.role, "session": found[0]}
    commands.note(act, account, "account.sign_in", details=details)
    return SignedIn(found[0], account.id, actor, until)


async def go_on(act: Act, family_sha256: str, refresh_sha256: str, next_sha256: str) -> SignedIn | Spent:
    """Exchange the last refresh token of a session for the next; one that was used before ends the session.

    Of two that come with the same token one goes on, and the other ends the session (RFC 9700, 4.14.2): nobody can
    tell which of them holds a copy.
    """
    found = await store.session(act.db, family_sha256)
    if found is None:
        return Spent.UNKNOWN
    account, session = found
    held = await store.grants(act.db, account.id, act.today)
    grant = next((each for each in held if each.id == session.grant_id), None)
    if not _goes_on(session, act.now) or account.disabled_at is not None or grant is None:
        return Spent.OVER
    if session.refresh_sha256 != refresh_sha256:
        await commands.revoke_sessions(act, col(LoginSessionRow.id) == session.id)
        commands.note(act, account, "account.reuse", reason=Spent.REUSED, details={"session": session.id})
        return Spent.REUSED
    until = rules.until(session.began_at, act.now)
    await act.db.execute(_GONE_ON, {"session": session.id, "sha256": next_sha256, "now": act.now, "until": until})
    return SignedIn(session.id, account.id, Actor(account.person_id, grant.role, grant.unit_path), until)


async def end(act: Act, family_sha256: str, refresh_sha256: str, *, everywhere: bool) -> bool:
    """End a session, or all of its account; whether the token was the last of one that went on."""
    found = await store.session(act.db, family_sha256)
    if found is None or not _goes_on(found[1], act.now):
        return False
    account, session = found
    # An old token is one that somebody may have copied: it ends its own session and nothing else.
    whole = everywhere and session.refresh_sha256 == refresh_sha256
    mine = col(LoginSessionRow.account_id) == account.id
    await commands.revoke_sessions(act, mine if whole else col(LoginSessionRow.id) == session.id)
    commands.note(act, account, "account.sign_out", details={"session": session.id, "everywhere": whole})
    return True


def _goes_on(session: Session, now: datetime) -> bool:
    return session.revoked_at is None and session.expires_at > now
