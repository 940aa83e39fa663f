"""Event hub: one LISTEN connection per process and a buffer of recent events."""

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
"""Events buffered in the process; a subscriber lagging further behind is disconnected."""

POLL_SECONDS: Final = 5.0
"""Poll interval in seconds: the delay of an event with a lost NOTIFY.

A NOTIFY is lost with the process due to send it.
"""

_PAGE_SIZE: Final = 500
_OPEN_TRANSACTION_POLL_SECONDS: Final = (
    0.01,
    0.25,
)  # an open transaction delays events, and its end is not notified
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class CursorExpired(Exception):
    """The event named by a cursor is no longer known, nor are its successors."""


class ConsumerLagged(Exception):
    """The consumer has fallen behind by more than the buffer holds."""


class EventHub:
    """Reads events once for all subscribers, in one order common to all processes.

    Args:
        url: the database, past any pooler: LISTEN needs a connection of its own.
        data: the database, for events no longer in memory.
        max_recent: the number of events buffered in memory.
    """

    def __init__(self, url: str, data: database.Database, max_recent: int = RECENT_EVENTS) -> None:
        self.data = data
        self.stopping = asyncio.Event()
        """Set at shutdown: all subscribers should stop."""
        self.positioned = asyncio.Event()
        """Set once the start position of this process is known."""
        self.position = EventPosition(0, 0)
        """Position of the last event read."""
        self.event_count = 0
        """Number of events read."""
        self._url = url
        self._recent_events: deque[Event] = deque(maxlen=max_recent)
        self._new_events = asyncio.Event()

    async def follow_events(self) -> None:
        """Listen for events until cancelled; after a lost connection, resume at the last position."""
        while True:
            try:
                await self._listen_for_events()
            except database.DatabaseUnavailable as error:
                _log.warning("events_unfollowed", reason=str(error))
                await asyncio.sleep(_RECONNECT_SECONDS)

    def stop(self) -> None:
        """Stop all subscribers."""
        self.stopping.set()
        self._wake_subscribers()

    def events_since(self, number: int) -> Sequence[Event]:
        """Return the buffered events from the given number on.

        Args:
            number: the number of the event, counted from the first one read by this process.

        Raises:
            ConsumerLagged: the event is no longer buffered.
        """
        first = self.event_count - len(self._recent_events)
        if number < first:
            raise ConsumerLagged
        return list(islice(self._recent_events, number - first, None))

    async def wait_for_events(self) -> None:
        """Wait for new events, or for shutdown."""
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
    """Stream the events accepted by `predicate`: those after a cursor, or new ones.

    The stream ends at shutdown.

    Raises:
        CursorExpired: there is no event at the cursor's position, or no longer.
        ConsumerLagged: the next event was not requested in time.
        DatabaseUnavailable: missed events must be read, and the database is unreachable.
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
    """Stream the events after a position from the table, until level with the hub."""
    while place < hub.position and not hub.stopping.is_set():
        until = hub.position
        async with hub.data.open_transaction() as db:
            page = await store.load_events_after(db, place, _PAGE_SIZE, until)
        for event in page:
            yield event
        place = page[-1].position if page else until
