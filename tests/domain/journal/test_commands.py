"""What is asked twice is done once, and what was done is on record."""

from collections.abc import Callable

import pytest

from domain import refusals
from domain.actor import Actor, Role
from domain.job.facts import JobKind
from domain.job.requests import RequestJob
from domain.journal import commands
from domain.journal.tables import AuditEntryRow, CommandKeyRow
from domain.ports import Act, Db
from tests import made

SCORE, TRAIN = RequestJob(kind=JobKind.SCORE_RISK), RequestJob(kind=JobKind.TRAIN_MODEL)


class Counted:
    """Something to do that counts how often it is done."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> int:
        """The number of times so far, as the key of what came of it."""
        self.times += 1
        return self.times


async def hr(db: Db) -> Actor:
    return Actor(await made.person(db), Role.HR, "1.")


async def test_the_same_key_and_arguments_are_done_once(db: Db, act: Callable[..., Act]) -> None:
    doing, here = Counted(), act(await hr(db))
    results = [await commands.once(here, "requestJob", "key", SCORE, doing) for _ in range(3)]
    assert results == [1, 1, 1]
    assert doing.times == 1


async def test_the_same_key_with_other_arguments_is_refused(db: Db, act: Callable[..., Act]) -> None:
    doing, here = Counted(), act(await hr(db))
    await commands.once(here, "requestJob", "key", SCORE, doing)
    with pytest.raises(refusals.KeyReused):
        await commands.once(here, "requestJob", "key", TRAIN, doing)
    assert doing.times == 1


async def test_a_key_belongs_to_a_principal_and_a_mutation(db: Db, act: Callable[..., Act]) -> None:
    doing, one, other = Counted(), act(await hr(db)), act(await hr(db))
    await commands.once(one, "requestJob", "key", SCORE, doing)
    await commands.once(other, "requestJob", "key", SCORE, doing)
    await commands.once(one, "assignTraining", "key", SCORE, doing)
    assert doing.times == 3
    assert len(await made.rows_of(db, CommandKeyRow)) == 3


async def test_a_note_tells_who_did_what_to_whom_and_why(db: Db, act: Callable[..., Act]) -> None:
    actor, about = await hr(db), await made.person(db)
    here = act(actor)
    await commands.note(here, "LOOKED", ("person", about), person=about, reason="diminta", details={"field": "risk"})
    (entry,) = await made.rows_of(db, AuditEntryRow)
    assert (entry["principal"], entry["action"], entry["person_id"]) == (actor.principal, "LOOKED", about)
    assert (entry["reason"], entry["details"], entry["at"]) == ("diminta", {"field": "risk"}, here.now)
