"""Row-level security as SQL, generated from the scopes: grants and policies.

One login per role and three others; one policy per role and table.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.visitors import ExternallyTraversible

from domain.access import scopes
from domain.access.row_security.rights import FUNCTION_ROLES, QUEUE_ROLES, ROLE_RIGHTS, ROLE_SEQUENCES, TableRight
from domain.access.scopes import Scope
from domain.actor import Role

WORKER_LOGIN: Final = "worker"
"""The login of jobs and retention; it reads and writes all rows.

It never changes the audit trail.
"""

ANONYMOUS_LOGIN: Final = "nobody"
"""The login of anonymous requests."""

ACCESS_LOG_LOGIN: Final = "access"
"""The login of the access log, with no other right."""

APPEND_ONLY_TABLES: Final = frozenset({"audit_entry", "access_entry", "audit_seal"})
"""Tables without UPDATE and DELETE rights, even for the worker."""

UNPROTECTED_SCOPES: Final = frozenset({Scope.PUBLIC, Scope.PARENT})
"""Scopes of tables without people, exempt from row-level security."""


HIDDEN_SCOPES: Final = frozenset({Scope.SYSTEM, Scope.NOBODY})
"""Scopes of tables never shown to a role."""


def _setting_sql(name: str) -> str:
    # What was local to a transaction is '' after it, which is a prefix of every path; so '' must count as nothing.
    return f"nullif(current_setting('{name}', true), '')"


# A scalar subquery is evaluated once for each table of a statement; but to set one up takes as long as to read a
# number ten times. So numbers and words are read where they stand; only what is long or taken apart is in one.
BIND_EXPRESSIONS: Final[Mapping[str, str]] = {
    "actor_person": f"{_setting_sql('kinerja.person')}::bigint",
    "actor_line": f"(SELECT string_to_array({_setting_sql('kinerja.line')}, ',')::bigint[])::bigint[]",
    "actor_appraiser": f"{_setting_sql('kinerja.appraiser')}::bigint",
    "actor_path": f"(SELECT {_setting_sql('kinerja.path')})",
    "actor_path_end": f"(SELECT left({_setting_sql('kinerja.path')}, -1) || '/')",
    "actor_principal": _setting_sql(scopes.PRINCIPAL_SETTING),
}
"""SQL expression of each predicate bind, read from the settings of the transaction."""

_dialect: Any = postgresql.dialect  # its constructor is not annotated


def login_name(prefix: str, name: str | None) -> str:
    """The login of a role, or one of the three others.

    Names begin with `prefix`, because PostgreSQL roles belong to the whole cluster.
    """
    return f"{prefix}_{name or ANONYMOUS_LOGIN}"


def list_login_names(prefix: str) -> list[str]:
    """The names of all logins."""
    return [login_name(prefix, each) for each in (*Role, ANONYMOUS_LOGIN, WORKER_LOGIN, ACCESS_LOG_LOGIN)]


def render_predicate(predicate: ColumnElement[bool]) -> str:
    """A predicate as SQL text of a policy, with its binds replaced by settings."""

    def replace_bind(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
        if isinstance(element, sa.BindParameter) and element.key in BIND_EXPRESSIONS:
            return sa.literal_column(BIND_EXPRESSIONS[element.key], element.type)
        return None

    written = visitors.replacement_traverse(predicate, {}, replace_bind)
    return str(written.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))


def protected_tables(tables: Sequence[sa.Table]) -> list[sa.Table]:
    """The tables under row-level security."""
    return [table for table in tables if Scope(table.info["scope"]) not in UNPROTECTED_SCOPES]


def build_row_security_sql(tables: Sequence[sa.Table], prefix: str, owner: str) -> list[str]:
    """All statements installing row-level security, repeatable over an earlier installation.

    The logins must exist.

    Args:
        tables: all tables.
        prefix: the prefix of the logins' names.
        owner: the role owning the tables, itself bound by row-level security.
    """
    made = [*_schema_grants(prefix)]
    for table in tables:
        made += _table_grants(table, prefix)
    for table in protected_tables(tables):
        made += _table_policies(table, prefix, owner)
    return made


def fingerprint_statements(statements: Sequence[str]) -> str:
    """SHA-256 of the statements; a changed hash requires another installation."""
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


def quote_identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _schema_grants(prefix: str) -> Iterator[str]:
    everybody = ", ".join(map(quote_identifier, list_login_names(prefix)))
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {everybody}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {everybody}"
    yield f"GRANT USAGE ON SCHEMA public TO {everybody}"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"  # a dump of an older server's brings it along
    worker = quote_identifier(login_name(prefix, WORKER_LOGIN))
    yield f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {worker}"
    for role, sequences in ROLE_SEQUENCES.items():
        if sequences:
            yield f"GRANT USAGE ON SEQUENCE {', '.join(sequences)} TO {quote_identifier(login_name(prefix, role))}"
    for function, roles in FUNCTION_ROLES.items():
        callers = ", ".join(
            [worker, *(quote_identifier(login_name(prefix, role)) for role in (*Role, None) if role in roles)]
        )
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {callers}"
    queue = ", ".join([worker, *(quote_identifier(login_name(prefix, role)) for role in Role if role in QUEUE_ROLES)])
    yield f"GRANT USAGE ON SCHEMA queue TO {queue}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO {queue}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA queue TO {queue}"


def _table_grants(table: sa.Table, prefix: str) -> Iterator[str]:
    name = quote_identifier(table.name)
    verbs = "SELECT, INSERT" if table.name in APPEND_ONLY_TABLES else "SELECT, INSERT, UPDATE, DELETE"
    yield f"GRANT {verbs} ON {name} TO {quote_identifier(login_name(prefix, WORKER_LOGIN))}"
    if table.name == "access_entry":
        yield f"GRANT INSERT ON {name} TO {quote_identifier(login_name(prefix, ACCESS_LOG_LOGIN))}"
    if Scope(table.info["scope"]) not in HIDDEN_SCOPES:
        # To all, though some see no row of it: that is an answer, and a refusal would be an error.
        everybody = ", ".join(quote_identifier(login_name(prefix, role)) for role in (*Role, None))
        yield f"GRANT SELECT ON {name} TO {everybody}"
    for role, right in _rights_on_table(table):
        columns = f" ({', '.join(right.columns)})" if right.columns else ""
        yield f"GRANT {right.verb}{columns} ON {name} TO {quote_identifier(login_name(prefix, role))}"


def _table_policies(table: sa.Table, prefix: str, owner: str) -> Iterator[str]:
    name = quote_identifier(table.name)
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    yield _create_policy_sql(
        table,
        "all",
        "ALL",
        f"{quote_identifier(owner)}, {quote_identifier(login_name(prefix, WORKER_LOGIN))}",
        "true",
        "true",
    )
    if table.name == "access_entry":
        yield _create_policy_sql(
            table, ACCESS_LOG_LOGIN, "INSERT", quote_identifier(login_name(prefix, ACCESS_LOG_LOGIN)), None, "true"
        )
    for role in Role:
        shown = _select_condition(table, role)
        if shown is not None:
            yield _create_policy_sql(table, role, "SELECT", quote_identifier(login_name(prefix, role)), shown, None)
    for role, right in _rights_on_table(table):
        rows = render_predicate(right.rows(table))
        using = None if right.verb == "INSERT" else rows
        check = None if right.verb == "SELECT" else rows
        made = f"{role}_{right.verb.lower()}"
        yield _create_policy_sql(table, made, right.verb, quote_identifier(login_name(prefix, role)), using, check)


def _create_policy_sql(table: sa.Table, name: str, verb: str, to: str, using: str | None, check: str | None) -> str:
    made = f"CREATE POLICY {quote_identifier(name)} ON {quote_identifier(table.name)} FOR {verb} TO {to}"
    if using is not None:
        made += f" USING ({using})"
    if check is not None:
        made += f" WITH CHECK ({check})"
    return made


def _rights_on_table(table: sa.Table) -> Iterator[tuple[Role, TableRight]]:
    for role, rights in ROLE_RIGHTS.items():
        yield from ((role, right) for right in rights if right.table == table.name)


def _select_condition(table: sa.Table, role: Role | None) -> str | None:
    """The SELECT condition of a role's policy; None for a role without visible rows."""
    condition = scopes.visible_rows(table.info["scope"], role, table, wide=True)
    return None if isinstance(condition, sa.False_) else render_predicate(condition)
