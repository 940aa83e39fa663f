"""A payload over the row that was written: the same SELECT, its table replaced, to travel with the change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_PLACE: Final = re.compile(r"\$(\d+)(?=::)")


@dataclass(frozen=True, slots=True)
class Over:
    """A SELECT over `resolvers.ports.WRITTEN`; `binds` are the values that it names, or what gives them."""

    sql: str
    binds: tuple[Any, ...]


def over(sql: str, binds: Sequence[Any]) -> Over:
    """A part of a statement with parameters of its own: PostgreSQL takes none that nothing names."""
    used = sorted({int(place) for place in _PLACE.findall(sql)})
    places = {str(old): new for new, old in enumerate(used, 1)}
    return Over(_PLACE.sub(lambda found: f"${places[found[1]]}", sql), tuple(binds[place - 1] for place in used))
