"""The SQL of the wall, made from the scopes: logins, grants, and one policy per role and table."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.visitors import ExternallyTraversible

from domain import scope
from domain.actor import Role
from domain.scope import Scope
from domain.wall.facts import FUNCTIONS, QUEUE, RIGHTS, SEQUENCES, Right

WORKER: Final = "worker"
"""The login of jobs and of what keeps house: it sees and writes all, but changes no trail."""

NOBODY: Final = "nobody"
"""The login for whoever is not signed in."""

ACCESS: Final = "access"
"""The login that may write down who looked, and nothing else."""

TRAILS: Final = frozenset({"audit_entry", "access_entry", "audit_seal"})
"""Tables that are only ever added to."""

OPEN: Final = frozenset({Scope.PUBLIC, Scope.PARENT})
"""Scopes of tables that hold nobody, and so need no row security."""


HIDDEN: Final = frozenset({Scope.SYSTEM, Scope.NOBODY})
"""Scopes of tables of which nothing is shown."""


def _setting(name: str) -> str:
    # What was local to a transaction is '' after it, which is a prefix of every path; so '' must count as nothing.
    return f"nullif(current_setting('{name}', true), '')"


# A scalar subquery is evaluated once for each table of a statement; but to set one up takes as long as to read a
# number ten times. So numbers and words are read where they stand; only what is long or taken apart is in one.
SETTINGS: Final[Mapping[str, str]] = {
    "actor_person": f"{_setting('kinerja.person')}::bigint",
    "actor_line": f"(SELECT string_to_array({_setting('kinerja.line')}, ',')::bigint[])::bigint[]",
    "actor_appraiser": f"{_setting('kinerja.appraiser')}::bigint",
    "actor_path": f"(SELECT {_setting('kinerja.path')})",
    "actor_path_end": f"(SELECT left({_setting('kinerja.path')}, -1) || '/')",
    "actor_principal": _setting(scope.PRINCIPAL),
}
"""The value of each bind of a predicate, told by the settings of the transaction."""

_dialect: Any = postgresql.dialect  # its constructor is not annotated


def login(prefix: str, name: str | None) -> str:
    """The login of a role, or one of the three others; `prefix` because roles belong to the whole cluster."""
    return f"{prefix}_{name or NOBODY}"


def logins(prefix: str) -> list[str]:
    """All logins."""
    return [login(prefix, each) for each in (*Role, NOBODY, WORKER, ACCESS)]


def text(predicate: ColumnElement[bool]) -> str:
    """A predicate as the text of a policy, its binds told by settings."""

    def told(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
        if isinstance(element, sa.BindParameter) and element.key in SETTINGS:
            return sa.literal_column(SETTINGS[element.key], element.type)
        return None

    written = visitors.replacement_traverse(predicate, {}, told)
    return str(written.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))


def walled(tables: Sequence[sa.Table]) -> list[sa.Table]:
    """The tables that have row security."""
    return [table for table in tables if Scope(table.info["scope"]) not in OPEN]


def statements(tables: Sequence[sa.Table], prefix: str, owner: str) -> list[str]:
    """What puts up the whole wall, over whatever stands; the logins must be there.

    Args:
        tables: all tables.
        prefix: what the logins' names begin with.
        owner: the role that owns the tables, which row security binds too.
    """
    made = [*_schema(prefix)]
    for table in tables:
        made += _grants(table, prefix)
    for table in walled(tables):
        made += _policies(table, prefix, owner)
    return made


def fingerprint(made: Sequence[str]) -> str:
    """The hash of statements, by which it is told whether they must be run again."""
    return hashlib.sha256("\n".join(made).encode()).hexdigest()


def quoted(name: str) -> str:
    """A name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def _schema(prefix: str) -> Iterator[str]:
    everybody = ", ".join(map(quoted, logins(prefix)))
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {everybody}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {everybody}"
    yield f"GRANT USAGE ON SCHEMA public TO {everybody}"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"  # a dump of an older server's brings it along
    worker = quoted(login(prefix, WORKER))
    yield f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {worker}"
    for role, sequences in SEQUENCES.items():
        yield f"GRANT USAGE ON SEQUENCE {', '.join(sequences)} TO {quoted(login(prefix, role))}"
    for function, roles in FUNCTIONS.items():
        callers = ", ".join([worker, *(quoted(login(prefix, role)) for role in (*Role, None) if role in roles)])
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {callers}"
    queue = ", ".join([worker, *(quoted(login(prefix, role)) for role in Role if role in QUEUE)])
    yield f"GRANT USAGE ON SCHEMA queue TO {queue}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO {queue}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA queue TO {queue}"


def _grants(table: sa.Table, prefix: str) -> Iterator[str]:
    name = quoted(table.name)
    verbs = "SELECT, INSERT" if table.name in TRAILS else "SELECT, INSERT, UPDATE, DELETE"
    yield f"GRANT {verbs} ON {name} TO {quoted(login(prefix, WORKER))}"
    if table.name == "access_entry":
        yield f"GRANT INSERT ON {name} TO {quoted(login(prefix, ACCESS))}"
    if Scope(table.info["scope"]) not in HIDDEN:
        # To all, though some see no row of it: that is an answer, and a refusal would be an error.
        everybody = ", ".join(quoted(login(prefix, role)) for role in (*Role, None))
        yield f"GRANT SELECT ON {name} TO {everybody}"
    for role, right in _rights(table):
        columns = f" ({', '.join(right.columns)})" if right.columns else ""
        yield f"GRANT {right.verb}{columns} ON {name} TO {quoted(login(prefix, role))}"


def _policies(table: sa.Table, prefix: str, owner: str) -> Iterator[str]:
    name = quoted(table.name)
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    yield _policy(table, "all", "ALL", f"{quoted(owner)}, {quoted(login(prefix, WORKER))}", "true", "true")
    if table.name == "access_entry":
        yield _policy(table, ACCESS, "INSERT", quoted(login(prefix, ACCESS)), None, "true")
    for role in Role:
        shown = _sees(table, role)
        if shown is not None:
            yield _policy(table, role, "SELECT", quoted(login(prefix, role)), shown, None)
    for role, right in _rights(table):
        rows = text(right.rows(table))
        using = None if right.verb == "INSERT" else rows
        check = None if right.verb == "SELECT" else rows
        made = f"{role}_{right.verb.lower()}"
        yield _policy(table, made, right.verb, quoted(login(prefix, role)), using, check)


def _policy(table: sa.Table, name: str, verb: str, to: str, using: str | None, check: str | None) -> str:
    made = f"CREATE POLICY {quoted(name)} ON {quoted(table.name)} FOR {verb} TO {to}"
    if using is not None:
        made += f" USING ({using})"
    if check is not None:
        made += f" WITH CHECK ({check})"
    return made


def _rights(table: sa.Table) -> Iterator[tuple[Role, Right]]:
    for role, rights in RIGHTS.items():
        yield from ((role, right) for right in rights if right.table == table.name)


def _sees(table: sa.Table, role: Role | None) -> str | None:
    """The condition of a role's policy; None where it sees no row."""
    condition = scope.visible(table.info["scope"], role, table, wide=True)
    return None if isinstance(condition, sa.False_) else text(condition)
