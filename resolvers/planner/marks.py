"""Whose rows an answer shows: marks in a plan's text before each such row, taken out when its answer comes."""

from typing import Final

from domain.audit.facts import Looked, Seen
from resolvers.planner.text import Text

# As with holes: no JSON text has control characters in it, so what stands between two of these is ours.
EDGES: Final = {Looked.RISK: "\x04", Looked.RECORD: "\x05"}


def mark(looked: Looked, alias: str) -> Text:
    """The mark of a row: what it shows, and of whom."""
    edge = EDGES[looked]
    return Text(edge).sql(f"coalesce({alias}.person_id::text, '')").literal(edge)


def take(text: str, seen: Seen) -> str:
    """The text without its marks, which are added to `seen`."""
    for looked, edge in EDGES.items():
        if edge in text:
            parts = text.split(edge)
            # Many rows are of few people, and each number is read once; of nobody there is none.
            seen.add(looked, map(int, filter(None, set(parts[1::2]))))
            text = "".join(parts[::2])
    return text
