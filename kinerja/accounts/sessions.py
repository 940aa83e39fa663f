"""Signing in, going on and signing out, as transactions around the hashing of a password."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from domain.account import rules, signing_in, store
from domain.account.facts import Account, Grant, Refused, SignedIn, Spent
from domain.actor import SYSTEM, Role
from domain.ports import Act
from kinerja import clock, context
from kinerja.accounts import opaque
from kinerja.accounts.access import Access
from kinerja.accounts.passwords import Hasher
from kinerja.accounts.register import Register


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to sign in, and in which of his roles; None where he has but one."""

    login: str
    password: str
    role: Role | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a session is carried on with: a token for requests, and one for the next pair."""

    access: str
    refresh: str
    signed: SignedIn


class NotBelieved(Exception):
    """Nobody is signed in; why is in the audit trail alone."""


class Choose(Exception):
    """The password was right; the role must be chosen, from these."""

    def __init__(self, held: Sequence[Grant]) -> None:
        super().__init__("choose a role")
        self.held = held


class Sessions:
    """Signs people in and out.

    Args:
        means: the way to the database, the date and the queue.
        hasher: what looks at passwords.
        access: what issues access tokens.
        register: what is told at once of sessions that end.
    """

    def __init__(self, means: context.Means, hasher: Hasher, access: Access, register: Register) -> None:
        self._means = means
        self._hasher = hasher
        self._access = access
        self._register = register

    async def sign_in(self, asked: Asked, origin: str) -> Tokens:
        """Begin a session.

        The same is done for a name that there is not as for a password that is wrong: a hash is verified. No
        connection is held meanwhile.

        Raises:
            NotBelieved: there is no such account, it is locked or off, the password is another, or it has no role.
            Choose: it has several roles, or not the one that was asked for.
            Busy: too many passwords wait.
            Unavailable: the database is away.
        """
        with self._hasher.turn():  # before the attempt is counted: who is sent away has not failed
            async with self._act(origin) as act:
                attempt = await signing_in.attempt(act, asked.login)
            account = attempt.account
            right = await self._hasher.verify(account.password_hash if account else None, asked.password)
        if account is None or attempt.refused is not None or not right:
            return await self._refuse(account, attempt.refused or Refused.PASSWORD, origin)
        rehashed = await self._hasher.renewed(account.password_hash, asked.password)
        return await self._start(account, asked, rehashed, origin)

    async def refresh(self, text: str, origin: str) -> Tokens:
        """Go on with a session under new tokens.

        Raises:
            NotBelieved: it is no token of a session that goes on, or was used before.
            Unavailable: the database is away.
        """
        given = opaque.read_refresh(text)
        if given is None:
            raise NotBelieved
        following = given.next()
        async with self._act(origin) as act:
            done = await signing_in.go_on(act, given.family_sha256, given.link_sha256, following.link_sha256)
            now = act.now
        if not isinstance(done, SignedIn):
            if done is Spent.REUSED:
                await self._register.refresh()
            raise NotBelieved
        return Tokens(self._access.issue(done, now), following.text, done)

    async def sign_out(self, text: str, origin: str, *, everywhere: bool) -> None:
        """End a session, or all of its account. A token that is not good is none of anybody's business (RFC 7009).

        Raises:
            Unavailable: the database is away.
        """
        given = opaque.read_refresh(text)
        if given is None:
            return
        async with self._act(origin) as act:
            ended = await signing_in.end(act, given.family_sha256, given.link_sha256, everywhere=everywhere)
        if ended:
            await self._register.refresh()

    async def _start(self, account: Account, asked: Asked, rehashed: str | None, origin: str) -> Tokens:
        chosen: Grant | None = None
        held: Sequence[Grant] = ()
        async with self._act(origin) as act:
            still = await signing_in.passed(act, account, rehashed)
            if still:
                held = await store.grants(act.db, account.id, act.today)
                chosen = rules.picked(held, asked.role, asked.unit)
            if chosen is not None:
                first = opaque.first_refresh()
                signed = await signing_in.start(act, account, chosen, first.family_sha256, first.link_sha256)
                return Tokens(self._access.issue(signed, act.now), first.text, signed)
            if held:
                signing_in.note_refused(act, account, Refused.NOT_CHOSEN)
        if held:
            raise Choose(held)
        return await self._refuse(account, Refused.NO_ROLE if still else Refused.DISABLED, origin)

    async def _refuse(self, account: Account | None, why: Refused, origin: str) -> Tokens:
        async with self._act(origin) as act:
            signing_in.note_refused(act, account, why)
        raise NotBelieved

    @asynccontextmanager
    async def _act(self, origin: str) -> AsyncIterator[Act]:
        today = await self._means.times.today()
        async with self._means.data.write() as db:
            yield Act(db, self._means.jobs, SYSTEM, today, clock.now(), origin)
