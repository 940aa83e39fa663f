"""References in requests to rows of other tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowReference:
    """Annotation of an `int` in a request as the key of a row of `table`.

    Clients send that row's global ID.
    """

    table: str
