"""What is asked twice is done once, and what was done is on record."""

from collections.abc import Callable

import pytest

from domain import refusals
from domain.actor import Actor, Role
from domain.job.facts import JobKind
from domain.job.requests import RequestJob
from domain.journal import commands
from domain.journal.tables import AuditEntryRow, CommandKeyRow
from domain.organisation.tables import UnitRow
from domain.ports import Act, Db
from tests import made

SCORE, TRAIN = RequestJob(kind=JobKind.SCORE_RISK), RequestJob(kind=JobKind.TRAIN_MODEL)


class Counted:
    """Something to do, whose rows tell how often it is done."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def __call__(self) -> int:
        """The key of one more row."""
        return await made.unit(self._db)

    async def times(self) -> int:
        """How often it was done."""
        return len(await made.rows_of(self._db, UnitRow))


async def hr(db: Db) -> Actor:
    return Actor(await made.person(db), Role.HR, "1.")


async def test_the_same_key_and_arguments_are_done_once(db: Db, act: Callable[..., Act]) -> None:
    doing, here = Counted(db), act(await hr(db))
    results = [await commands.once(here, "requestJob", "key", SCORE, doing, made.same) for _ in range(3)]
    (row,) = await made.rows_of(db, UnitRow)
    assert results == [row["id"]] * 3


async def test_what_waits_for_later_is_done_once_too(db: Db, act: Callable[..., Act]) -> None:
    here = act(await hr(db))

    async def look() -> int:
        commands.note(here, "LOOKED", ("person", 7))
        return 7

    assert [await commands.once(here, "requestJob", "key", SCORE, look, made.same) for _ in range(3)] == [7, 7, 7]
    assert len(await made.rows_of(db, AuditEntryRow)) == 1


async def test_a_used_key_answers_before_a_refusal(db: Db, act: Callable[..., Act]) -> None:
    here = act(await hr(db))

    async def refuse() -> int:
        raise refusals.NotAllowed("It is too late.")

    done = await commands.once(here, "requestJob", "key", SCORE, Counted(db), made.same)
    assert await commands.once(here, "requestJob", "key", SCORE, refuse, made.same) == done
    with pytest.raises(refusals.KeyReused):
        await commands.once(here, "requestJob", "key", TRAIN, refuse, made.same)
    with pytest.raises(refusals.NotAllowed):
        await commands.once(here, "requestJob", "another key", SCORE, refuse, made.same)


async def test_the_same_key_with_other_arguments_is_refused(db: Db, act: Callable[..., Act]) -> None:
    doing, here = Counted(db), act(await hr(db))
    await commands.once(here, "requestJob", "key", SCORE, doing, made.same)
    with pytest.raises(refusals.KeyReused):
        await commands.once(here, "requestJob", "key", TRAIN, doing, made.same)
    assert await doing.times() == 1


async def test_a_key_belongs_to_a_principal_and_a_mutation(db: Db, act: Callable[..., Act]) -> None:
    doing, one, other = Counted(db), act(await hr(db)), act(await hr(db))
    await commands.once(one, "requestJob", "key", SCORE, doing, made.same)
    await commands.once(other, "requestJob", "key", SCORE, doing, made.same)
    await commands.once(one, "assignTraining", "key", SCORE, doing, made.same)
    assert await doing.times() == 3
    assert len(await made.rows_of(db, CommandKeyRow)) == 3


async def test_a_note_tells_who_did_what_to_whom_and_why(db: Db, act: Callable[..., Act]) -> None:
    actor, about = await hr(db), await made.person(db)
    here = act(actor)
    commands.note(here, "LOOKED", ("person", about), person=about, reason="diminta", details={"field": "risk"})
    (entry,) = await made.rows_of(db, AuditEntryRow)
    assert (entry["principal"], entry["action"], entry["person_id"]) == (actor.principal, "LOOKED", about)
    assert (entry["reason"], entry["details"], entry["at"]) == ("diminta", {"field": "risk"}, here.now)
