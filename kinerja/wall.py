"""Putting up the second wall: a login for each role, their rights and row security, as `domain/wall` says."""

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
from domain.wall import rules
from kinerja import database
from kinerja.failures import CannotRun

_LIMITS: Final = database.Limits(statement_ms=60_000, lock_ms=5_000)
_LOCK: Final = 0x77616C6C  # "wall": roles belong to the cluster, and others may be making theirs
_ROUNDS: Final = 4_096  # as PostgreSQL itself: the passwords are as long as keys, and need no more
_ATTRIBUTES: Final = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION"
_STANDING: Final = "SELECT prefix, sha256 FROM wall WHERE id = 1"
_STAND: Final = """INSERT INTO wall (id, prefix, sha256) VALUES (1, $1, $2)
    ON CONFLICT (id) DO UPDATE SET sha256 = excluded.sha256"""
_POLICIES: Final = "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'"
_ROLES: Final = "SELECT rolname FROM pg_roles WHERE rolname = ANY($1)"
_MAY_MORE: Final = """SELECT rolname FROM pg_roles r WHERE rolname = ANY($1)
    AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
    OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)) ORDER BY rolname"""
_NO_TABLES: Final = (
    "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$"
)
_OWNER: Final = "SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'wall'"


class MayNotMakeLogins(CannotRun):
    """The database's role may not create the logins that the service needs."""


class LoginMayMore(CannotRun):
    """A role that somebody else made has the name of a login, and may do what no login may."""


async def put_up(url: str, secret: str | None = None) -> None:
    """Make the logins and bring rights and policies to what the code says; nothing where they stand.

    Args:
        url: the database, as the role that owns the tables and may create roles.
        secret: what the logins' passwords are made from; None where the server asks for none.

    Raises:
        MayNotMakeLogins: the role may not create roles.
        LoginMayMore: a role of a login's name is no login of ours.
        Unavailable: the database is away, or a table is in use for too long.
    """
    async with _alone(url) as connection:
        standing = await connection.fetchrow(_STANDING)
        prefix = standing[0] if standing else await connection.fetchval("SELECT current_database()")
        new = await _logins(connection, prefix, secret)
        # A right to the database, not in it: neither a copy nor a dump takes it along.
        await connection.execute(_NO_TABLES)
        made = rules.statements(_tables(), prefix, await connection.fetchval(_OWNER))
        print_ = rules.fingerprint(made)
        if new or standing is None or standing[1] != print_:
            await _lower(connection)
            for statement in made:
                await connection.execute(statement)
            await connection.execute(_STAND, prefix, print_)


async def lower(url: str) -> None:
    """Take all policies away, so that columns which they name can be dropped; without them nobody sees a row."""
    async with _alone(url) as connection:
        await _lower(connection)
        if await connection.fetchval("SELECT to_regclass('public.wall')"):
            await connection.execute("UPDATE wall SET sha256 = ''")


async def prefix(url: str) -> str:
    """What the names of the logins of a database begin with.

    Raises:
        Unavailable: the database is away, or has no wall.
    """
    connection = await database.connect(url)
    try:
        with database.named(connection):
            found = await connection.fetchrow(_STANDING)
    finally:
        await connection.close()
    if found is None:
        raise database.Unavailable("the database has not been migrated")
    return str(found[0])


async def drop_logins(url: str, prefix: str) -> None:
    """Drop the logins, once no database has anything of theirs any more: for tests that leave no trace."""
    connection = await database.connect(url, _LIMITS)
    try:
        for name in rules.logins(prefix):
            await connection.execute(f"DROP ROLE IF EXISTS {rules.quoted(name)}")
    finally:
        await connection.close()


def password(secret: str, login: str) -> str:
    """The password of a login: each has its own, and none is kept anywhere."""
    made = hmac.digest(secret.encode(), f"login {login}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def verifier(word: str, salt: bytes) -> str:
    """What PostgreSQL keeps of a password (SCRAM-SHA-256, RFC 5803); the word itself would stand in its logs."""
    salted = hashlib.pbkdf2_hmac("sha256", word.encode(), salt, _ROUNDS)
    client, server = (hmac.digest(salted, f"{key} Key".encode(), "sha256") for key in ("Client", "Server"))
    kept = (base64.b64encode(each).decode() for each in (salt, hashlib.sha256(client).digest(), server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_ROUNDS, *kept)


def url_of(url: str, login: str, secret: str | None) -> str:
    """The address of the same database as another login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    word = "" if secret is None else f":{password(secret, login)}"
    return urlunsplit(parts._replace(netloc=f"{quote(login)}{word}@{host}"))


def _tables() -> Sequence[sa.Table]:
    """All tables: a policy that is forgotten because nobody had imported its table would be no policy."""
    for room in (domain, training):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if module.name.endswith(".tables"):
                importlib.import_module(module.name)
    return SQLModel.metadata.sorted_tables


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[Any]:
    """One transaction in which nobody else makes logins or policies."""
    connection = await database.connect(url, _LIMITS)
    try:
        with database.named(connection):
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
                yield connection
    finally:
        await connection.close()


async def _logins(connection: Any, prefix: str, secret: str | None) -> bool:
    """Make those that are missing, which have no rights whatever the database says of its wall; whether any were."""
    known = {row[0] for row in await connection.fetch(_ROLES, rules.logins(prefix))}
    if more := [row[0] for row in await connection.fetch(_MAY_MORE, rules.logins(prefix))]:
        said = "may more than a login of the service: rename that role, or take it away"
        raise LoginMayMore(f"{', '.join(more)} {said}")
    try:
        for name in rules.logins(prefix):
            if name not in known:
                await connection.execute(f"CREATE ROLE {rules.quoted(name)} {_ATTRIBUTES}")
            if secret is not None:
                known_by = verifier(password(secret, name), secrets.token_bytes(16))
                await connection.execute(f"ALTER ROLE {rules.quoted(name)} PASSWORD '{known_by}'")
    except asyncpg.InsufficientPrivilegeError as error:
        raise MayNotMakeLogins(
            f"the role of the database URL may not create the logins {prefix}_…; give it CREATEROLE"
        ) from error
    return len(known) < len(rules.logins(prefix))


async def _lower(connection: Any) -> None:
    for table, policy in await connection.fetch(_POLICIES):
        await connection.execute(f"DROP POLICY {rules.quoted(policy)} ON {rules.quoted(table)}")
