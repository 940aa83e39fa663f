"""Login service: sign in, refresh and sign out, as transactions around password hashing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from domain.account import rules, store
from domain.account import sign_in as sign_in_commands
from domain.account.facts import Account, ActiveSession, RefreshRefusal, RoleGrant, SignInRefusal
from domain.actor import SYSTEM_ACTOR, Role
from domain.ports import CommandContext, Jobs
from kinerja import business_date
from kinerja.auth import opaque_tokens
from kinerja.auth.access_tokens import AccessTokens
from kinerja.auth.password_hasher import PasswordHasher
from kinerja.auth.revocation_cache import RevocationCache
from kinerja.postgres import database


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """Credentials, and the role to sign in with; None for people with only one."""

    login: str
    password: str
    role: Role | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Access token for requests, and refresh token for the next pair."""

    access_token: str
    refresh_token: str
    session: ActiveSession


class InvalidCredentials(Exception):
    """Sign-in or refresh failed; the reason is recorded in the audit trail only."""


class RoleRequired(Exception):
    """The password was right; one of these roles must be chosen."""

    def __init__(self, grants: Sequence[RoleGrant]) -> None:
        super().__init__("choose a role")
        self.grants = grants


class LoginService:
    """Signs people in and out, and refreshes their tokens.

    Args:
        data: the database.
        clock: the business date.
        jobs: the queue.
        hasher: the password hasher.
        access_tokens: the issuer of access tokens.
        revocations: the revocation cache, reloaded at once when sessions end.
    """

    def __init__(
        self,
        data: database.Database,
        clock: business_date.BusinessDate,
        jobs: Jobs,
        hasher: PasswordHasher,
        access_tokens: AccessTokens,
        revocations: RevocationCache,
    ) -> None:
        self._data = data
        self._clock = clock
        self._jobs = jobs
        self._hasher = hasher
        self._access_tokens = access_tokens
        self._revocations = revocations

    async def sign_in(self, request: SignInRequest, origin: str) -> TokenPair:
        """Start a session.

        An unknown name takes the same steps as a wrong password: a hash is verified. No connection is held meanwhile.

        Raises:
            InvalidCredentials: unknown, locked or disabled account, wrong password, or account without a role.
            RoleRequired: the account has several roles, or not the requested one.
            HasherOverloaded: too many passwords wait.
            DatabaseUnavailable: the database is unreachable.
        """
        with self._hasher.reserve_slot():  # before the attempt is counted: an overload is no failed attempt
            async with self._open_command_context(origin) as act:
                attempt = await sign_in_commands.count_attempt(act, request.login)
            account = attempt.account
            right = await self._hasher.verify_password(account.password_hash if account else None, request.password)
        if account is None or attempt.refusal is not None or not right:
            return await self._refuse_sign_in(account, attempt.refusal or SignInRefusal.PASSWORD, origin)
        rehashed = await self._hasher.rehash_if_outdated(account.password_hash, request.password)
        return await self._start_session(account, request, rehashed, origin)

    async def renew_tokens(self, token: str, origin: str) -> TokenPair:
        """Continue a session with a new token pair (refresh token rotation).

        Raises:
            InvalidCredentials: it is no refresh token of an active session, or was used before.
            DatabaseUnavailable: the database is unreachable.
        """
        given = opaque_tokens.parse_refresh_token(token)
        if given is None:
            raise InvalidCredentials
        following = given.rotate()
        async with self._open_command_context(origin) as act:
            done = await sign_in_commands.refresh_session(
                act, given.family_sha256, given.link_sha256, following.link_sha256
            )
            now = act.now
        if not isinstance(done, ActiveSession):
            if done is RefreshRefusal.REUSED:
                await self._revocations.reload_revocations()
            raise InvalidCredentials
        return TokenPair(self._access_tokens.issue_access_token(done, now), following.encoded, done)

    async def sign_out(self, token: str, origin: str, *, everywhere: bool) -> None:
        """End a session, or all sessions of its account.

        An invalid token is ignored (RFC 7009).

        Raises:
            DatabaseUnavailable: the database is unreachable.
        """
        given = opaque_tokens.parse_refresh_token(token)
        if given is None:
            return
        async with self._open_command_context(origin) as act:
            ended = await sign_in_commands.end_session(
                act, given.family_sha256, given.link_sha256, everywhere=everywhere
            )
        if ended:
            await self._revocations.reload_revocations()

    async def _start_session(
        self, account: Account, request: SignInRequest, rehashed: str | None, origin: str
    ) -> TokenPair:
        chosen: RoleGrant | None = None
        held: Sequence[RoleGrant] = ()
        async with self._open_command_context(origin) as act:
            still = await sign_in_commands.confirm_attempt(act, account, rehashed)
            if still:
                held = await store.load_grants(act.db, account.id, act.today)
                chosen = rules.pick_grant(held, request.role, request.unit)
            if chosen is not None:
                first = opaque_tokens.create_refresh_token()
                signed = await sign_in_commands.start_session(
                    act, account, chosen, first.family_sha256, first.link_sha256
                )
                return TokenPair(self._access_tokens.issue_access_token(signed, act.now), first.encoded, signed)
            if held:
                sign_in_commands.write_refusal_entry(act, account, SignInRefusal.NOT_CHOSEN)
        if held:
            raise RoleRequired(held)
        return await self._refuse_sign_in(account, SignInRefusal.NO_ROLE if still else SignInRefusal.DISABLED, origin)

    async def _refuse_sign_in(self, account: Account | None, reason: SignInRefusal, origin: str) -> TokenPair:
        async with self._open_command_context(origin) as act:
            sign_in_commands.write_refusal_entry(act, account, reason)
        raise InvalidCredentials

    @asynccontextmanager
    async def _open_command_context(self, origin: str) -> AsyncIterator[CommandContext]:
        today = await self._clock.today()
        async with self._data.open_transaction() as db:
            yield CommandContext(db, self._jobs, SYSTEM_ACTOR, today, business_date.utc_now(), origin)
