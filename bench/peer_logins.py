"""PostGraphile's way in with access on: a login that is nobody by itself, and the roles that it may become.

Three of the roles are the service's own, with its policies. HR of a narrow part of the tree has a role of the bench:
the service has one policy for HR, in the form for a wide part, because its plans choose the narrow form above it.
PostGraphile has no such plans, so it gets the narrow form, of which PostgreSQL can use the index, as its policy.
"""

from collections.abc import Iterator
from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.sql.elements import False_
from sqlmodel import SQLModel

from bench import askers
from domain import scope
from domain.actor import Role
from domain.wall import rules

_KNOWN: Final = "SELECT count(*) FROM pg_roles WHERE rolname = $1"
_POLICY: Final = "peer_narrow"


def authenticator(prefix: str) -> str:
    """The login of PostGraphile; no superuser, no owner, and bound by row security."""
    return f"{prefix}_peer"


def role(prefix: str, asked_by: Role) -> str:
    """The role that a request of somebody in this role becomes."""
    return f"{prefix}_peer_narrow" if asked_by is Role.HR else rules.login(prefix, asked_by)


async def install(db: "asyncpg.Connection[asyncpg.Record]", prefix: str) -> None:
    """Make login, role and policies over a wall that stands and a schema `bench` that is there."""
    login, narrow = (rules.quoted(name) for name in (authenticator(prefix), role(prefix, Role.HR)))
    for name, attributes in ((authenticator(prefix), "LOGIN NOINHERIT"), (role(prefix, Role.HR), "NOLOGIN")):
        if not await db.fetchval(_KNOWN, name):
            await db.execute(f"CREATE ROLE {rules.quoted(name)} {attributes}")
    roles = ", ".join(rules.quoted(role(prefix, each)) for each in askers.ROLES)
    await db.execute(f"GRANT {roles} TO {login}; GRANT USAGE ON SCHEMA public, bench TO {login}, {roles}")
    await db.execute(f"GRANT EXECUTE ON FUNCTION people_first_named(tsquery, bigint) TO {narrow}")
    for statement in policies(SQLModel.metadata.sorted_tables, narrow):
        await db.execute(statement)


def policies(tables: list[sa.Table], narrow: str) -> Iterator[str]:
    """What lets HR of a narrow part of the tree see what it may, and nothing else."""
    walled = {table.name for table in rules.walled(tables)}
    for table in tables:
        rows = scope.visible(table.info["scope"], Role.HR, table)
        if isinstance(rows, False_):
            continue
        name = rules.quoted(table.name)
        yield f"GRANT SELECT ON {name} TO {narrow}"
        if table.name in walled:
            yield f"DROP POLICY IF EXISTS {_POLICY} ON {name}"
            yield f"CREATE POLICY {_POLICY} ON {name} FOR SELECT TO {narrow} USING ({rules.text(rows)})"
