"""Bulk insert with COPY, or from arrays under row-level security.

PostgreSQL refuses COPY to a login under row-level security.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kinerja.postgres import compiled_statements

_RLS_ACTIVE: Final = "SELECT row_security_active(to_regclass($1)::oid)"
_COLUMN_TYPES: Final = """SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attnum > 0"""
_BATCH_ROWS: Final = 10_000  # records per statement


async def copy_records(connection: Any, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> int:
    """Insert records into a table and return the number of rows.

    A JSON column takes its text.
    """
    if not await connection.fetchval(_RLS_ACTIVE, table):
        return compiled_statements.parse_row_count(
            await connection.copy_records_to_table(table, columns=columns, records=records)
        )
    text = _insert_from_arrays(table, columns, dict(await connection.fetch(_COLUMN_TYPES, table)))
    rows, each = 0, iter(records)
    while some := list(itertools.islice(each, _BATCH_ROWS)):
        rows += compiled_statements.parse_row_count(await connection.execute(text, *zip(*some, strict=True)))
    return rows


def _insert_from_arrays(table: str, columns: Sequence[str], column_types: Mapping[str, str]) -> str:
    places = ", ".join(f"${place}::{column_types[column]}[]" for place, column in enumerate(columns, 1))
    return f'INSERT INTO "{table}" ({", ".join(columns)}) SELECT * FROM unnest({places})'
