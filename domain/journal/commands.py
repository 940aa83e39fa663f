"""Writing down what was done, and doing once what is asked twice."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain import refusals
from domain.journal.tables import AuditEntryRow, CommandKeyRow
from domain.ports import Act, Db, Moved

Shown = TypeVar("Shown")

KEPT: Final = timedelta(days=30)
"""How long a `clientMutationKey` is known."""

_NOTED: Final = sa.insert(AuditEntryRow)

_CLAIMED: Final = insert(CommandKeyRow).on_conflict_do_nothing()

_MINE: Final = (
    (col(CommandKeyRow.principal) == sa.bindparam("by"))
    & (col(CommandKeyRow.mutation) == sa.bindparam("asked_for"))
    & (col(CommandKeyRow.client_key) == sa.bindparam("under"))
)

_CAME_OF: Final = sa.update(CommandKeyRow).where(_MINE).values(result_id=sa.bindparam("result"))

_EARLIER: Final = sa.select(col(CommandKeyRow.asked_sha256), col(CommandKeyRow.result_id)).where(_MINE)


def note(
    act: Act,
    action: str,
    subject: tuple[str, int],
    *,
    person: int | None = None,
    path: str | None = None,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the audit trail, in the transaction of what it tells of.

    `subject` is the table and key of what was changed, `person` whom it concerns, and `path` where he works, or what
    part of the tree it concerns; without one it is the actor's own.
    """
    entry = {
        "at": act.now,
        "principal": act.actor.principal,
        "actor_id": act.actor.person_id,
        "action": action,
        "subject": subject[0],
        "subject_id": subject[1],
        "person_id": person,
        "unit_path": act.actor.unit_path if path is None else path,
        "reason": reason,
        "details": details or {},
        "origin": act.origin,
    }
    act.db.later(_NOTED, entry)
    if person is not None:
        act.noted.add(person)


async def prune(db: Db, before: datetime, most: int = 10_000) -> int:
    """Forget keys that were used before an instant, at most so many at once; how many those were."""
    row = sa.tuple_(col(CommandKeyRow.principal), col(CommandKeyRow.mutation), col(CommandKeyRow.client_key))
    old = sa.select(*row.clauses).where(col(CommandKeyRow.used_at) < before).limit(most)
    return await db.execute(sa.delete(CommandKeyRow).where(row.in_(old)))


class _Used(Exception):
    """The key was claimed before."""


async def once(
    act: Act,
    mutation: str,
    key: str,
    asked: BaseModel,
    run: Callable[[], Awaitable[int]],
    show: Callable[[int], Awaitable[Shown]],
) -> Shown:
    """Run what is asked unless this principal ran it under the same key before, and show the changed row.

    The key is claimed with the first change that the work sends or before it, so that of two that come at the same
    moment one waits for the other. What the work left for later goes with what `show` reads; so it may run, or be
    refused, in there.
    Raises `KeyReused` when the same key came with other arguments. A refusal rolls the claim back.
    """
    sha256 = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    mine = {"by": act.actor.principal, "asked_for": mutation, "under": key}
    claim = {
        "principal": act.actor.principal,
        "mutation": mutation,
        "client_key": key,
        "asked_sha256": sha256,
        "used_at": act.now,
    }
    before = frozenset(act.noted)
    try:
        try:
            return await _done(act, claim, run, show)
        except Moved:
            act.noted.intersection_update(before)
            return await _done(act, claim, run, show)
    except _Used:
        act.noted.intersection_update(before)  # what would have named others is not written
        earlier = await act.db.first(_EARLIER, mine)
    if earlier is None or earlier[0] != sha256 or earlier[1] is None:
        raise refusals.KeyReused("This clientMutationKey was used with other arguments.", "clientMutationKey")
    return await show(earlier[1])


async def _done(
    act: Act,
    claim: Mapping[str, Any],
    run: Callable[[], Awaitable[int]],
    show: Callable[[int], Awaitable[Shown]],
) -> Shown:
    act.db.guard(_CLAIMED, claim, otherwise=_Used())
    try:
        result = await run()
    except refusals.Refusal:
        # A command that refuses before it has sent anything has not claimed its key: a used one answers first.
        await act.db.settle()
        raise
    if not act.db.amend({"result_id": result}):
        mine = {"by": claim["principal"], "asked_for": claim["mutation"], "under": claim["client_key"]}
        act.db.later(_CAME_OF, {**mine, "result": result})
    shown = await show(result)
    await act.db.settle()
    noted = [int(person) for person in act.noted]  # all that was assumed is known by now
    act.noted.clear()
    act.noted.update(noted)
    return shown
