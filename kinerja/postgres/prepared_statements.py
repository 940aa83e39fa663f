"""Prepared statement policy: only repeated SELECTs stay prepared.

Each prepared statement must be closed again, at the cost of one more round trip, and closing makes room: a client
with endless new documents would evict the prepared statements of all others.
"""

from collections.abc import Sequence
from typing import Any, Final

from kinerja.cache import SegmentedCache

_MAX_TEXTS: Final = 2_000
_MAX_CHARACTERS: Final = 4 * 1024 * 1024  # mostly of texts referenced by plans anyway


class PreparedStatements:
    """Runs SELECTs, each unnamed the first time, and remembers their texts."""

    def __init__(self) -> None:
        self._text_cache: SegmentedCache[str, int] = SegmentedCache(_MAX_TEXTS, _MAX_CHARACTERS)

    async def fetch_prepared(self, connection: Any, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Fetch the rows of a SELECT with `$1…` parameters, on a bare connection of asyncpg."""
        rows: Sequence[Sequence[Any]]
        if self._text_cache.get(sql) is not None:
            rows = await connection.fetch(sql, *values)
        else:
            self._text_cache.put(sql, len(sql), len(sql))
            statement = await connection.prepare(sql, name="")
            rows = await statement.fetch(*values)
        return rows
