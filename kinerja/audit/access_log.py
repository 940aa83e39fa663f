"""Access log, written before an answer is sent: one INSERT for all waiting answers."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from domain.audit.facts import AccessEntry
from kinerja.postgres import database

MAX_WAITING: Final = 1_000
"""Maximum number of waiting answers; beyond it answers fail with DatabaseUnavailable."""

# Asynchronous commit: the row is visible to all before the answer is sent; only a crash of PostgreSQL itself within
# the next half second can lose it. Waiting for the disk took several times the duration of a read.
_INSERT_ACCESSES: Final = """INSERT INTO access_entry
    (at, principal, actor_id, role, risk, record, operation, sha256, origin)
SELECT at, principal, actor_id, role, risk::bigint[], record::bigint[], operation, sha256, origin
FROM unnest($1::timestamptz[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[]) AS given(at, principal, actor_id, role, risk, record, operation, sha256, origin)
CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true) AS value) AS without_waiting"""

PendingAccess = tuple[AccessEntry, asyncio.Future[None]]


class AccessLogWriter:
    """Writes access entries in batches, each in its own transaction, one at a time.

    During a write the next batch collects, so that a busy process waits for the disk once for many entries.

    Args:
        data: the database, as a login with INSERT on access entries.
        max_waiting: maximum number of waiting entries.
    """

    def __init__(self, data: database.Database, max_waiting: int = MAX_WAITING) -> None:
        self._data = data
        self._max_waiting = max_waiting
        self._pending: list[PendingAccess] = []
        self._write_task: asyncio.Task[None] | None = None

    async def write_access(self, access: AccessEntry) -> None:
        """Write an access entry; return once it is written.

        Raises:
            DatabaseUnavailable: it could not be written, or too many wait.
        """
        if len(self._pending) >= self._max_waiting:
            raise database.DatabaseUnavailable("too many accesses wait to be written down")
        written = asyncio.get_running_loop().create_future()
        self._pending.append((access, written))
        if self._write_task is None:
            self._write_task = asyncio.create_task(self._write_batches())
        await written

    async def _write_batches(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending, []
                await self._write_batch(batch)
        finally:
            self._write_task = None

    async def _write_batch(self, batch: Sequence[PendingAccess]) -> None:
        error: Exception | None = database.DatabaseUnavailable("the service ends")
        try:
            await self._data.fetch_without_snapshot(_INSERT_ACCESSES, _column_arrays([access for access, _ in batch]))
            error = None
        except Exception as failed:  # noqa: BLE001 - each waiting answer raises it, and is not sent
            error = failed
        finally:
            for _, written in batch:
                if not written.done():  # the waiting answer may be cancelled
                    _resolve_future(written, error)


def _resolve_future(written: asyncio.Future[None], error: Exception | None) -> None:
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)


def _column_arrays(batch: Sequence[AccessEntry]) -> list[list[Any]]:
    # PostgreSQL has no arrays of arrays of different lengths, so each is sent as text.
    return [
        [each.at for each in batch],
        [each.principal for each in batch],
        [each.actor_id for each in batch],
        [each.role.value for each in batch],
        [_array_literal(each.others.risk) for each in batch],
        [_array_literal(each.others.record) for each in batch],
        [each.operation for each in batch],
        [each.sha256 for each in batch],
        [each.origin for each in batch],
    ]


def _array_literal(numbers: Sequence[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"
