"""Access markers: control characters around a person's id in JSON text, for the access log.

A plan's text has a marker before each row of somebody's record; `extract_access_markers` removes them from the
answer.
"""

from typing import Final

from domain.audit.facts import ViewedPeople, ViewKind
from resolvers.planner.json_sql import JsonSql

# As in Python fields: JSON text contains no control characters, so these delimit only markers.
DELIMITERS: Final = {ViewKind.RISK: "\x04", ViewKind.RECORD: "\x05"}


def build_access_marker(looked: ViewKind, alias: str) -> JsonSql:
    """The access marker of a row: its view kind and its person."""
    edge = DELIMITERS[looked]
    return JsonSql(edge).add_sql(f"coalesce({alias}.person_id::text, '')").add_literal(edge)


def extract_access_markers(text: str, seen: ViewedPeople) -> str:
    """The text without its access markers; their people are added to `seen`."""
    for looked, edge in DELIMITERS.items():
        if edge in text:
            parts = text.split(edge)
            # Many rows are of few people: each number is parsed once, and an empty one is of nobody.
            seen.add(looked, map(int, filter(None, set(parts[1::2]))))
            text = "".join(parts[::2])
    return text
