"""What a process must know to refuse at once: ended sessions, and service accounts by the hash of their tokens."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.account import commands, rules, store
from domain.account.facts import ServiceAccount
from kinerja import clock, database, news

POLL_SECONDS: Final = 20.0
"""How long a revocation is unknown here at most, if nobody tells of it."""

STALE_SECONDS: Final = 60.0
"""After how long without news nobody is let in: a token that was ended must not outlive a lost connection."""

_MARGIN: Final = timedelta(minutes=1)
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class Register:
    """Knows what was revoked, from the database; fresh by NOTIFY while `follow` runs, and by looking now and then.

    It is small: sessions that were ended within the life of an access token, and the service accounts there are. So
    no request asks the database who asks.

    Args:
        data: the database, as the worker's login.
        poll_seconds: how often it looks without being told.
        seconds: seconds that never go back.
    """

    def __init__(
        self,
        data: database.Database,
        poll_seconds: float = POLL_SECONDS,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data = data
        self._poll_seconds = poll_seconds
        self._seconds = seconds
        self._read_at: float | None = None
        self._ended: frozenset[int] = frozenset()
        self._services: Mapping[str, ServiceAccount] = {}
        self._used: dict[int, datetime] = {}
        self._reading = asyncio.Lock()

    def goes_on(self, session: int) -> bool:
        """Whether a session was not ended.

        Raises:
            Unavailable: that is not known of late.
        """
        self._check_fresh()
        return session not in self._ended

    def service(self, sha256: str, now: datetime) -> ServiceAccount | None:
        """The service account of a token at an instant; it counts as a use.

        Raises:
            Unavailable: they are not known of late.
        """
        self._check_fresh()
        found = self._services.get(sha256)
        if found is None or now >= rules.end_of(found.expires_on):
            return None
        self._used[found.id] = now
        return found

    async def refresh(self) -> None:
        """Read what was revoked until now, and write down which service accounts were used.

        Raises:
            Unavailable: the database is away.
        """
        async with self._reading:
            began = self._seconds()
            used, self._used = self._used, {}
            async with self._data.write() as db:
                self._ended = await store.revoked(db, clock.now() - rules.ACCESS_LIFETIME - _MARGIN)
                self._services = {each.token_sha256: each for each in await store.services(db)}
                await commands.note_used(db, used)
            self._read_at = began

    async def follow(self, url: str) -> None:
        """Keep it fresh until cancelled: on each NOTIFY, and every `poll_seconds`, whatever happens to LISTEN."""
        told = asyncio.Event()
        listening = asyncio.create_task(news.News(commands.CHANNEL, told.set).follow(url))
        try:
            while True:
                told.clear()
                await self._try()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await told.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _try(self) -> None:
        try:
            await self.refresh()
        except database.Unavailable as error:
            _log.warning("revocations_unread", reason=str(error))
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _check_fresh(self) -> None:
        if self._read_at is None or self._seconds() - self._read_at > STALE_SECONDS:
            raise database.Unavailable("it is not known which tokens were revoked")
