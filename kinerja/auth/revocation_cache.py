"""Revocation cache: ended sessions, and service accounts by token hash."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.account import commands, rules, store
from domain.account.facts import ServiceAccount
from kinerja import business_date
from kinerja.postgres import database, invalidation_listener

POLL_SECONDS: Final = 20.0
"""Maximum seconds until a revocation is known here without a NOTIFY."""

STALE_SECONDS: Final = 60.0
"""Maximum age of the revocation data, in seconds; beyond it no token is accepted.

A token of an ended session must not outlive a lost connection.
"""

_CLOCK_SKEW_MARGIN: Final = timedelta(minutes=1)
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class RevocationCache:
    """Cache of revoked sessions and service accounts, kept fresh by NOTIFY and by polling.

    It is small: the sessions ended within the life of an access token, and all service accounts. So no request needs
    the database for authentication.

    Args:
        data: the database, as the worker's login.
        poll_seconds: interval of reloads without a notification.
        monotonic: monotonic clock, in seconds.
    """

    def __init__(
        self,
        data: database.Database,
        poll_seconds: float = POLL_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data = data
        self._poll_seconds = poll_seconds
        self._monotonic = monotonic
        self._loaded_at: float | None = None
        self._ended_session_ids: frozenset[int] = frozenset()
        self._services_by_hash: Mapping[str, ServiceAccount] = {}
        self._last_uses: dict[int, datetime] = {}
        self._reload_lock = asyncio.Lock()

    def is_session_active(self, session: int) -> bool:
        """Return True if a session was not ended.

        Raises:
            DatabaseUnavailable: the revocation data is stale.
        """
        self._require_fresh()
        return session not in self._ended_session_ids

    def find_service_account(self, sha256: str, now: datetime) -> ServiceAccount | None:
        """Return the service account of a token at an instant, and record its use.

        Raises:
            DatabaseUnavailable: the revocation data is stale.
        """
        self._require_fresh()
        found = self._services_by_hash.get(sha256)
        if found is None or now >= rules.end_of_day(found.expires_on):
            return None
        self._last_uses[found.id] = now
        return found

    async def reload_revocations(self) -> None:
        """Reload the revocations, and store the last uses of service accounts.

        Raises:
            DatabaseUnavailable: the database is unreachable.
        """
        async with self._reload_lock:
            began = self._monotonic()
            used, self._last_uses = self._last_uses, {}
            async with self._data.open_transaction() as db:
                self._ended_session_ids = await store.load_revoked_session_ids(
                    db, business_date.utc_now() - rules.ACCESS_TOKEN_LIFETIME - _CLOCK_SKEW_MARGIN
                )
                self._services_by_hash = {each.token_sha256: each for each in await store.load_service_accounts(db)}
                await commands.record_service_use(db, used)
            self._loaded_at = began

    async def keep_fresh(self, url: str) -> None:
        """Reload until cancelled: on each NOTIFY, and every `poll_seconds` even without LISTEN."""
        told = asyncio.Event()
        listening = asyncio.create_task(
            invalidation_listener.InvalidationListener(commands.ACCOUNT_CHANNEL, told.set).listen_forever(url)
        )
        try:
            while True:
                told.clear()
                await self._reload_or_log()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await told.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _reload_or_log(self) -> None:
        try:
            await self.reload_revocations()
        except database.DatabaseUnavailable as error:
            _log.warning("revocations_unread", reason=str(error))
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _require_fresh(self) -> None:
        if self._loaded_at is None or self._monotonic() - self._loaded_at > STALE_SECONDS:
            raise database.DatabaseUnavailable("it is not known which tokens were revoked")
