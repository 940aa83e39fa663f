"""The hub: one connection per process that listens, and what happened lately for all who follow it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import structlog

from domain.event import commands, store
from domain.event.facts import Event, EventPosition
from kinerja.postgres import compiled_statements, database

RECENT_EVENTS: Final = 1_000
"""How many events are kept in the process; who falls further behind is let go."""

POLL_SECONDS: Final = 5.0
"""How long it takes to see an event whose NOTIFY was lost with the process that should have sent it."""

_PAGE_SIZE: Final = 500
_OPEN_TRANSACTION_POLL_SECONDS: Final = (
    0.01,
    0.25,
)  # an open transaction holds events back; nobody tells when it ends
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class CursorExpired(Exception):
    """The event that a cursor names is no longer known, and so neither is what came after it."""


class ConsumerLagged(Exception):
    """Whoever follows has fallen behind by more than what is kept."""


class EventHub:
    """Reads events once for all of this process's followers, in the one order in which every process tells them.

    Args:
        url: the database, past any pooler: LISTEN needs a connection of its own.
        data: where what is no longer in memory is read.
        max_recent: how many events are kept in memory.
    """

    def __init__(self, url: str, data: database.Database, max_recent: int = RECENT_EVENTS) -> None:
        self.data = data
        self.stopping = asyncio.Event()
        """Set when the process ends, and all who follow should go."""
        self.positioned = asyncio.Event()
        """Set once it is known where this process began to read."""
        self.position = EventPosition(0, 0)
        """The last event that was read."""
        self.event_count = 0
        """How many events were read."""
        self._url = url
        self._recent_events: deque[Event] = deque(maxlen=max_recent)
        self._new_events = asyncio.Event()

    async def follow_events(self) -> None:
        """Listen until cancelled; after a lost connection go on where it broke off."""
        while True:
            try:
                await self._listen_for_events()
            except database.DatabaseUnavailable as error:
                _log.warning("events_unfollowed", reason=str(error))
                await asyncio.sleep(_RECONNECT_SECONDS)

    def stop(self) -> None:
        """Let everybody go who follows."""
        self.stopping.set()
        self._wake_subscribers()

    def events_since(self, number: int) -> Sequence[Event]:
        """The events from the one with this number on, counted from the first that the process read.

        Raises:
            TooSlow: that one is no longer kept.
        """
        first = self.event_count - len(self._recent_events)
        if number < first:
            raise ConsumerLagged
        return list(islice(self._recent_events, number - first, None))

    async def wait_for_events(self) -> None:
        """Wait for more events, or the end."""
        await self._new_events.wait()

    async def _listen_for_events(self) -> None:
        connection = await database.connect_unpooled(self._url)
        wake = asyncio.Event()
        connection.add_termination_listener(lambda _connection: wake.set())
        try:
            with database.translate_errors(connection):
                await connection.add_listener(commands.EVENT_CHANNEL, lambda *_: wake.set())
                db = database.Transaction(connection, compiled_statements.StatementCache())
                await self._set_start_position(db)
                await self._read_continuously(db, wake)
        finally:
            await connection.close()

    async def _set_start_position(self, db: database.Transaction) -> None:
        if not self.positioned.is_set():
            self.position = await store.load_event_horizon(db)
            self.positioned.set()

    async def _read_continuously(self, db: database.Transaction, wake: asyncio.Event) -> None:
        least, most = _OPEN_TRANSACTION_POLL_SECONDS
        pause = least
        while True:
            wake.clear()
            read = await self._read_page(db)
            pause = least if read else min(2 * pause, most)
            if read < _PAGE_SIZE:
                unripe = await store.has_events_after(db, self.position)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause if unripe else POLL_SECONDS):
                        await wake.wait()

    async def _read_page(self, db: database.Transaction) -> int:
        events = await store.load_events_after(db, self.position, _PAGE_SIZE)
        if events:
            self._recent_events.extend(events)
            self.position, self.event_count = events[-1].position, self.event_count + len(events)
            self._wake_subscribers()
        return len(events)

    def _wake_subscribers(self) -> None:
        self._new_events.set()
        if not self.stopping.is_set():
            self._new_events = asyncio.Event()


async def stream_events(
    hub: EventHub, predicate: Callable[[Event], bool], after: EventPosition | None
) -> AsyncGenerator[Event, None]:
    """The events that `predicate` takes: those after a place, or from now on. It ends when the process does.

    Raises:
        CursorExpired: there is no event at that place, or no longer.
        TooSlow: the next was not asked for in time.
        Unavailable: those missed must be read, and the database is away.
    """
    number, last = hub.event_count, after
    if after is not None:
        await _check_cursor(hub, after)
        async for event in _stream_missed_events(hub, after):
            last = event.position
            if predicate(event):
                yield event
        number = hub.event_count
    while not hub.stopping.is_set():
        fresh = hub.events_since(number)
        number += len(fresh)
        for event in fresh:
            if (last is None or event.position > last) and predicate(event):
                yield event
        if number == hub.event_count:
            await hub.wait_for_events()


async def _check_cursor(hub: EventHub, position: EventPosition) -> None:
    await hub.positioned.wait()
    async with hub.data.open_transaction() as db:
        if not await store.event_exists(db, position):
            raise CursorExpired


async def _stream_missed_events(hub: EventHub, place: EventPosition) -> AsyncGenerator[Event, None]:
    """The events after a place, from the table, until it has caught up with the hub."""
    while place < hub.position and not hub.stopping.is_set():
        until = hub.position
        async with hub.data.open_transaction() as db:
            page = await store.load_events_after(db, place, _PAGE_SIZE, until)
        for event in page:
            yield event
        place = page[-1].position if page else until
