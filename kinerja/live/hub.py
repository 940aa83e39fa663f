"""The hub: one connection per process that listens, and what happened lately for all who follow it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import structlog

from domain.event import commands, store
from domain.event.facts import Event, Place
from kinerja import database, statements

RECENT: Final = 1_000
"""How many events are kept in the process; who falls further behind is let go."""

LOOK_SECONDS: Final = 5.0
"""How long it takes to see an event whose NOTIFY was lost with the process that should have sent it."""

_PAGE: Final = 500
_UNRIPE_SECONDS: Final = (0.01, 0.25)  # an open transaction holds events back; nobody tells when it ends
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class CursorExpired(Exception):
    """The event that a cursor names is no longer known, and so neither is what came after it."""


class TooSlow(Exception):
    """Whoever follows has fallen behind by more than what is kept."""


class Hub:
    """Reads events once for all of this process's followers, in the one order in which every process tells them.

    Args:
        url: the database, past any pooler: LISTEN needs a connection of its own.
        data: where what is no longer in memory is read.
        recent: how many events are kept in memory.
    """

    def __init__(self, url: str, data: database.Database, recent: int = RECENT) -> None:
        self.data = data
        self.stopping = asyncio.Event()
        """Set when the process ends, and all who follow should go."""
        self.placed = asyncio.Event()
        """Set once it is known where this process began to read."""
        self.place = Place(0, 0)
        """The last event that was read."""
        self.count = 0
        """How many events were read."""
        self._url = url
        self._recent: deque[Event] = deque(maxlen=recent)
        self._news = asyncio.Event()

    async def follow(self) -> None:
        """Listen until cancelled; after a lost connection go on where it broke off."""
        while True:
            try:
                await self._listen()
            except database.Unavailable as error:
                _log.warning("events_unfollowed", reason=str(error))
                await asyncio.sleep(_RECONNECT_SECONDS)

    def stop(self) -> None:
        """Let everybody go who follows."""
        self.stopping.set()
        self._tell()

    def since(self, number: int) -> Sequence[Event]:
        """The events from the one with this number on, counted from the first that the process read.

        Raises:
            TooSlow: that one is no longer kept.
        """
        first = self.count - len(self._recent)
        if number < first:
            raise TooSlow
        return list(islice(self._recent, number - first, None))

    async def news(self) -> None:
        """Wait for more events, or the end."""
        await self._news.wait()

    async def _listen(self) -> None:
        connection = await database.connect(self._url)
        wake = asyncio.Event()
        connection.add_termination_listener(lambda _connection: wake.set())
        try:
            with database.named(connection):
                await connection.add_listener(commands.CHANNEL, lambda *_: wake.set())
                db = database.Transaction(connection, statements.Statements())
                await self._begin(db)
                await self._read_on(db, wake)
        finally:
            await connection.close()

    async def _begin(self, db: database.Transaction) -> None:
        if not self.placed.is_set():
            self.place = await store.horizon(db)
            self.placed.set()

    async def _read_on(self, db: database.Transaction, wake: asyncio.Event) -> None:
        least, most = _UNRIPE_SECONDS
        pause = least
        while True:
            wake.clear()
            read = await self._read(db)
            pause = least if read else min(2 * pause, most)
            if read < _PAGE:
                unripe = await store.waiting(db, self.place)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause if unripe else LOOK_SECONDS):
                        await wake.wait()

    async def _read(self, db: database.Transaction) -> int:
        events = await store.after(db, self.place, _PAGE)
        if events:
            self._recent.extend(events)
            self.place, self.count = events[-1].place, self.count + len(events)
            self._tell()
        return len(events)

    def _tell(self) -> None:
        self._news.set()
        if not self.stopping.is_set():
            self._news = asyncio.Event()


async def events(hub: Hub, takes: Callable[[Event], bool], after: Place | None) -> AsyncGenerator[Event, None]:
    """The events that `takes` takes: those after a place, or from now on. It ends when the process does.

    Raises:
        CursorExpired: there is no event at that place, or no longer.
        TooSlow: the next was not asked for in time.
        Unavailable: those missed must be read, and the database is away.
    """
    number, last = hub.count, after
    if after is not None:
        await _check(hub, after)
        async for event in _missed(hub, after):
            last = event.place
            if takes(event):
                yield event
        number = hub.count
    while not hub.stopping.is_set():
        fresh = hub.since(number)
        number += len(fresh)
        for event in fresh:
            if (last is None or event.place > last) and takes(event):
                yield event
        if number == hub.count:
            await hub.news()


async def _check(hub: Hub, place: Place) -> None:
    await hub.placed.wait()
    async with hub.data.write() as db:
        if not await store.names_an_event(db, place):
            raise CursorExpired


async def _missed(hub: Hub, place: Place) -> AsyncGenerator[Event, None]:
    """The events after a place, from the table, until it has caught up with the hub."""
    while place < hub.place and not hub.stopping.is_set():
        until = hub.place
        async with hub.data.write() as db:
            page = await store.after(db, place, _PAGE, until)
        for event in page:
            yield event
        place = page[-1].place if page else until
