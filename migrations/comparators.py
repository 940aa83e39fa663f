"""Comparators for Alembic's autogenerate: CHECK constraints, and other definitions it does not compare.

Alembic compares a CHECK by its name at most, and of an index neither predicate nor operator class; PostgreSQL
rewrites a CHECK: `x IN ('a', 'b')` becomes `x = ANY (ARRAY['a'::text, 'b'::text])`. So the tables in the code are
built in a scratch schema of the same database, and the definitions printed by PostgreSQL of both are compared. A
rollback to a savepoint removes the scratch schema.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, cast

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.plugins import Plugin
from alembic.util import CommandError, DispatchPriority, PriorityDispatchResult
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import AddConstraint, CreateIndex
from sqlalchemy.sql.elements import conv

PLUGIN: Final = "kinerja.definitions"
"""The name of the comparators in `env.py`."""

_SCRATCH: Final = "kinerja_comparison"

_DEFINITIONS: Final = sa.text("""
SELECT relation.relnamespace = to_regnamespace(:scratch) AS of_code, relation.relname, part.kind, part.name,
    part.definition
FROM pg_class AS relation
CROSS JOIN LATERAL (
    SELECT CASE contype WHEN 'c' THEN 'check' ELSE 'constraint' END AS kind, conname AS name,
        pg_get_constraintdef(oid, true) AS definition
    FROM pg_constraint WHERE conrelid = relation.oid AND contype IN ('c', 'p', 'x')
    UNION ALL
    SELECT 'index', index_relation.relname,
        CASE WHEN indisunique THEN 'UNIQUE ' ELSE '' END
            || regexp_replace(pg_get_indexdef(indexrelid, 0, true), '^.*? USING ', 'USING ')
    FROM pg_index JOIN pg_class AS index_relation ON index_relation.oid = indexrelid
    WHERE indrelid = relation.oid AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = indrelid AND conindid = indexrelid
    )
    UNION ALL
    SELECT 'column', attname,
        coalesce('COLLATE ' || quote_ident(collname) || ' ', '')
            || CASE WHEN attgenerated = '' THEN '' ELSE 'GENERATED AS ' || pg_get_expr(adbin, adrelid, true) END
    FROM pg_attribute
    LEFT JOIN pg_collation ON pg_collation.oid = attcollation
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
) AS part
WHERE relation.relkind IN ('r', 'p')
    AND relation.relnamespace IN (to_regnamespace(:scratch), to_regnamespace(:schema))
""")

_CHECK: Final = re.compile(r"CHECK \((?P<condition>.*)\)(?P<unproven> NOT VALID)?", re.DOTALL)
_TEXT: Final = r"'(?:[^']|'')*'"
_BIND: Final = re.compile(r"(?<![:\w\\]):(?=\w)")
_LISTED: Final = re.compile(rf" (= ANY|<> ALL) \(ARRAY\[({_TEXT}::text(?:, {_TEXT}::text)*)\]\)")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Part of a table with a definition of its own.

    `kind` is `check`, `constraint` (a primary key or an exclusion), `index` or `column`.
    """

    table: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Part with its definitions in the database and in the code.

    None for a missing part.
    """

    part: Part
    database: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """The operations of one difference: before Alembic's own operations, and after."""

    before: tuple[ops.MigrateOperation, ...] = ()
    after: tuple[ops.MigrateOperation, ...] = ()


class ReversibleSQL(ops.ExecuteSQLOp):
    """`op.execute` with the statement of its downgrade."""

    def __init__(self, upgrade: str, downgrade: str) -> None:
        super().__init__(_BIND.sub(r"\\:", upgrade))
        self._downgrade = downgrade

    def reverse(self) -> "ReversibleSQL":
        """Exchange both statements."""
        return ReversibleSQL(self._downgrade, str(self.sqltext))

    def to_diff_tuple(self) -> tuple[str, str]:
        """Return the statement to be executed, for `alembic check`."""
        return "execute", str(self.sqltext)


def setup(plugin: Plugin) -> None:
    """Register the comparator; Alembic calls this."""
    plugin.add_autogenerate_comparator(
        compare_definitions, "autogenerate", qualifier="postgresql", priority=DispatchPriority.LAST
    )


def compare_definitions(context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
    """Add the operations to bring the database's definitions to those of the code.

    Drops come before Alembic's own operations, since a dropped column takes its CHECKs along; the rest comes after,
    since it may need a new column.
    """
    connection, metadata = context.connection, context.metadata
    if connection is None or not isinstance(metadata, sa.MetaData):
        raise CommandError("a comparison needs a connection and one MetaData")
    in_database = set(sa.inspect(connection).get_table_names())
    tables = {name: metadata.tables[name] for name in sorted(in_database & metadata.tables.keys())}
    done = set(_parts_in(upgrade.ops))
    before: list[ops.ModifyTableOps] = []
    after: list[ops.ModifyTableOps] = []
    differences = [each for each in find_differences(connection, tables) if each.part not in done]
    for name, of_table in groupby(differences, key=lambda difference: difference.part.table):
        changes = [_plan_change(connection, tables[name], difference) for difference in of_table]
        before.append(ops.ModifyTableOps(name, [operation for change in changes for operation in change.before]))
        after.append(ops.ModifyTableOps(name, [operation for change in changes for operation in change.after]))
    upgrade.ops[:0] = [operations for operations in before if not operations.is_empty()]
    upgrade.ops += [operations for operations in after if not operations.is_empty()]
    return PriorityDispatchResult.CONTINUE


def find_differences(connection: sa.Connection, tables: Mapping[str, sa.Table]) -> list[Difference]:
    """Compare the definitions of tables in the database and in the code, ordered by name."""
    of_database: dict[Part, str] = {}
    of_code: dict[Part, str] = {}
    schema = connection.dialect.default_schema_name
    with connection.begin_nested() as savepoint:
        try:
            connection.exec_driver_sql(_scratch_block(tables.values(), connection.dialect))
        except DBAPIError as error:
            raise CommandError(f"the tables in the code cannot be built in this database: {error.orig}") from error
        rows = connection.execute(_DEFINITIONS, {"scratch": _SCRATCH, "schema": schema}).all()
        savepoint.rollback()
    for is_code, table, kind, name, definition in rows:
        if table in tables:
            (of_code if is_code else of_database)[Part(table, kind, name)] = definition
    # A column on one side only is added or dropped by Alembic itself.
    alone = {part for part in of_database.keys() ^ of_code.keys() if part.kind == "column"}
    return [
        Difference(part, of_database.get(part), of_code.get(part))
        for part in sorted((of_database.keys() | of_code.keys()) - alone)
        if of_database.get(part) != of_code.get(part)
    ]


def _scratch_block(tables: Iterable[sa.Table], dialect: sa.Dialect) -> str:
    """Write the one statement to build tables in the scratch schema, without their references."""
    compiler: Any = cast("Any", dialect.ddl_compiler)(dialect, None)
    statements = (
        f"CREATE SCHEMA {_SCRATCH}",
        f"PERFORM set_config('search_path', '{_SCRATCH}, ' || current_setting('search_path'), true)",
        *(statement for table in tables for statement in _scratch_statements(table, compiler)),
    )
    joined = ";\n".join(statements)
    return f"DO $comparison$ BEGIN\n{joined};\nEND $comparison$"


def _scratch_statements(table: sa.Table, compiler: Any) -> Iterator[str]:
    inner = [_scratch_column(column, compiler) for column in table.columns]
    later = []
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        if constraint.dialect_kwargs.get("postgresql_not_valid"):
            later.append(constraint)  # in CREATE TABLE it would have no effect
        elif isinstance(constraint, sa.CheckConstraint | sa.PrimaryKeyConstraint | ExcludeConstraint):
            inner.append(compiler.process(constraint))
    yield f"CREATE TABLE {compiler.preparer.format_table(table)} ({', '.join(inner)})"
    for constraint in later:
        yield compiler.process(AddConstraint(constraint, isolate_from_table=False))
    for index in table.indexes:
        yield compiler.process(CreateIndex(index))


def _scratch_column(column: sa.Column[Any], compiler: Any) -> str:
    kind = compiler.dialect.type_compiler_instance.process(column.type, type_expression=column)
    generated = "" if column.computed is None else f" {compiler.process(column.computed)}"
    return f"{compiler.preparer.format_column(column)} {kind}{generated}"


def _parts_in(operations: Iterable[ops.MigrateOperation]) -> Iterator[Part]:
    """Yield the indexes and columns already brought to the code's definition by operations."""
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _parts_in(operation.ops)
        elif isinstance(operation, ops.CreateIndexOp | ops.DropIndexOp):
            yield Part(str(operation.table_name), "index", str(operation.index_name))
        elif isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
            yield Part(operation.table_name, "column", operation.column_name)


def _plan_change(connection: sa.Connection, table: sa.Table, difference: Difference) -> Change:
    match difference.part.kind:
        case "index":
            return _change_index(connection, table, difference)
        case "column":
            return _change_column(connection, table, difference)
        case _:
            return _change_constraint(connection, table, difference)


def _change_index(connection: sa.Connection, table: sa.Table, difference: Difference) -> Change:
    name = difference.part.name
    reflected = _reflect(connection, table)
    drops = [ops.DropIndexOp.from_index(index) for index in reflected.indexes if index.name == name]
    creations = [ops.CreateIndexOp.from_index(index) for index in table.indexes if index.name == name]
    return Change(tuple(drops), tuple(creations))


def _change_column(connection: sa.Connection, table: sa.Table, difference: Difference) -> Change:
    column = table.c[difference.part.name]
    if column.computed is not None or "GENERATED" in f"{difference.database}":
        # PostgreSQL 15 and 16 can only recreate the column, and its indexes with it: left to a manual revision.
        raise CommandError(
            f"{table.name}.{column.name} is {difference.database!r} in the database and {difference.code!r} in the "
            "code: write this revision by hand"
        )
    existing = _reflect(connection, table).c[column.name]
    operation = ops.AlterColumnOp(
        table.name,
        column.name,
        existing_type=existing.type,
        existing_nullable=existing.nullable,
        modify_type=column.type,
    )
    return Change(after=(operation,))


def _change_constraint(connection: sa.Connection, table: sa.Table, difference: Difference) -> Change:
    part, preparer = difference.part, connection.dialect.identifier_preparer
    alter = f"ALTER TABLE {preparer.quote(part.table)}"
    name = preparer.quote(part.name)
    before: list[ops.MigrateOperation] = []
    after: list[ops.MigrateOperation] = []
    if difference.database is not None:
        check = _printed_check(part, difference.database)
        drop, restore = f"{alter} DROP CONSTRAINT {name}", f"{alter} ADD CONSTRAINT {name} {difference.database}"
        before.append(
            ReversibleSQL(drop, restore)
            if check is None
            else ops.DropConstraintOp(conv(part.name), part.table, type_="check", _reverse=check)
        )
    if difference.code is not None:
        declared = _declared_check(table, part.name, connection.dialect) or _printed_check(part, difference.code)
        drop, add = f"{alter} DROP CONSTRAINT {name}", f"{alter} ADD CONSTRAINT {name} {difference.code}"
        after.append(declared or ReversibleSQL(add, drop))
    return Change(tuple(before), tuple(after))


def _declared_check(table: sa.Table, name: str, dialect: sa.Dialect) -> ops.CreateCheckConstraintOp | None:
    """Find the CHECK of that name in the code.

    Its text is easier to read than PostgreSQL's.
    """
    for constraint in table.constraints:
        if isinstance(constraint, sa.CheckConstraint) and constraint.name == name:
            text = constraint.sqltext.compile(
                dialect=dialect, compile_kwargs={"literal_binds": True, "include_table": False}
            )
            return _create_check(Part(table.name, "check", name), str(text), constraint.dialect_kwargs)
    return None


def _printed_check(part: Part, definition: str) -> ops.CreateCheckConstraintOp | None:
    """Convert a CHECK as printed by PostgreSQL into the operation to create it.

    None for anything but a plain CHECK.
    """
    printed = _CHECK.fullmatch(definition)
    if printed is None:
        return None
    options = {"postgresql_not_valid": True} if printed["unproven"] else {}
    return _create_check(part, _LISTED.sub(_list_values, printed["condition"]), options)


def _create_check(part: Part, condition: str, options: Mapping[str, Any]) -> ops.CreateCheckConstraintOp:
    # Of two backslashes Alembic removes one when it writes the revision, SQLAlchemy the other when it runs.
    escaped = _BIND.sub(r"\\\\:", condition)
    return ops.CreateCheckConstraintOp(conv(part.name), part.table, escaped, **options)


def _list_values(listed: re.Match[str]) -> str:
    values = re.sub(rf"({_TEXT})::text", r"\1", listed[2])
    return f" {'IN' if listed[1] == '= ANY' else 'NOT IN'} ({values})"


def _reflect(connection: sa.Connection, table: sa.Table) -> sa.Table:
    return sa.Table(table.name, sa.MetaData(), autoload_with=connection, resolve_fks=False)


Plugin.setup_plugin_from_module(sys.modules[__name__], PLUGIN)
