"""Whose rows an answer shows: marks in a plan's text before each such row, taken out when its answer comes."""

from typing import Final

from domain.audit.facts import Looked, Seen
from resolvers.planner.text import Text

# As with holes: no JSON text has control characters in it, so what stands between two of these is ours.
EDGE: Final = "\x04"

_LETTERS: Final = {Looked.RISK: "s", Looked.RECORD: "r"}


def mark(looked: Looked, alias: str) -> Text:
    """The mark of a row: what it shows, and of whom."""
    return Text(f"{EDGE}{_LETTERS[looked]}").sql(f"coalesce({alias}.person_id::text, '')").literal(EDGE)


def take(text: str, seen: Seen) -> str:
    """The text without its marks, which are added to `seen`."""
    parts = text.split(EDGE)
    marks = set(parts[1::2])  # many rows are of few people, and each mark is read once
    for looked, letter in _LETTERS.items():
        seen.add(looked, [int(each[1:]) for each in marks if each[0] == letter and len(each) > 1])
    return "".join(parts[::2])
