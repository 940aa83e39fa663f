"""Whose rows an answer shows: marks in a plan's text before each such row, taken out when its answer comes."""

from typing import Final

from domain.audit.facts import Looked, Seen
from resolvers.planner.text import Text

# As with holes: no JSON text has control characters in it, so whatever stands between these is ours.
OPEN: Final = "\x04"
CLOSE: Final = "\x05"

_LETTERS: Final = {"s": Looked.RISK, "r": Looked.RECORD}
_OPENING: Final = {looked: f"{OPEN}{letter}" for letter, looked in _LETTERS.items()}


def mark(looked: Looked, alias: str) -> Text:
    """The mark of a row: what it shows, and of whom."""
    return Text(_OPENING[looked]).sql(f"coalesce({alias}.person_id::text, '')").literal(CLOSE)


def take(text: str, seen: Seen) -> str:
    """The text without its marks, which are added to `seen`."""
    first, *marked = text.split(OPEN)
    cut = [each.partition(CLOSE) for each in marked]
    # Many rows of an answer are of few people, so each is made a number of once.
    for named in {each[0] for each in cut}:
        if len(named) > 1:
            seen.add(_LETTERS[named[0]], (int(named[1:]),))
    return first + "".join([each[2] for each in cut])
