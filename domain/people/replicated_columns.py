"""Replicated columns: copies of a person's unit path and appraiser, updated by triggers.

The SQL of the trigger functions is generated from the tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from domain.access import scopes

# The temporary schema last, or whoever calls could put a table of their own before ours.
_FUNCTION_HEAD: Final = """LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$"""

_RETURN_IF_NONE_MOVED: Final = """    IF cardinality(moved) = 0 THEN
        RETURN NULL;
    END IF;"""


@dataclass(frozen=True, slots=True)
class ReplicatedColumns:
    """A table of people, its person column, and its replicated columns by source column.

    `columns` maps each replicated column to the column of `person` it repeats.
    """

    table: sa.Table
    person_column: str
    columns: Mapping[str, str]


def find_replicated_columns(tables: Sequence[sa.Table]) -> list[ReplicatedColumns]:
    """All replicated columns of the person's row of today.

    A table refers to the person in `person_id` and repeats their appraiser in `appraiser_id`, unless its `info` has
    other names for them under `person` and `line`.
    """
    found = (made for table in tables if (made := _find_replicated_columns(table)) is not None and made.columns)
    return sorted(found, key=lambda copy: copy.table.name)


def find_unit_tables(tables: Sequence[sa.Table]) -> list[sa.Table]:
    """Tables with a unit and its replicated path, `person` first.

    The path of `person` is the source of further replicas.
    """
    found = [table for table in tables if {"unit_id", "unit_path"} <= set(table.c.keys())]
    return sorted(found, key=lambda table: (table.name != "person", table.name))


def build_trigger_functions(tables: Sequence[sa.Table]) -> list[str]:
    """The statements creating the trigger functions that maintain all replicas in `tables`.

    The functions run as the owner of the tables, with policies admitting all rows, and are planned anew at each call,
    since one person and five thousand people need different plans.

    Raises:
        ValueError: no index leads to a person's rows of a table.
    """
    kept, within = find_replicated_columns(tables), find_unit_tables(tables)
    return [_person_moved_sql(kept), _unit_moved_sql(within), _repair_function_sql(kept, within)]


def _find_replicated_columns(table: sa.Table) -> ReplicatedColumns | None:
    person = scopes.subject(table)
    return None if person is None else ReplicatedColumns(table, person, scopes.replicated(table))


def _person_moved_sql(replicas: Sequence[ReplicatedColumns]) -> str:
    updates = "\n".join(
        f"{_update_from_person_sql(copy)}\n    AND {_moved_rows_condition(copy, replicas)};" for copy in replicas
    )
    return f"""CREATE FUNCTION person_moved() RETURNS trigger {_FUNCTION_HEAD}
DECLARE
    moved bigint[] := ARRAY(
        SELECT n.id FROM new_people n JOIN old_people o USING (id)
        WHERE (n.unit_path, n.appraiser_id) IS DISTINCT FROM (o.unit_path, o.appraiser_id));
BEGIN
{_RETURN_IF_NONE_MOVED}
{updates}
    RETURN NULL;
END
$$"""


def _update_from_person_sql(copy: ReplicatedColumns) -> str:
    """The beginning of an UPDATE copying a person's columns to a table's replicas."""
    sets = ", ".join(f"{name} = p.{of}" for name, of in copy.columns.items())
    here = ", ".join(f"t.{name}" for name in copy.columns)
    there = ", ".join(f"p.{of}" for of in copy.columns.values())
    return f"""    UPDATE {copy.table.name} t SET {sets} FROM person p
    WHERE p.id = t.{copy.person_column} AND ({here}) IS DISTINCT FROM ({there})"""


def _moved_rows_condition(copy: ReplicatedColumns, replicas: Sequence[ReplicatedColumns]) -> str:
    """The condition for rows of moved people, in a form served by an index."""
    by = _leading_index_columns(copy.table)
    if copy.person_column in by:
        return f"t.{copy.person_column} = ANY (moved)"
    return f"t.{_moved_owner_condition(copy.table, by, replicas)}"


def _moved_owner_condition(table: sa.Table, leading: Sequence[str], replicas: Sequence[ReplicatedColumns]) -> str:
    """The condition for rows owned by another table's row about a moved person."""
    owners = {copy.table: copy for copy in replicas if copy.table is not table}
    for name in leading:
        for reference in table.c[name].foreign_keys:
            owner = owners.get(reference.column.table)
            if owner is not None:
                theirs = _leading_index_columns(owner.table)
                inner = (
                    f"{owner.person_column} = ANY (moved)"
                    if owner.person_column in theirs
                    else _moved_owner_condition(owner.table, theirs, replicas)
                )
                return f"{name} IN (\n        SELECT id FROM {owner.table.name} WHERE {inner})"
    raise ValueError(f"no index leads to a person's rows of {table.name}")


def _leading_index_columns(table: sa.Table) -> list[str]:
    """The leading columns of a table's non-partial indexes, in the table's order."""
    unique = [each for each in table.constraints if isinstance(each, sa.UniqueConstraint | sa.PrimaryKeyConstraint)]
    whole = [each for each in table.indexes if each.dialect_options["postgresql"]["where"] is None]
    first = {next(iter(each.columns)).name for each in (*unique, *whole) if len(each.columns)}
    return [column.name for column in table.columns if column.name in first]


def _unit_moved_sql(unit_tables: Sequence[sa.Table]) -> str:
    updates = "\n".join(f"{_update_from_unit_sql(table)}\n    AND t.unit_id = ANY (moved);" for table in unit_tables)
    # What lies over a whole part of the tree may name its path alone.
    paths = "\n".join(
        f"""    UPDATE {table.name} t SET unit_path = n.path FROM new_units n JOIN old_units o USING (id)
    WHERE t.unit_id IS NULL AND t.unit_path = o.path AND n.path <> o.path;"""
        for table in unit_tables
        if table.c.unit_id.nullable and table.name != "person"
    )
    return f"""CREATE FUNCTION unit_moved() RETURNS trigger {_FUNCTION_HEAD}
DECLARE
    moved bigint[] := ARRAY(
        SELECT n.id FROM new_units n JOIN old_units o USING (id) WHERE n.path <> o.path);
BEGIN
{_RETURN_IF_NONE_MOVED}
    IF EXISTS (SELECT FROM new_units n JOIN old_units o USING (id)
        WHERE n.path <> o.path AND starts_with(n.path, o.path)) THEN
        RAISE EXCEPTION 'a unit cannot lie below itself' USING ERRCODE = 'check_violation';
    END IF;
    -- Whatever still begins with the old path of a unit lies below it; the nearest of those above tells where now.
    UPDATE unit u SET path = m.path, depth = m.depth FROM (
        SELECT DISTINCT ON (b.id) b.id, n.path || substr(b.path, length(o.path) + 1) AS path,
            n.depth + b.depth - o.depth AS depth
        FROM new_units n JOIN old_units o USING (id)
        JOIN unit b ON b.path > o.path AND b.path < left(o.path, -1) || '/'
        WHERE n.path <> o.path
        ORDER BY b.id, length(o.path) DESC) m
    WHERE m.id = u.id;
{updates}
{paths}
    RETURN NULL;
END
$$"""


def _update_from_unit_sql(table: sa.Table) -> str:
    return f"""    UPDATE {table.name} t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path"""


def _repair_function_sql(replicas: Sequence[ReplicatedColumns], unit_tables: Sequence[sa.Table]) -> str:
    statements = ",\n".join(
        f"'{each.strip()}'"
        for each in (*map(_update_from_unit_sql, unit_tables), *map(_update_from_person_sql, replicas))
    )
    return f"""CREATE FUNCTION mend_copies() RETURNS bigint {_FUNCTION_HEAD}
DECLARE
    statement text;
    touched bigint;
    mended bigint := 0;
BEGIN
    FOREACH statement IN ARRAY ARRAY[
{statements}
    ] LOOP
        EXECUTE statement;
        GET DIAGNOSTICS touched = ROW_COUNT;
        mended := mended + touched;
    END LOOP;
    RETURN mended;
END
$$"""
