"""Conditional write with optimistic concurrency: claim, checks, inserts and payload in one statement.

Without the claim, or with a row changed since it was read, nothing is written. Each part names the one before it, so
PostgreSQL cannot run a later one first: the context of row-level security, the rows read before, the claim, the
changes, and the payload over a written row.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kinerja.postgres.compiled_statements import PARAMETER_PATTERN, CompiledStatement, renumber_parameters
from resolvers.ports import WRITTEN_ROW

REFUSED_SQLSTATE: Final = "KJ001"
"""SQLSTATE raised by the database function `refused`; its detail is the number passed."""

_INSERT_PATTERN: Final = re.compile(r'INSERT INTO "?(\w+)"? \([^()]*\)(?= VALUES \()')
_CACHE_SIZE: Final = 500
_STRING_PATTERN: Final = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class ConditionalWrite:
    """The parts of one conditional write statement.

    Attributes:
        settings: names of the settings set first, for its own transaction.
        revalidations: queries with the expected result: True for a row as read before, False for no row.
        deferred_row: a query for exactly one row, with columns used among the values.
        deferred_columns: the parameters filled from columns of the deferred row: parameter number and column.
        claim: the claim, an INSERT of one row.
        changes: the changes conditional on the claim, an INSERT of one row each.
        must_affect: for each change, True if it must write its row.
        payload_sql: a SELECT over the row written by a change, named `WRITTEN_ROW` in it.
        payload_table: the table of that row.
    """

    settings: tuple[str, ...]
    revalidations: tuple[tuple[CompiledStatement, bool], ...]
    deferred_row: CompiledStatement | None
    deferred_columns: tuple[tuple[int, str], ...]
    claim: CompiledStatement
    changes: tuple[CompiledStatement, ...]
    must_affect: tuple[bool, ...]
    payload_sql: str = ""
    payload_table: str = ""

    @property
    def cache_key(self) -> tuple[object, ...]:
        """Cache key of its SQL text."""
        held = [part for plan, found in self.revalidations for part in (plan.sql, found)]
        assumed = None if self.deferred_row is None else self.deferred_row.sql
        changes = [plan.sql for plan in self.changes]
        return (
            self.payload_sql,
            *self.settings,
            *held,
            assumed,
            self.deferred_columns,
            self.claim.sql,
            *changes,
            self.must_affect,
        )


def is_single_row_insert(plan: CompiledStatement) -> bool:
    """Return True for an INSERT of one row of values.

    Only such a change can be conditional on a claim.
    """
    return _split_insert(plan.sql) is not None


def can_include_payload(changes: Sequence[CompiledStatement], payload_sql: str, payload_table: str) -> bool:
    """Return True if a SELECT over a written row can be part of the statement.

    Exactly one change must write that row, and the SELECT must read no other table written here. Any word equal to
    the name of a written table counts as a read of it; the only cost of a false match is one more statement.
    """
    return _is_payload_independent(tuple([_insert_table(plan.sql) for plan in changes]), payload_sql, payload_table)


@functools.lru_cache(maxsize=_CACHE_SIZE)
def _is_payload_independent(written_tables: tuple[str, ...], payload_sql: str, payload_table: str) -> bool:
    return written_tables.count(payload_table) == 1 and not any(
        re.search(rf"\b{name}\b", payload_sql) for name in written_tables
    )


def render_in_transaction(write: ConditionalWrite) -> str:
    """Render the statement for a transaction already open.

    Columns of its row: result of the revalidation, number of claims made, the columns of `gate_held`, and the row
    count of each counted change.
    """
    parts, _ = _render_parts(write)
    counts = [f", (SELECT count(*) FROM gate_{each})" for each, counts in enumerate(write.must_affect) if counts]
    told = "coalesce(h.held, false), (SELECT count(*) FROM gate_claim), h.*"
    text = (
        f"WITH {', '.join(parts)} SELECT {told}{''.join(counts)} FROM (SELECT) AS g LEFT JOIN gate_held AS h ON true"
    )
    return _substitute_deferred_columns(text, write.deferred_columns)


def render_standalone(write: ConditionalWrite) -> str:
    """Render the statement as a transaction of its own.

    A counted change without a written row ends it by `refused`. Columns of its row: result of the revalidation, claim
    made or not, payload row present or not, NULL, the columns of `gate_held`, payload row present or not, and the
    payload row.
    """
    parts, places = _render_parts(write)
    checks = [
        f" WHEN NOT EXISTS (SELECT FROM {_change_part_name(write, each)}) THEN refused({each})"
        for each, counts in enumerate(write.must_affect)
        if counts
    ]
    checked = f", CASE WHEN NOT g.claimed THEN NULL{''.join(checks)} END" if checks else ", NULL"
    text = (
        f"WITH {', '.join(parts)} SELECT coalesce(h.held, false), g.claimed, s.there{checked}, h.*, s.*"
        f" FROM (SELECT EXISTS (SELECT FROM gate_claim) AS claimed) AS g LEFT JOIN gate_held AS h ON true"
        " LEFT JOIN (SELECT true AS there, p.* FROM"
        f" ({places.shift_parameters(write.payload_sql, 0)}) AS p) AS s ON true"
    )
    return _substitute_deferred_columns(text, write.deferred_columns)


def wrap_with_settings(plan: CompiledStatement, settings: Sequence[str]) -> str:
    """Wrap a query as its own transaction with settings.

    The values of the settings come after the query's own.
    """
    if not settings:
        return plan.sql
    places = _ParameterNumbers(len(plan.parameter_names))
    return (
        f"SELECT shown.* FROM (SELECT {_set_config_sql(settings, places)} AS told) AS context"
        f" CROSS JOIN LATERAL (SELECT * FROM ({plan.sql}) AS seen WHERE context.told OFFSET 0) AS shown"
    )


class _ParameterNumbers:
    """Sequential parameter numbers of a statement."""

    def __init__(self, count: int = 0) -> None:
        self._count = count

    def next_parameter(self) -> str:
        """Return the placeholder of one more text parameter."""
        self._count += 1
        return f"${self._count}::text"

    def shift_parameters(self, sql: str, count: int) -> str:
        """Return the SQL with its `count` parameters renumbered after those already issued."""
        first, self._count = self._count, self._count + count
        return renumber_parameters(sql, first)


def _render_parts(write: ConditionalWrite) -> tuple[list[str], _ParameterNumbers]:
    places = _ParameterNumbers()
    parts = []
    if write.settings:
        parts.append(f"gate_context AS MATERIALIZED (SELECT {_set_config_sql(write.settings, places)} AS told)")
    parts.append(f"gate_held AS MATERIALIZED ({_revalidation_part(write, places)})")
    parts.append(f"gate_claim AS ({_insert_after_claim(write.claim, places, 'gate_held WHERE held')} RETURNING 1)")
    for each, (plan, counts) in enumerate(zip(write.changes, write.must_affect, strict=True)):
        name = _change_part_name(write, each)
        returning = " RETURNING *" if name == WRITTEN_ROW else " RETURNING 1" if counts else ""
        parts.append(f"{name} AS ({_insert_after_claim(plan, places, 'gate_claim')}{returning})")
    return parts, places


def _set_config_sql(settings: Sequence[str], numbers: _ParameterNumbers) -> str:
    return (
        " || ".join(f"set_config('{name}', {numbers.next_parameter()}, true)" for name in settings) + " IS NOT NULL"
    )


def _revalidation_sql(write: ConditionalWrite, numbers: _ParameterNumbers) -> str:
    found = [
        f"{'' if there else 'NOT '}EXISTS ({numbers.shift_parameters(plan.sql, len(plan.parameter_names))})"
        for plan, there in write.revalidations
    ]
    holds = " AND ".join(found) or "true"
    # CASE, because no row may be read before the settings are set.
    return f"CASE WHEN told THEN {holds} END AS held FROM gate_context" if write.settings else f"{holds} AS held"


def _revalidation_part(write: ConditionalWrite, numbers: _ParameterNumbers) -> str:
    holds = f"SELECT {_revalidation_sql(write, numbers)}"
    if write.deferred_row is None:
        return holds
    # LIMIT, because a function such as nextval must be called for one row, and last.
    return (
        f"SELECT true AS held, assumed.* FROM ({holds}) AS still CROSS JOIN LATERAL (SELECT * FROM"
        f" ({numbers.shift_parameters(write.deferred_row.sql, len(write.deferred_row.parameter_names))}) AS found"
        " WHERE still.held LIMIT 1) AS assumed"
    )


def _substitute_deferred_columns(sql: str, deferred_columns: Sequence[tuple[int, str]]) -> str:
    """Replace deferred parameters by columns of `gate_held` and renumber the others."""
    if not deferred_columns:
        return sql
    columns = dict(deferred_columns)

    def written(found: re.Match[str]) -> str:
        place = int(found[1])
        if place in columns:
            return f'(SELECT "{columns[place]}" FROM gate_held)'
        return f"${place - sum(each < place for each in columns)}"

    return PARAMETER_PATTERN.sub(written, sql)


def _insert_after_claim(plan: CompiledStatement, numbers: _ParameterNumbers, source: str) -> str:
    cut = _split_insert(plan.sql)
    if cut is None:
        raise TypeError("only an INSERT of one row can depend on a claim")
    head, values, tail = cut
    return numbers.shift_parameters(f"{head} SELECT {values} FROM {source}{tail}", len(plan.parameter_names))


def _change_part_name(write: ConditionalWrite, place: int) -> str:
    shown = bool(write.payload_sql) and _insert_table(write.changes[place].sql) == write.payload_table
    return WRITTEN_ROW if shown else f"gate_{place}"


@functools.lru_cache(maxsize=_CACHE_SIZE)
def _insert_table(sql: str) -> str:
    found = _INSERT_PATTERN.match(sql)
    return found[1] if found else ""


@functools.lru_cache(maxsize=_CACHE_SIZE)
def _split_insert(sql: str) -> tuple[str, str, str] | None:
    """Split an INSERT into table and columns, its one row of values, and the rest."""
    head = _INSERT_PATTERN.match(sql)
    if head is None:
        return None
    first = head.end() + len(" VALUES (")
    last = _find_closing_bracket(sql, first)
    tail = sql[last + 1 :]
    return None if tail.startswith(",") else (head[0], sql[first:last], tail)


def _find_closing_bracket(sql: str, first: int) -> int:
    """Return the position of the bracket closing the one opened before `first`."""
    plain = _STRING_PATTERN.sub(lambda found: " " * len(found[0]), sql)
    depth = 1
    for place in range(first, len(plain)):
        depth += {"(": 1, ")": -1}.get(plain[place], 0)
        if depth == 0:
            return place
    raise ValueError("a bracket is never closed")
