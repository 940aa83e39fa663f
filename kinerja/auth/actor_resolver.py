"""Where an actor stands today: their appraiser, the lines that are their, how wide their part of the tree is."""

from dataclasses import replace
from datetime import date
from typing import Final

from domain.actor import Actor, Role
from domain.people import store
from kinerja.cache import SegmentedCache
from kinerja.postgres import database, invalidation_listener

WIDE_SCOPE_PEOPLE: Final = 2_000
"""How many people make a part of the tree wide: to read and sort fewer takes some milliseconds at most."""

_CACHE_SIZE: Final = 20_000


class ActorResolver:
    """Knows where actors stand, from the database, for as long as somebody would tell that it changed.

    A token says who somebody is and in which role they act; whose line is theirs may change while it is good. After a
    command of this process that moved people `invalidate` says so; those of others come by NOTIFY while
    `follow_people_changes` runs, and what nobody told of is known after `invalidation_listener.CHECK_SECONDS`. While
    it does not, each question is asked of the database. Who has left is an employee, whatever their token says: they
    see themselves, and nobody else is their.

    Args:
        data: the database, as a login that sees everybody.
    """

    def __init__(self, data: database.Database) -> None:
        self._data = data
        self._actors: SegmentedCache[tuple[Actor, date], Actor] = SegmentedCache(_CACHE_SIZE, _CACHE_SIZE)
        self._listener = invalidation_listener.InvalidationListener(store.PEOPLE_CHANNEL, self.invalidate)

    @property
    def is_listening(self) -> bool:
        """Whether changes of other processes are heard of now."""
        return self._listener.is_listening

    def get_cached_actor(self, actor: Actor, today: date) -> Actor | None:
        """Where they stand on a day, if that was asked before."""
        return self._actors.get((actor, today)) if self._listener.is_listening else None

    async def resolve_actor(self, actor: Actor, today: date) -> Actor:
        """The actor as they stand on a day.

        Raises:
            Unavailable: the database must be asked and is away.
        """
        if actor.person_id is None and actor.unit_path is None:
            return actor
        found = self.get_cached_actor(actor, today)
        if found is None:
            kept = self._actors
            found = await self._load_actor(actor, today)
            kept.put((actor, today), found)  # into what may have been forgotten meanwhile, and is then nobody's
        return found

    def invalidate(self) -> None:
        """Forget what was read: it may have changed."""
        self._actors = SegmentedCache(_CACHE_SIZE, _CACHE_SIZE)

    async def follow_people_changes(self, url: str) -> None:
        """Listen for changes until cancelled."""
        await self._listener.listen_forever(url)

    async def _load_actor(self, actor: Actor, today: date) -> Actor:
        async with self._data.open_transaction() as db:
            if actor.person_id is not None:
                stands = await store.load_actor_context(db, actor.person_id, today)
                if stands.has_left:
                    return Actor(actor.person_id, Role.EMPLOYEE)
                actor = replace(actor, appraiser_id=stands.appraiser_id, delegator_ids=stands.delegator_ids)
            if actor.unit_path is not None:
                actor = replace(actor, wide=await store.has_at_least_people(db, actor.unit_path, WIDE_SCOPE_PEOPLE))
        return actor
