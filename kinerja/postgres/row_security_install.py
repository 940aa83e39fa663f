"""Row-level security installed at migration: a login for each role, its rights and policies."""

import base64
import hashlib
import hmac
import importlib
import pkgutil
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import sqlalchemy as sa
from sqlmodel import SQLModel

import domain
import training
from domain.access.row_security import policies
from kinerja.errors import OperatorError
from kinerja.postgres import database

_INSTALL_LIMITS: Final = database.ConnectionLimits(statement_timeout_ms=60_000, lock_timeout_ms=5_000)
_INSTALL_LOCK_KEY: Final = 0x77616C6C  # roles belong to the cluster: another database may create its own
_SCRAM_ITERATIONS: Final = 4_096  # PostgreSQL's default: enough for passwords as long as keys
_LOGIN_ATTRIBUTES: Final = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION"
_SELECT_INSTALLED: Final = "SELECT prefix, sha256 FROM wall WHERE id = 1"
_UPSERT_INSTALLED: Final = """INSERT INTO wall (id, prefix, sha256) VALUES (1, $1, $2)
    ON CONFLICT (id) DO UPDATE SET sha256 = excluded.sha256"""
_SELECT_POLICIES: Final = "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'"
_SELECT_ROLES: Final = "SELECT rolname FROM pg_roles WHERE rolname = ANY($1)"
_SELECT_PRIVILEGED_ROLES: Final = """SELECT rolname FROM pg_roles r WHERE rolname = ANY($1)
    AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
    OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)) ORDER BY rolname"""
_REVOKE_TEMPORARY: Final = (
    "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$"
)
_SELECT_OWNER: Final = "SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'wall'"


class LoginCreationDenied(OperatorError):
    """The database's role may not create the logins of the service."""


class LoginTooPrivileged(OperatorError):
    """A role created elsewhere has the name of a login, and forbidden rights."""


async def install_row_security(url: str, secret: str | None = None) -> None:
    """Create the logins and bring rights and policies to the code's definition; idempotent.

    Args:
        url: the database, as the role that owns the tables and may create roles.
        secret: source of the logins' passwords; None for a server without passwords.

    Raises:
        LoginCreationDenied: the role may not create roles.
        LoginTooPrivileged: a role with the name of a login has more rights than a login.
        DatabaseUnavailable: the database is unreachable, or a table is in use for too long.
    """
    async with _install_lock(url) as connection:
        standing = await connection.fetchrow(_SELECT_INSTALLED)
        prefix = standing[0] if standing else await connection.fetchval("SELECT current_database()")
        new = await _create_logins(connection, prefix, secret)
        # A right on the database itself: neither a copy nor a dump includes it.
        await connection.execute(_REVOKE_TEMPORARY)
        made = policies.build_row_security_sql(_load_tables(), prefix, await connection.fetchval(_SELECT_OWNER))
        print_ = policies.fingerprint_statements(made)
        if new or standing is None or standing[1] != print_:
            await _drop_policies(connection)
            for statement in made:
                await connection.execute(statement)
            await connection.execute(_UPSERT_INSTALLED, prefix, print_)


async def remove_policies(url: str) -> None:
    """Drop all policies, so that columns named in them can be dropped.

    Until they are installed again no row is visible.
    """
    async with _install_lock(url) as connection:
        await _drop_policies(connection)
        if await connection.fetchval("SELECT to_regclass('public.wall')"):
            await connection.execute("UPDATE wall SET sha256 = ''")


async def load_login_prefix(url: str) -> str:
    """Return the common prefix of the names of a database's logins.

    Raises:
        DatabaseUnavailable: the database is unreachable, or was not migrated.
    """
    connection = await database.connect_unpooled(url)
    try:
        with database.translate_errors(connection):
            found = await connection.fetchrow(_SELECT_INSTALLED)
    finally:
        await connection.close()
    if found is None:
        raise database.DatabaseUnavailable("the database has not been migrated")
    return str(found[0])


async def drop_logins(url: str, prefix: str) -> None:
    """Drop the logins, once no database has objects of theirs: cleanup for tests."""
    connection = await database.connect_unpooled(url, _INSTALL_LIMITS)
    try:
        for name in policies.list_login_names(prefix):
            await connection.execute(f"DROP ROLE IF EXISTS {policies.quote_identifier(name)}")
    finally:
        await connection.close()


def derive_password(secret: str, login_name: str) -> str:
    """Derive the password of a login: each has its own, and none is stored."""
    made = hmac.digest(secret.encode(), f"login {login_name}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def build_scram_verifier(password: str, salt: bytes) -> str:
    """Build PostgreSQL's verifier of a password (SCRAM-SHA-256, RFC 5803).

    The plain password would appear in the server's logs.
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    client, server = (hmac.digest(salted, f"{key} Key".encode(), "sha256") for key in ("Client", "Server"))
    kept = (base64.b64encode(each).decode() for each in (salt, hashlib.sha256(client).digest(), server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_SCRAM_ITERATIONS, *kept)


def build_login_url(url: str, login_name: str, secret: str | None) -> str:
    """Return the URL of the same database under another login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    word = "" if secret is None else f":{derive_password(secret, login_name)}"
    return urlunsplit(parts._replace(netloc=f"{quote(login_name)}{word}@{host}"))


def _load_tables() -> Sequence[sa.Table]:
    """Import and return all tables: a table never imported would be left without a policy."""
    for room in (domain, training):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if module.name.endswith(".tables"):
                importlib.import_module(module.name)
    return SQLModel.metadata.sorted_tables


@asynccontextmanager
async def _install_lock(url: str) -> AsyncIterator[Any]:
    """Open one transaction under the advisory lock of login and policy installation."""
    connection = await database.connect_unpooled(url, _INSTALL_LIMITS)
    try:
        with database.translate_errors(connection):
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _INSTALL_LOCK_KEY)
                yield connection
    finally:
        await connection.close()


async def _create_logins(connection: Any, prefix: str, secret: str | None) -> bool:
    """Create the missing logins; return True if any was missing.

    A new login has no rights, even if the recorded fingerprint of the policies is current.
    """
    known = {row[0] for row in await connection.fetch(_SELECT_ROLES, policies.list_login_names(prefix))}
    if more := [
        row[0] for row in await connection.fetch(_SELECT_PRIVILEGED_ROLES, policies.list_login_names(prefix))
    ]:
        said = "may more than a login of the service: rename that role, or take it away"
        raise LoginTooPrivileged(f"{', '.join(more)} {said}")
    try:
        for name in policies.list_login_names(prefix):
            if name not in known:
                await connection.execute(f"CREATE ROLE {policies.quote_identifier(name)} {_LOGIN_ATTRIBUTES}")
            if secret is not None:
                known_by = build_scram_verifier(derive_password(secret, name), secrets.token_bytes(16))
                await connection.execute(f"ALTER ROLE {policies.quote_identifier(name)} PASSWORD '{known_by}'")
    except asyncpg.InsufficientPrivilegeError as error:
        raise LoginCreationDenied(
            f"the role of the database URL may not create the logins {prefix}_…; give it CREATEROLE"
        ) from error
    return len(known) < len(policies.list_login_names(prefix))


async def _drop_policies(connection: Any) -> None:
    for table, policy in await connection.fetch(_SELECT_POLICIES):
        await connection.execute(
            f"DROP POLICY {policies.quote_identifier(policy)} ON {policies.quote_identifier(table)}"
        )
