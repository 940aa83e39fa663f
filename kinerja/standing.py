"""Where an actor stands today: his appraiser, the lines that are his, how wide his part of the tree is."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Final

import structlog

from domain.actor import Actor
from domain.people import store
from kinerja import database
from kinerja.kept import Kept

MANY: Final = 2_000
"""How many people make a part of the tree wide: to read and sort fewer takes some milliseconds at most."""

_KEPT: Final = 20_000
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class Standings:
    """Knows where actors stand, from the database, for as long as somebody would tell that it changed.

    A token says who somebody is and in which role he acts; whose line is his may change while it is good. After a
    command of this process that moved people `expire` says so; those of others come by NOTIFY while `follow` runs.
    While it does not, each question is asked of the database.

    Args:
        reads: the database, as a login that sees everybody.
    """

    def __init__(self, reads: database.Database) -> None:
        self._reads = reads
        self._known: Kept[tuple[Actor, date], Actor] = Kept(_KEPT, _KEPT)
        self.followed = False
        """Whether changes of other processes are heard of now."""

    def known(self, actor: Actor, today: date) -> Actor | None:
        """Where he stands on a day, if that was asked before."""
        return self._known.get((actor, today)) if self.followed else None

    async def of(self, actor: Actor, today: date) -> Actor:
        """The actor as he stands on a day.

        Raises:
            Unavailable: the database must be asked and is away.
        """
        if actor.person_id is None and actor.unit_path is None:
            return actor
        found = self.known(actor, today)
        if found is None:
            kept = self._known
            found = await self._read(actor, today)
            kept.put((actor, today), found)  # into what may have been forgotten meanwhile, and is then nobody's
        return found

    def expire(self) -> None:
        """Forget what was read: it may have changed."""
        self._known = Kept(_KEPT, _KEPT)

    async def follow(self, url: str) -> None:
        """Listen for changes until cancelled, on a connection of its own that is made anew when it breaks."""
        while True:
            with suppress(database.Unavailable):
                await self._listen(url)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, url: str) -> None:
        connection = await database.connect(url)
        broken = asyncio.Event()
        hear: Callable[..., None] = lambda *_: self.expire()  # noqa: E731 - asyncpg knows a listener by identity
        connection.add_termination_listener(lambda _connection: broken.set())
        try:
            with database.named():
                await connection.add_listener(store.CHANNEL, hear)
            self.expire()
            self.followed = True
            await broken.wait()
            _log.warning("standings_unfollowed")
        finally:
            self.followed = False
            await connection.close()

    async def _read(self, actor: Actor, today: date) -> Actor:
        async with self._reads.write() as db:
            if actor.person_id is not None:
                stands = await store.standing(db, actor.person_id, today)
                actor = replace(actor, appraiser_id=stands.appraiser_id, stands_in_for=stands.stands_in_for)
            if actor.unit_path is not None:
                actor = replace(actor, wide=await store.has_below(db, actor.unit_path, MANY))
        return actor
