"""Actor resolver: today's appraiser, delegations and width of scope of an actor."""

from dataclasses import replace
from datetime import date
from typing import Final

from domain.actor import Actor, Role
from domain.people import store
from kinerja.cache import SegmentedCache
from kinerja.postgres import database, invalidation_listener

WIDE_SCOPE_PEOPLE: Final = 2_000
"""Number of people from which a scope is wide.

Reading and sorting fewer takes some milliseconds at most.
"""

_CACHE_SIZE: Final = 20_000


class ActorResolver:
    """Resolves actors to their current appraiser, delegators and scope, with a cache.

    A token contains the person and their role; the lines they appraise may change during its life. The cache is valid
    while change notifications are received. After a command of this process moved people, `invalidate` empties it;
    changes by other processes arrive by NOTIFY while `follow_people_changes` runs, and a lost notification is caught
    up after `invalidation_listener.CHECK_SECONDS`. Without it, each call reads the database. A person no longer in
    service is an employee, whatever their token says: they see themselves and nobody else.

    Args:
        data: the database, as a login with access to everybody.
    """

    def __init__(self, data: database.Database) -> None:
        self._data = data
        self._actors: SegmentedCache[tuple[Actor, date], Actor] = SegmentedCache(_CACHE_SIZE, _CACHE_SIZE)
        self._listener = invalidation_listener.InvalidationListener(store.PEOPLE_CHANNEL, self.invalidate)

    @property
    def is_listening(self) -> bool:
        """True while changes by other processes are received."""
        return self._listener.is_listening

    def get_cached_actor(self, actor: Actor, today: date) -> Actor | None:
        """Return the cached actor of a day, or None."""
        return self._actors.get((actor, today)) if self._listener.is_listening else None

    async def resolve_actor(self, actor: Actor, today: date) -> Actor:
        """Resolve the actor for a day.

        Raises:
            DatabaseUnavailable: the database must be read and is unreachable.
        """
        if actor.person_id is None and actor.unit_path is None:
            return actor
        found = self.get_cached_actor(actor, today)
        if found is None:
            kept = self._actors
            found = await self._load_actor(actor, today)
            kept.put((actor, today), found)  # a cache invalidated meanwhile is no longer in use
        return found

    def invalidate(self) -> None:
        """Empty the cache."""
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
