"""COPY, and what stands in for it where row security binds the login: PostgreSQL refuses it there."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kinerja import statements

_BOUND: Final = "SELECT row_security_active(to_regclass($1)::oid)"
_KINDS: Final = """SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attnum > 0"""
_AT_A_TIME: Final = 10_000  # records that one statement carries


async def into(connection: Any, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> int:
    """Put records into a table; the number of rows. A JSON column takes its text."""
    if not await connection.fetchval(_BOUND, table):
        return statements.touched(await connection.copy_records_to_table(table, columns=columns, records=records))
    text = _from_arrays(table, columns, dict(await connection.fetch(_KINDS, table)))
    rows, each = 0, iter(records)
    while some := list(itertools.islice(each, _AT_A_TIME)):
        rows += statements.touched(await connection.execute(text, *zip(*some, strict=True)))
    return rows


def _from_arrays(table: str, columns: Sequence[str], kinds: Mapping[str, str]) -> str:
    places = ", ".join(f"${place}::{kinds[column]}[]" for place, column in enumerate(columns, 1))
    return f'INSERT INTO "{table}" ({", ".join(columns)}) SELECT * FROM unnest({places})'
