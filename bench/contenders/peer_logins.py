"""PostGraphile's login with access on: without rights of its own, and its roles.

Three of the roles are the service's own, with its policies. HR of a narrow part of the tree has a role of the bench:
the service has one policy for HR, in the form for a wide part, because its plans choose the narrow form above it.
PostGraphile has no such plans, so its policy is the narrow form, with an index usable by PostgreSQL.
"""

from collections.abc import Iterator
from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.sql.elements import False_
from sqlmodel import SQLModel

from bench.workload import actors
from domain.access import scopes
from domain.access.row_security import policies
from domain.actor import Role

_COUNT_ROLES: Final = "SELECT count(*) FROM pg_roles WHERE rolname = $1"
_POLICY_NAME: Final = "peer_narrow"


def name_peer_login(prefix: str) -> str:
    """Name of PostGraphile's login; no superuser, no owner, and bound by row security."""
    return f"{prefix}_peer"


def name_peer_role(prefix: str, actor_role: Role) -> str:
    """Name of the database role of a request of somebody in this role."""
    return f"{prefix}_peer_narrow" if actor_role is Role.HR else policies.login_name(prefix, actor_role)


async def install_peer_logins(db: "asyncpg.Connection[asyncpg.Record]", prefix: str) -> None:
    """Install login, role and policies over existing row security and schema `bench`."""
    login, narrow = (
        policies.quote_identifier(name) for name in (name_peer_login(prefix), name_peer_role(prefix, Role.HR))
    )
    for name, attributes in (
        (name_peer_login(prefix), "LOGIN NOINHERIT"),
        (name_peer_role(prefix, Role.HR), "NOLOGIN"),
    ):
        if not await db.fetchval(_COUNT_ROLES, name):
            await db.execute(f"CREATE ROLE {policies.quote_identifier(name)} {attributes}")
    roles = ", ".join(policies.quote_identifier(name_peer_role(prefix, each)) for each in actors.MEASURED_ROLES)
    await db.execute(f"GRANT {roles} TO {login}; GRANT USAGE ON SCHEMA public, bench TO {login}, {roles}")
    await db.execute(f"GRANT EXECUTE ON FUNCTION people_first_named(tsquery, bigint) TO {narrow}")
    for statement in build_peer_policies(SQLModel.metadata.sorted_tables, narrow):
        await db.execute(statement)


def build_peer_policies(tables: list[sa.Table], narrow: str) -> Iterator[str]:
    """Build the policies of HR of a narrow part: its visible rows alone."""
    walled = {table.name for table in policies.protected_tables(tables)}
    for table in tables:
        rows = scopes.visible_rows(table.info["scope"], Role.HR, table)
        if isinstance(rows, False_):
            continue
        name = policies.quote_identifier(table.name)
        yield f"GRANT SELECT ON {name} TO {narrow}"
        if table.name in walled:
            yield f"DROP POLICY IF EXISTS {_POLICY_NAME} ON {name}"
            predicate = policies.render_predicate(rows)
            yield f"CREATE POLICY {_POLICY_NAME} ON {name} FOR SELECT TO {narrow} USING ({predicate})"
