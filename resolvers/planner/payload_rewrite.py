"""A payload over the row written: the same SELECT, its table replaced, to travel with the change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_PARAMETER_PATTERN: Final = re.compile(r"\$(\d+)(?=::)")


@dataclass(frozen=True, slots=True)
class WrittenRowQuery:
    """A SELECT over `resolvers.ports.WRITTEN`; `parameters` are the values that it names, or what gives them."""

    sql: str
    parameters: tuple[Any, ...]


def build_written_row_query(sql: str, parameters: Sequence[Any]) -> WrittenRowQuery:
    """A part of a statement with parameters of its own: PostgreSQL takes none that nothing names."""
    used = sorted({int(place) for place in _PARAMETER_PATTERN.findall(sql)})
    places = {str(old): new for new, old in enumerate(used, 1)}
    return WrittenRowQuery(
        _PARAMETER_PATTERN.sub(lambda found: f"${places[found[1]]}", sql),
        tuple(parameters[place - 1] for place in used),
    )
