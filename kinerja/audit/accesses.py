"""Who looked, written down before the answer leaves: one INSERT for all answers that wait at that moment."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from domain.audit.facts import Access
from kinerja import database

MOST: Final = 1_000
"""Most answers that may wait; beyond that something is wrong, and they are told to come again."""

# The commit does not wait for the disk: the row is there for all to see before the answer leaves, and only a crash of
# PostgreSQL itself within the next half second can take it away. To wait took a read several times its own time.
_INSERT: Final = """INSERT INTO access_entry
    (at, principal, actor_id, role, risk, record, operation, sha256, origin)
SELECT at, principal, actor_id, role, risk::bigint[], record::bigint[], operation, sha256, origin
FROM unnest($1::timestamptz[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[]) AS given(at, principal, actor_id, role, risk, record, operation, sha256, origin)
CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true) AS value) AS without_waiting"""

Waiting = tuple[Access, asyncio.Future[None]]


class Accesses:
    """Writes down accesses, each batch in a transaction of its own, one batch at a time.

    While one is written the next gathers, so that a busy process waits for the disk once for many.

    Args:
        data: the database, as a login that may add accesses.
        most: how many may wait.
    """

    def __init__(self, data: database.Database, most: int = MOST) -> None:
        self._data = data
        self._most = most
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, access: Access) -> None:
        """Return once it is written.

        Raises:
            Unavailable: it could not be written, or too many wait.
        """
        if len(self._waiting) >= self._most:
            raise database.Unavailable("too many accesses wait to be written down")
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((access, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await written

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._write(batch)
        finally:
            self._writing = None

    async def _write(self, batch: Sequence[Waiting]) -> None:
        error: Exception | None = database.Unavailable("the service ends")
        try:
            await self._data.read_once(_INSERT, _values([access for access, _ in batch]))
            error = None
        except Exception as failed:  # noqa: BLE001 - each answer that waits raises it, and does not leave
            error = failed
        finally:
            for _, written in batch:
                if not written.done():  # whoever waited may have given up
                    _tell(written, error)


def _tell(written: asyncio.Future[None], error: Exception | None) -> None:
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)


def _values(batch: Sequence[Access]) -> list[list[Any]]:
    # PostgreSQL has no arrays of arrays of different lengths, so each goes as its text.
    return [
        [each.at for each in batch],
        [each.principal for each in batch],
        [each.actor_id for each in batch],
        [each.role.value for each in batch],
        [_array(each.others.risk) for each in batch],
        [_array(each.others.record) for each in batch],
        [each.operation for each in batch],
        [each.sha256 for each in batch],
        [each.origin for each in batch],
    ]


def _array(numbers: Sequence[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"
