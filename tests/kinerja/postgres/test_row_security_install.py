"""The second wall: logins that own nothing, rows that only a context shows, and contexts that do not leak."""

import asyncio
import base64
import json
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlmodel import SQLModel

from domain.access import scopes
from domain.access.row_security import policies, rights
from domain.actor import Actor, Role
from kinerja.postgres import database, role_pools, row_security_install
from resolvers.graph import sql_fragments
from resolvers.planner import session_context
from tests import row_factory

ROOMS = ("domain", "training", "ml", "resolvers", "schema", "kinerja", "migrations")
ROOT = Path(__file__).parents[3]
ROLES = ("SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin"
         " FROM pg_roles WHERE rolname = ANY($1)")  # fmt: skip
OWNED = "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = ANY($1)"
POLICIES = "SELECT oid FROM pg_policy ORDER BY 1"
OWNERS = """SELECT replace(oid::regprocedure::text, ',', ', '), coalesce(proconfig, '{}'),
    has_function_privilege('public', oid, 'EXECUTE'), prorettype = 'trigger'::regtype
    FROM pg_proc WHERE prosecdef AND pronamespace <> 'pg_catalog'::regnamespace"""
BARE = "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)"


@pytest.fixture(scope="module")
async def walled(module_url: str, module_data: database.Database) -> AsyncIterator[database.Database]:
    """The logins' pools over forty people of two lines and two units."""
    async with module_data.open_transaction() as db:
        top = await row_factory.insert_person(db, unit_path="1.")
        for number in range(40):
            await row_factory.insert_person(
                db, unit_path=f"1.{2 + number % 2}.", appraiser_id=top + number % 2 if number > 1 else top
            )
    await row_security_install.install_row_security(module_url)  # again: it is a copy of a database that has it
    async with role_pools.open_role_pools(module_url, limits=database.ConnectionLimits(max_connections=1)) as opened:
        yield opened


async def visible_person_ids(data: database.Database, actor: Actor) -> set[int]:
    """The people whom an actor sees, by row security alone."""
    binds = sql_fragments.ParameterList(scopes.actor_bind_values(actor))
    text = session_context.wrap_in_session_context(actor.role, "SELECT id FROM person", binds)
    return {row[0] for row in await data.as_login(actor.role).fetch_without_snapshot(text, binds.values)}


async def test_the_logins_own_nothing_and_may_become_nobody_else(module_url: str, walled: database.Database) -> None:
    assert walled.by_login is not None
    names = policies.list_login_names(await row_security_install.load_login_prefix(module_url))
    connection = await database.connect_unpooled(module_url)
    try:
        assert {row[1:] for row in map(tuple, await connection.fetch(ROLES, names))} == {(*[False] * 4, True)}
        assert await connection.fetchval(OWNED, names) == 0
    finally:
        await connection.close()
    for role in (*Role, None):
        async with walled.as_login(role).lend_connection() as one:
            for name in names:
                if not name.endswith(f"_{role or 'nobody'}"):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await one.execute(f'SET ROLE "{name}"')
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await one.execute("SET SESSION AUTHORIZATION DEFAULT; ALTER TABLE person DISABLE ROW LEVEL SECURITY")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE person_too (id bigint)",
        "CREATE TEMPORARY TABLE person (id bigint)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "COPY person TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT stavalues1 FROM pg_statistic",
        "SELECT rolpassword FROM pg_authid",
        "SELECT password_hash FROM account",
        "SELECT token_sha256 FROM service_account",
        "SELECT disability FROM person_attribute",
        "SELECT principal FROM access_entry",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user",
        "SET row_security = off; SELECT id FROM person",
    ],
)
async def test_no_roles_login_reaches_beside_its_rows(walled: database.Database, sql: str) -> None:
    for role in set(Role) - {Role.SERVICE, Role.ADMIN}:
        async with walled.as_login(role).lend_connection() as one:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await one.execute(f"BEGIN; {sql}")
            await one.execute("ROLLBACK; SET row_security = on")


async def test_statistics_tell_no_login_what_is_in_rows(module_url: str, walled: database.Database) -> None:
    sql = "SELECT count(*) FROM pg_stats WHERE schemaname = 'public' AND tablename = 'person'"
    connection = await database.connect_unpooled(module_url)
    try:
        await connection.execute("ANALYZE person")
        assert await connection.fetchval(sql) > 0
    finally:
        await connection.close()
    for role in (*Role, None):
        assert [tuple(row) for row in await walled.as_login(role).fetch_without_snapshot(sql, [])] == [(0,)]


async def test_what_runs_as_the_owner_looks_at_our_tables_and_is_called_by_whom_it_is_for(module_url: str) -> None:
    connection = await database.connect_unpooled(module_url)
    try:
        found = await connection.fetch(OWNERS)
    finally:
        await connection.close()
    callable_ = {signature for signature, _, _, called in found if not called}
    assert callable_ == set(rights.FUNCTION_ROLES)
    for signature, settings, open_, called in found:
        assert "search_path=pg_catalog, public, pg_temp" in settings, signature
        assert called or not open_, signature


async def test_row_security_is_forced_on_every_table_that_holds_somebody(module_url: str) -> None:
    connection = await database.connect_unpooled(module_url)
    try:
        bare = {row[0] for row in await connection.fetch(f"{BARE} AND relnamespace = 'public'::regnamespace")}
    finally:
        await connection.close()
    holding = {table.name for table in policies.protected_tables(SQLModel.metadata.sorted_tables)}
    assert not bare & holding
    assert {"person", "evaluation", "risk_score", "risk_reason", "plan_indicator", "audit_entry"} <= holding


async def test_without_a_context_nobody_is_seen(walled: database.Database) -> None:
    for role in set(Role) - {Role.SERVICE, Role.ADMIN}:
        assert await walled.as_login(role).fetch_without_snapshot("SELECT id FROM person", []) == []
    assert await walled.as_login(None).fetch_without_snapshot("SELECT id FROM person", []) == []


async def test_a_context_that_is_over_is_nobodys(walled: database.Database) -> None:
    hr = Actor(1, Role.HR, "1.")
    assert len(await visible_person_ids(walled, hr)) == 41
    # A local setting that reverts is '' and not null; with '' every path begins.
    assert await walled.as_login(Role.HR).fetch_without_snapshot(
        "SELECT current_setting('kinerja.path', true)", []
    ) == [("",)]
    assert await walled.as_login(Role.HR).fetch_without_snapshot("SELECT id FROM person", []) == []
    nowhere = [Actor(None, Role.HR), Actor(None, Role.HR, ""), Actor(None, Role.UNIT_SERVICE, "")]
    assert [await visible_person_ids(walled, each) for each in nowhere] == [set(), set(), set()]


async def test_interleaved_contexts_on_one_connection_do_not_mix(walled: database.Database) -> None:
    draw, everybody = random.Random(4), sorted(await visible_person_ids(walled, Actor(None, Role.HR, "1.")))
    first, second = everybody[0], everybody[1]
    actors: list[tuple[Actor, int | None]] = [
        (Actor(None, Role.HR, "1."), 41),
        (Actor(None, Role.HR, "1.2."), None),
        (Actor(None, Role.HR, "1.3."), None),
        (Actor(None, Role.HR, "1.9."), 0),
        (Actor(first, Role.SUPERVISOR), None),
        (Actor(second, Role.SUPERVISOR, delegator_ids=(first,)), None),
        (Actor(everybody[-1], Role.EMPLOYEE), 1),
        (Actor(everybody[-1], Role.EMPLOYEE, appraiser_id=first), 2),
        (Actor(None, Role.UNIT_SERVICE, "1.2."), None),
    ]
    alone = {actor: await visible_person_ids(walled, actor) for actor, _ in actors}
    assert [len(alone[actor]) for actor, number in actors if number is not None] == [
        number for _, number in actors if number is not None
    ]
    assert alone[actors[1][0]] | alone[actors[2][0]] | {first} == set(everybody)
    for _ in range(6):
        asked = [draw.choice(actors)[0] for _ in range(100)]
        found = await asyncio.gather(*(visible_person_ids(walled, actor) for actor in asked))
        assert all(some == alone[actor] for some, actor in zip(found, asked, strict=True))


async def test_a_snapshot_and_a_write_have_their_context(walled: database.Database) -> None:
    hr = Actor(0, Role.HR, "1.2.")
    data, told = walled.as_login(Role.HR), scopes.build_actor_settings(hr)
    async with data.open_snapshot(told) as snapshot:
        read = await snapshot.fetch_rows("SELECT count(*) FROM person", [])
    async with data.open_transaction(told) as db:
        written = await db.fetch_rows("SELECT count(*), current_setting('kinerja.principal') FROM person", [])
    assert (read[0][0], tuple(written[0])) == (20, (20, "hr:0"))


async def test_it_is_put_up_once_and_again_when_something_is_missing(own_url: str) -> None:
    connection = await database.connect_unpooled(own_url)
    try:
        standing = await connection.fetch(POLICIES)
        await row_security_install.install_row_security(own_url)
        assert await connection.fetch(POLICIES) == standing
        await row_security_install.remove_policies(own_url)
        assert await connection.fetch(POLICIES) == []
        await row_security_install.install_row_security(own_url)
        assert len(await connection.fetch(POLICIES)) == len(standing) > 100
    finally:
        await connection.close()


async def test_it_is_put_up_again_for_a_login_that_was_lost(own_url: str, own: database.Database) -> None:
    # As after a restore into another cluster: the database says that its wall stands, and the logins are new.
    login = policies.login_name(await row_security_install.load_login_prefix(own_url), Role.HR)
    async with own.open_transaction() as db:
        await row_factory.insert_person(db, unit_path="1.")
    connection = await database.connect_unpooled(own_url)
    await connection.execute(f'ALTER ROLE "{login}" RENAME TO "{login}_lost"')
    try:
        await row_security_install.install_row_security(own_url)
        async with role_pools.open_role_pools(own_url) as walled:
            assert len(await visible_person_ids(walled, Actor(None, Role.HR, "1."))) == 1
    finally:
        await connection.execute(f'DROP OWNED BY "{login}"; DROP ROLE "{login}"')
        await connection.execute(f'ALTER ROLE "{login}_lost" RENAME TO "{login}"')
        await connection.close()


@pytest.mark.parametrize("may", ["SUPERUSER", "BYPASSRLS", "CREATEROLE"])
async def test_a_role_of_that_name_that_may_more_is_no_login(own_url: str, may: str) -> None:
    login = policies.login_name(await row_security_install.load_login_prefix(own_url), Role.ADMIN)
    connection = await database.connect_unpooled(own_url)
    try:
        await connection.execute(f'ALTER ROLE "{login}" {may}')
        with pytest.raises(row_security_install.LoginTooPrivileged, match=login):
            await row_security_install.install_row_security(own_url)
    finally:
        await connection.execute(f'ALTER ROLE "{login}" NO{may}')
        await connection.close()
    await row_security_install.install_row_security(own_url)


async def test_records_go_in_where_copy_is_refused(own_url: str, own: database.Database) -> None:
    async with own.open_transaction() as db:
        person = await row_factory.insert_person(db)
    columns = ("person_id", "at", "principal", "action", "subject", "subject_id", "details", "origin")
    rows = [
        (person, row_factory.RECORDED_AT, "hr:1", "LOOKED", "person", n, json.dumps({"n": n}), "") for n in range(3)
    ]
    async with role_pools.open_role_pools(own_url) as walled, walled.open_transaction() as db:
        with pytest.raises(asyncpg.FeatureNotSupportedError):
            async with db.connection.transaction():
                await db.connection.copy_records_to_table("audit_entry", columns=columns, records=rows)
        assert await db.copy("audit_entry", columns, rows) == 3
        assert await db.copy("audit_entry", columns, []) == 0
        found = await db.fetch_rows("SELECT subject_id, details->>'n' FROM audit_entry ORDER BY 1", [])
    assert [tuple(row) for row in found] == [(n, str(n)) for n in range(3)]


async def test_passwords_are_told_as_what_postgresql_makes_of_them(own_url: str) -> None:
    name, secret = policies.login_name(await row_security_install.load_login_prefix(own_url), Role.HR), "s" * 40
    word = row_security_install.derive_password(secret, name)
    kept = "SELECT rolpassword FROM pg_authid WHERE rolname = $1"
    connection = await database.connect_unpooled(own_url)
    try:
        await connection.execute(
            f"SET password_encryption = 'scram-sha-256'; ALTER ROLE \"{name}\" PASSWORD '{word}'"
        )
        theirs = await connection.fetchval(kept, name)
        await row_security_install.install_row_security(own_url, secret)
        ours = await connection.fetchval(kept, name)
    finally:
        await connection.execute(f'ALTER ROLE "{name}" PASSWORD NULL')
        await connection.close()
    assert ours != theirs
    for each in (ours, theirs):
        assert (
            row_security_install.build_scram_verifier(word, base64.b64decode(each.split(":")[1].split("$")[0]))
            == each
        )


def test_each_login_has_its_own_password_and_address() -> None:
    url = "postgresql://owner:old@db.example:5432/kinerja?sslmode=require"
    words = {row_security_install.derive_password("s" * 40, name) for name in policies.list_login_names("kinerja")}
    assert len(words) == len(policies.list_login_names("kinerja"))
    assert (
        row_security_install.build_login_url(url, "kinerja_hr", None)
        == "postgresql://kinerja_hr@db.example:5432/kinerja?sslmode=require"
    )
    word = row_security_install.derive_password("s" * 40, "kinerja_hr")
    assert row_security_install.build_login_url(url, "kinerja_hr", "s" * 40).startswith(
        f"postgresql://kinerja_hr:{word}@db.example:5432/"
    )


def test_no_setting_outlives_its_transaction() -> None:
    sources = {path: path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    sessions = re.compile(r"set_config\([^)]*,\s*false\s*\)|\bSET (SESSION|ROLE|LOCAL ROLE)\b", re.IGNORECASE)
    assert {str(path) for path, text in sources.items() if sessions.search(text)} == set()
    assert any("set_config(" in text for text in sources.values())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_every_value_that_a_policy_reads_is_told(role: Role) -> None:
    told: Any = set(scopes.ACTOR_SETTINGS[role].values()) | {scopes.PRINCIPAL_SETTING}
    for table in policies.protected_tables(SQLModel.metadata.sorted_tables):
        condition = policies.render_predicate(scopes.visible_rows(table.info["scope"], role, table, wide=True))
        assert set(re.findall(r"kinerja\.[a-z]+", condition)) <= told, table.name
