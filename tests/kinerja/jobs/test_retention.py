"""Old events, sessions and keys of commands are forgotten, however many."""

from datetime import timedelta

import sqlalchemy as sa

from domain.account.tables import AccountRow, LoginSessionRow, RoleGrantRow
from domain.event import commands, store
from domain.event.facts import EventPosition, EventTopic
from domain.event.tables import EventRow
from domain.idempotency.tables import CommandKeyRow
from kinerja import business_date
from kinerja.jobs import retention
from kinerja.postgres import database
from tests import row_factory


async def test_what_is_older_than_its_time_is_forgotten_and_nothing_else(module_data: database.Database) -> None:
    now = business_date.utc_now()
    async with module_data.open_transaction() as db:
        await db.execute(sa.delete(EventRow))
    many = [{"topic": "JOB_PROGRESSED", "subject_id": n, "at": now - timedelta(days=8)} for n in range(12_000)]
    async with module_data.open_transaction() as db:
        await db.execute_many(sa.insert(EventRow).inline(), many)
    async with module_data.open_transaction() as db:
        commands.publish_event(db, EventTopic.JOB_PROGRESSED, 99_999, now - timedelta(days=6))
    assert await retention.delete_expired_rows(module_data) == 12_000
    async with module_data.open_transaction() as db:
        assert [event.subject for event in await store.load_events_after(db, EventPosition(0, 0), 10)] == [99_999]


async def test_sessions_are_forgotten_a_day_after_they_are_over(module_data: database.Database) -> None:
    now = business_date.utc_now()
    async with module_data.open_transaction() as db:
        person = await row_factory.insert_person(db)
        values = {"login": "siti", "person_id": person, "password_hash": "-", "password_changed_at": now}
        account = await row_factory.insert_row(db, AccountRow, **values)
        grant = await row_factory.insert_row(
            db, RoleGrantRow, account_id=account, role="employee", starts_on=now.date()
        )
        for hours, revoked in ((-25, None), (-25, now), (-23, None), (23, now), (23, None)):
            await row_factory.insert_row(
                db,
                LoginSessionRow,
                account_id=account,
                grant_id=grant,
                family_sha256=f"{hours} {revoked}",
                refresh_sha256="-",
                began_at=now - timedelta(days=3),
                used_at=now - timedelta(days=3),
                expires_at=now + timedelta(hours=hours),
                revoked_at=revoked,
            )
    await retention.delete_expired_rows(module_data)
    async with module_data.open_transaction() as db:
        rows = await row_factory.fetch_table_rows(db, LoginSessionRow)
    assert sorted(row["family_sha256"] for row in rows) == sorted(
        f"{h} {r}" for h, r in ((-23, None), (23, now), (23, None))
    )


async def test_keys_of_commands_are_forgotten_after_a_month(module_data: database.Database) -> None:
    now = business_date.utc_now()
    async with module_data.open_transaction() as db:
        for days in (29, 31):
            values = {"principal": "hr:1", "mutation": "movePerson", "client_key": str(days), "asked_sha256": "-"}
            await db.execute(sa.insert(CommandKeyRow).values(**values, used_at=now - timedelta(days=days)))
    await retention.delete_expired_rows(module_data)
    async with module_data.open_transaction() as db:
        assert [row["client_key"] for row in await row_factory.fetch_table_rows(db, CommandKeyRow)] == ["29"]
