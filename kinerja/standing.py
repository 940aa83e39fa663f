"""Where an actor stands today: his appraiser, the lines that are his, how wide his part of the tree is."""

from dataclasses import replace
from datetime import date
from typing import Final

from domain.actor import Actor, Role
from domain.people import store
from kinerja import database, news
from kinerja.kept import Kept

MANY: Final = 2_000
"""How many people make a part of the tree wide: to read and sort fewer takes some milliseconds at most."""

_KEPT: Final = 20_000


class Standings:
    """Knows where actors stand, from the database, for as long as somebody would tell that it changed.

    A token says who somebody is and in which role he acts; whose line is his may change while it is good. After a
    command of this process that moved people `expire` says so; those of others come by NOTIFY while `follow` runs,
    and what nobody told of is known after `news.LOOK_SECONDS`. While it does not, each question is asked of the
    database. Who has left is an employee, whatever his token says: he sees himself, and nobody else is his.

    Args:
        reads: the database, as a login that sees everybody.
    """

    def __init__(self, reads: database.Database) -> None:
        self._reads = reads
        self._known: Kept[tuple[Actor, date], Actor] = Kept(_KEPT, _KEPT)
        self._news = news.News(store.CHANNEL, self.expire)

    @property
    def hears(self) -> bool:
        """Whether changes of other processes are heard of now."""
        return self._news.heard

    def known(self, actor: Actor, today: date) -> Actor | None:
        """Where he stands on a day, if that was asked before."""
        return self._known.get((actor, today)) if self._news.heard else None

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
        """Listen for changes until cancelled."""
        await self._news.follow(url)

    async def _read(self, actor: Actor, today: date) -> Actor:
        async with self._reads.write() as db:
            if actor.person_id is not None:
                stands = await store.standing(db, actor.person_id, today)
                if stands.left:
                    return Actor(actor.person_id, Role.EMPLOYEE)
                actor = replace(actor, appraiser_id=stands.appraiser_id, stands_in_for=stands.stands_in_for)
            if actor.unit_path is not None:
                actor = replace(actor, wide=await store.has_below(db, actor.unit_path, MANY))
        return actor
