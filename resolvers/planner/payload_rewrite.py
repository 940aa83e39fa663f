"""Payload rewrite: a mutation's payload read over the row just written.

Its SELECT is the payload's own with the table replaced, to be sent in one statement with the change.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_PARAMETER_PATTERN: Final = re.compile(r"\$(\d+)(?=::)")


@dataclass(frozen=True, slots=True)
class WrittenRowQuery:
    """A SELECT over `resolvers.ports.WRITTEN_ROW` with its parameters, plain or deferred."""

    sql: str
    parameters: tuple[Any, ...]


def build_written_row_query(sql: str, parameters: Sequence[Any]) -> WrittenRowQuery:
    """Renumber the parameters of a part of a statement from `$1`.

    PostgreSQL refuses parameters without a use in the text.
    """
    used = sorted({int(place) for place in _PARAMETER_PATTERN.findall(sql)})
    places = {str(old): new for new, old in enumerate(used, 1)}
    return WrittenRowQuery(
        _PARAMETER_PATTERN.sub(lambda found: f"${places[found[1]]}", sql),
        tuple(parameters[place - 1] for place in used),
    )
