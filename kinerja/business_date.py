"""Business date: the day in Asia/Jakarta, or the date set by the demo."""

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.business_date import store
from kinerja.postgres import database, invalidation_listener

BUSINESS_DATE_CHANNEL: Final = "business_date"
"""NOTIFY channel of business date changes, notified in the changing transaction."""

_JAKARTA: Final = ZoneInfo("Asia/Jakarta")


def utc_now() -> datetime:
    """Return the current instant, in UTC."""
    return datetime.now(UTC)


class BusinessDate:
    """The business date, cached while change notifications are received.

    After a write of this process `invalidate` drops the cached date. Writes of other processes arrive by NOTIFY while
    `follow_date_changes` runs; without it, each call reads the table.
    """

    def __init__(self, data: database.Database) -> None:
        self._data = data
        self._date: date | None = None
        self._is_current = False
        self._change_count = 0
        self._listener = invalidation_listener.InvalidationListener(BUSINESS_DATE_CHANNEL, self.invalidate)

    @property
    def is_listening(self) -> bool:
        """True while changes by other processes are received."""
        return self._listener.is_listening

    async def today(self) -> date:
        """Return the business date.

        Raises:
            DatabaseUnavailable: the date must be read and the database is unreachable.
        """
        if not (self._is_current and self.is_listening):
            await self._load_date()
        return self._date or datetime.now(_JAKARTA).date()

    def invalidate(self) -> None:
        """Invalidate the cached date."""
        self._change_count += 1
        self._is_current = False

    async def follow_date_changes(self, url: str) -> None:
        """Listen for changes until cancelled."""
        await self._listener.listen_forever(url)

    async def _load_date(self) -> None:
        before = self._change_count
        async with self._data.open_transaction() as db:
            self._date = await store.load_business_date(db)
        # A change during the read may be missing in its result.
        self._is_current = before == self._change_count
