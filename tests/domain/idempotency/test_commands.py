"""What is asked twice is done once, and what was done is on record."""

from collections.abc import Callable

import pytest

from domain import refusals
from domain.actor import Actor, Role
from domain.audit import trail
from domain.audit.tables import AuditEntryRow
from domain.idempotency import commands
from domain.idempotency.tables import CommandKeyRow
from domain.job.facts import JobKind
from domain.job.requests import RequestJob
from domain.organisation.tables import UnitRow
from domain.ports import CommandContext, Db
from tests import row_factory

SCORE, TRAIN = RequestJob(kind=JobKind.SCORE_RISK), RequestJob(kind=JobKind.TRAIN_MODEL)


class CountedCommand:
    """Something to do, whose rows tell how often it is done."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def __call__(self) -> int:
        """The key of one more row."""
        return await row_factory.insert_unit(self._db)

    async def count_runs(self) -> int:
        """How often it was done."""
        return len(await row_factory.fetch_table_rows(self._db, UnitRow))


async def load_hr_actor(db: Db) -> Actor:
    return Actor(await row_factory.insert_person(db), Role.HR, "1.")


async def test_the_same_key_and_arguments_are_done_once(db: Db, act: Callable[..., CommandContext]) -> None:
    doing, here = CountedCommand(db), act(await load_hr_actor(db))
    results = [
        await commands.run_once(here, "requestJob", "key", SCORE, doing, row_factory.identity_payload)
        for _ in range(3)
    ]
    (row,) = await row_factory.fetch_table_rows(db, UnitRow)
    assert results == [row["id"]] * 3


async def test_what_waits_for_later_is_done_once_too(db: Db, act: Callable[..., CommandContext]) -> None:
    here = act(await load_hr_actor(db))

    async def look() -> int:
        trail.write_audit_entry(here, "LOOKED", ("person", 7))
        return 7

    assert [
        await commands.run_once(here, "requestJob", "key", SCORE, look, row_factory.identity_payload)
        for _ in range(3)
    ] == [7, 7, 7]
    assert len(await row_factory.fetch_table_rows(db, AuditEntryRow)) == 1


async def test_a_used_key_answers_before_a_refusal(db: Db, act: Callable[..., CommandContext]) -> None:
    here = act(await load_hr_actor(db))

    async def refuse() -> int:
        raise refusals.NotAllowed("It is too late.")

    done = await commands.run_once(here, "requestJob", "key", SCORE, CountedCommand(db), row_factory.identity_payload)
    assert await commands.run_once(here, "requestJob", "key", SCORE, refuse, row_factory.identity_payload) == done
    with pytest.raises(refusals.KeyReused):
        await commands.run_once(here, "requestJob", "key", TRAIN, refuse, row_factory.identity_payload)
    with pytest.raises(refusals.NotAllowed):
        await commands.run_once(here, "requestJob", "another key", SCORE, refuse, row_factory.identity_payload)


async def test_the_same_key_with_other_arguments_is_refused(db: Db, act: Callable[..., CommandContext]) -> None:
    doing, here = CountedCommand(db), act(await load_hr_actor(db))
    await commands.run_once(here, "requestJob", "key", SCORE, doing, row_factory.identity_payload)
    with pytest.raises(refusals.KeyReused):
        await commands.run_once(here, "requestJob", "key", TRAIN, doing, row_factory.identity_payload)
    assert await doing.count_runs() == 1


async def test_a_key_belongs_to_a_principal_and_a_mutation(db: Db, act: Callable[..., CommandContext]) -> None:
    doing, one, other = CountedCommand(db), act(await load_hr_actor(db)), act(await load_hr_actor(db))
    await commands.run_once(one, "requestJob", "key", SCORE, doing, row_factory.identity_payload)
    await commands.run_once(other, "requestJob", "key", SCORE, doing, row_factory.identity_payload)
    await commands.run_once(one, "assignTraining", "key", SCORE, doing, row_factory.identity_payload)
    assert await doing.count_runs() == 3
    assert len(await row_factory.fetch_table_rows(db, CommandKeyRow)) == 3


async def test_a_note_tells_who_did_what_to_whom_and_why(db: Db, act: Callable[..., CommandContext]) -> None:
    actor, about = await load_hr_actor(db), await row_factory.insert_person(db)
    here = act(actor)
    trail.write_audit_entry(
        here, "LOOKED", ("person", about), person_id=about, reason="diminta", details={"field": "risk"}
    )
    (entry,) = await row_factory.fetch_table_rows(db, AuditEntryRow)
    assert (entry["principal"], entry["action"], entry["person_id"]) == (actor.principal, "LOOKED", about)
    assert (entry["reason"], entry["details"], entry["at"]) == ("diminta", {"field": "risk"}, here.now)
