"""Changes behind a claim, as one statement: what is not claimed, or rests on rows that have changed, writes nothing.

Each part names the one before it, so PostgreSQL cannot run a later one first: the context that row security reads,
the rows that were read before, the claim, the changes, and what is shown of a row that one of them writes.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kinerja.statements import PLACE, Plan, renumbered
from resolvers.ports import WRITTEN

REFUSED: Final = "KJ001"
"""The SQLSTATE with which the database's function `refused` ends a statement; its detail is the number given."""

_INSERT: Final = re.compile(r'INSERT INTO "?(\w+)"? \([^()]*\)(?= VALUES \()')
_STATEMENTS: Final = 500
_STRING: Final = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class Gate:
    """What one statement is made of.

    Attributes:
        settings: names of the settings that it makes first, for its own transaction.
        held: queries that must find a row as they did before; or, where False, none.
        assumed: a query that must find a row, whose columns are among the values.
        symbols: the parameters that are such columns, by their numbers, each with its column.
        guard: the claim, an INSERT of one row.
        changes: what depends on it, an INSERT of one row each.
        counted: which of them must write their row.
        shown: a SELECT over the row that a change writes, which it calls `WRITTEN`.
        table: where that row is written.
    """

    settings: tuple[str, ...]
    held: tuple[tuple[Plan, bool], ...]
    assumed: Plan | None
    symbols: tuple[tuple[int, str], ...]
    guard: Plan
    changes: tuple[Plan, ...]
    counted: tuple[bool, ...]
    shown: str = ""
    table: str = ""

    @property
    def name(self) -> tuple[object, ...]:
        """What tells its text from others."""
        held = [part for plan, found in self.held for part in (plan.sql, found)]
        assumed = None if self.assumed is None else self.assumed.sql
        changes = [plan.sql for plan in self.changes]
        return (self.shown, *self.settings, *held, assumed, self.symbols, self.guard.sql, *changes, self.counted)


def one_row(plan: Plan) -> bool:
    """Whether a change is an INSERT of one row of values, which can be made to depend on a claim."""
    return _cut(plan.sql) is not None


def shows(changes: Sequence[Plan], shown: str, table: str) -> bool:
    """Whether a SELECT over a written row can go along: one change writes it, and it reads nothing else they write.

    Whatever sounds like one of their tables counts as read; that can only cost a statement.
    """
    return _shows(tuple([_table(plan.sql) for plan in changes]), shown, table)


@functools.lru_cache(maxsize=_STATEMENTS)
def _shows(written: tuple[str, ...], shown: str, table: str) -> bool:
    return written.count(table) == 1 and not any(re.search(rf"\b{name}\b", shown) for name in written)


def open_text(gate: Gate) -> str:
    """The statement for a transaction that is open.

    Its row holds whether what was read still holds, how often the claim was made, what `gate_held` holds, and how
    many rows each of the counted changes wrote.
    """
    parts, _ = _parts(gate)
    counts = [f", (SELECT count(*) FROM gate_{each})" for each, counts in enumerate(gate.counted) if counts]
    told = "coalesce(h.held, false), (SELECT count(*) FROM gate_claim), h.*"
    text = (
        f"WITH {', '.join(parts)} SELECT {told}{''.join(counts)} FROM (SELECT) AS g LEFT JOIN gate_held AS h ON true"
    )
    return _with_columns(text, gate.symbols)


def whole_text(gate: Gate) -> str:
    """The statement that is a transaction by itself: a counted change that writes nothing ends it by `refused`.

    Its row holds whether what was read still holds, whether the claim was made, whether a row is shown, nothing,
    what `gate_held` holds, whether a row is shown, and that.
    """
    parts, places = _parts(gate)
    checks = [
        f" WHEN NOT EXISTS (SELECT FROM {_written(gate, each)}) THEN refused({each})"
        for each, counts in enumerate(gate.counted)
        if counts
    ]
    checked = f", CASE WHEN NOT g.claimed THEN NULL{''.join(checks)} END" if checks else ", NULL"
    text = (
        f"WITH {', '.join(parts)} SELECT coalesce(h.held, false), g.claimed, s.there{checked}, h.*, s.*"
        f" FROM (SELECT EXISTS (SELECT FROM gate_claim) AS claimed) AS g LEFT JOIN gate_held AS h ON true"
        f" LEFT JOIN (SELECT true AS there, p.* FROM ({places.moved(gate.shown, 0)}) AS p) AS s ON true"
    )
    return _with_columns(text, gate.symbols)


def alone(plan: Plan, settings: Sequence[str]) -> str:
    """A query that is a transaction by itself, in the context of settings, whose values come after its own."""
    if not settings:
        return plan.sql
    places = _Places(len(plan.names))
    return (
        f"SELECT shown.* FROM (SELECT {_told(settings, places)} AS told) AS context"
        f" CROSS JOIN LATERAL (SELECT * FROM ({plan.sql}) AS seen WHERE context.told OFFSET 0) AS shown"
    )


class _Places:
    """The parameters of a statement, given out in order."""

    def __init__(self, taken: int = 0) -> None:
        self._taken = taken

    def next(self) -> str:
        """The place of one more text."""
        self._taken += 1
        return f"${self._taken}::text"

    def moved(self, sql: str, count: int) -> str:
        """SQL with `count` parameters, which come after those given out before."""
        first, self._taken = self._taken, self._taken + count
        return renumbered(sql, first)


def _parts(gate: Gate) -> tuple[list[str], _Places]:
    places = _Places()
    parts = []
    if gate.settings:
        parts.append(f"gate_context AS MATERIALIZED (SELECT {_told(gate.settings, places)} AS told)")
    parts.append(f"gate_held AS MATERIALIZED ({_held(gate, places)})")
    parts.append(f"gate_claim AS ({_behind(gate.guard, places, 'gate_held WHERE held')} RETURNING 1)")
    for each, (plan, counts) in enumerate(zip(gate.changes, gate.counted, strict=True)):
        name = _written(gate, each)
        returning = " RETURNING *" if name == WRITTEN else " RETURNING 1" if counts else ""
        parts.append(f"{name} AS ({_behind(plan, places, 'gate_claim')}{returning})")
    return parts, places


def _told(settings: Sequence[str], places: _Places) -> str:
    return " || ".join(f"set_config('{name}', {places.next()}, true)" for name in settings) + " IS NOT NULL"


def _holds(gate: Gate, places: _Places) -> str:
    found = [
        f"{'' if there else 'NOT '}EXISTS ({places.moved(plan.sql, len(plan.names))})" for plan, there in gate.held
    ]
    holds = " AND ".join(found) or "true"
    # CASE, because what is read must not be read before the context is told.
    return f"CASE WHEN told THEN {holds} END AS held FROM gate_context" if gate.settings else f"{holds} AS held"


def _held(gate: Gate, places: _Places) -> str:
    holds = f"SELECT {_holds(gate, places)}"
    if gate.assumed is None:
        return holds
    # LIMIT, because a function that draws a number must be called for one row, and after all else.
    return (
        f"SELECT true AS held, assumed.* FROM ({holds}) AS still CROSS JOIN LATERAL (SELECT * FROM"
        f" ({places.moved(gate.assumed.sql, len(gate.assumed.names))}) AS found WHERE still.held LIMIT 1) AS assumed"
    )


def _with_columns(sql: str, symbols: Sequence[tuple[int, str]]) -> str:
    """SQL in which columns of `gate_held` stand for some of the parameters, and the others are counted anew."""
    if not symbols:
        return sql
    columns = dict(symbols)

    def written(found: re.Match[str]) -> str:
        place = int(found[1])
        if place in columns:
            return f'(SELECT "{columns[place]}" FROM gate_held)'
        return f"${place - sum(each < place for each in columns)}"

    return PLACE.sub(written, sql)


def _behind(plan: Plan, places: _Places, source: str) -> str:
    cut = _cut(plan.sql)
    if cut is None:
        raise TypeError("only an INSERT of one row can depend on a claim")
    head, values, tail = cut
    return places.moved(f"{head} SELECT {values} FROM {source}{tail}", len(plan.names))


def _written(gate: Gate, place: int) -> str:
    shown = bool(gate.shown) and _table(gate.changes[place].sql) == gate.table
    return WRITTEN if shown else f"gate_{place}"


@functools.lru_cache(maxsize=_STATEMENTS)
def _table(sql: str) -> str:
    found = _INSERT.match(sql)
    return found[1] if found else ""


@functools.lru_cache(maxsize=_STATEMENTS)
def _cut(sql: str) -> tuple[str, str, str] | None:
    """The table and columns of an INSERT, its one row of values, and what follows."""
    head = _INSERT.match(sql)
    if head is None:
        return None
    first = head.end() + len(" VALUES (")
    last = _closes(sql, first)
    tail = sql[last + 1 :]
    return None if tail.startswith(",") else (head[0], sql[first:last], tail)


def _closes(sql: str, first: int) -> int:
    """Where the bracket closes that was opened before `first`."""
    plain = _STRING.sub(lambda found: " " * len(found[0]), sql)
    depth = 1
    for place in range(first, len(plain)):
        depth += {"(": 1, ")": -1}.get(plain[place], 0)
        if depth == 0:
            return place
    raise ValueError("a bracket is never closed")
