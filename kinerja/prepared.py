"""Which SELECTs stay prepared: those that come again.

What is prepared has to be closed again, one more round trip, and closing makes room: whoever sends endless new
documents would take the prepared statements away from all others.
"""

from collections.abc import Sequence
from typing import Any, Final

from kinerja.kept import Kept

_TEXTS: Final = 2_000
_LETTERS: Final = 4 * 1024 * 1024  # mostly of texts that plans hold anyway


class Prepared:
    """Runs SELECTs, each unnamed the first time, and remembers their texts."""

    def __init__(self) -> None:
        self._seen: Kept[str, int] = Kept(_TEXTS, _LETTERS)

    async def fetch(self, connection: Any, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a SELECT with `$1…` parameters, on a bare connection of asyncpg."""
        rows: Sequence[Sequence[Any]]
        if self._seen.get(sql) is not None:
            rows = await connection.fetch(sql, *values)
        else:
            self._seen.put(sql, len(sql), len(sql))
            statement = await connection.prepare(sql, name="")
            rows = await statement.fetch(*values)
        return rows
