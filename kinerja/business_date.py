"""The business date: the day in Asia/Jakarta, or the one that the demo has set."""

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.business_date import store
from kinerja.postgres import database, invalidation_listener

BUSINESS_DATE_CHANNEL: Final = "business_date"
"""Whoever changes the date says so on this channel, in the same transaction."""

_JAKARTA: Final = ZoneInfo("Asia/Jakarta")


def utc_now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


class BusinessDate:
    """The business date, kept in the process for as long as somebody would tell us that it changed.

    After a write of this process that changed it `invalidate` says so; writes of others come by NOTIFY, as long as
    `follow_date_changes` runs. While it does not, each question reads the table.
    """

    def __init__(self, data: database.Database) -> None:
        self._data = data
        self._date: date | None = None
        self._is_current = False
        self._change_count = 0
        self._listener = invalidation_listener.InvalidationListener(BUSINESS_DATE_CHANNEL, self.invalidate)

    @property
    def is_listening(self) -> bool:
        """Whether changes of other processes are heard of now."""
        return self._listener.is_listening

    async def today(self) -> date:
        """The business date.

        Raises:
            Unavailable: it must be read and the database is away.
        """
        if not (self._is_current and self.is_listening):
            await self._load_date()
        return self._date or datetime.now(_JAKARTA).date()

    def invalidate(self) -> None:
        """Forget what was read: it may have changed."""
        self._change_count += 1
        self._is_current = False

    async def follow_date_changes(self, url: str) -> None:
        """Listen for changes until cancelled."""
        await self._listener.listen_forever(url)

    async def _load_date(self) -> None:
        before = self._change_count
        async with self._data.open_transaction() as db:
            self._date = await store.load_business_date(db)
        # A change that came while we read may not be in what we read.
        self._is_current = before == self._change_count
