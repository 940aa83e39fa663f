"""The business date: the day in Asia/Jakarta, or the one that the demo has set."""

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.calendar import store
from kinerja import database, news

CHANNEL: Final = "business_date"
"""Whoever changes the date says so on this channel, in the same transaction."""

_JAKARTA: Final = ZoneInfo("Asia/Jakarta")


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


class Clock:
    """The business date, kept in the process for as long as somebody would tell us that it changed.

    After a write of this process that changed it `expire` says so; writes of others come by NOTIFY, as long as
    `follow` runs. While it does not, each question reads the table.
    """

    def __init__(self, reads: database.Database) -> None:
        self._reads = reads
        self._date: date | None = None
        self._known = False
        self._changes = 0
        self._news = news.News(CHANNEL, self.expire)

    @property
    def followed(self) -> bool:
        """Whether changes of other processes are heard of now."""
        return self._news.heard

    async def today(self) -> date:
        """The business date.

        Raises:
            Unavailable: it must be read and the database is away.
        """
        if not (self._known and self.followed):
            await self._read()
        return self._date or datetime.now(_JAKARTA).date()

    def expire(self) -> None:
        """Forget what was read: it may have changed."""
        self._changes += 1
        self._known = False

    async def follow(self, url: str) -> None:
        """Listen for changes until cancelled."""
        await self._news.follow(url)

    async def _read(self) -> None:
        before = self._changes
        async with self._reads.write() as db:
            self._date = await store.set_day(db)
        # A change that came while we read may not be in what we read.
        self._known = before == self._changes
