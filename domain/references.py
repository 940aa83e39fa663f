"""A number in a request naming a row of another table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowReference:
    """Marks an `int` of a request as the key of a row of `table`; clients send that row's global ID."""

    table: str
