"""Idempotency: a command sent twice under one `clientMutationKey` runs once."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain import refusals
from domain.idempotency.tables import CommandKeyRow
from domain.ports import CommandContext, Db, StaleRead

PayloadType = TypeVar("PayloadType")

COMMAND_KEY_RETENTION: Final = timedelta(days=30)
"""Retention of a used `clientMutationKey`."""

_INSERT_COMMAND_KEY: Final = insert(CommandKeyRow).on_conflict_do_nothing()

_OWN_COMMAND_KEY: Final = (
    (col(CommandKeyRow.principal) == sa.bindparam("by"))
    & (col(CommandKeyRow.mutation) == sa.bindparam("asked_for"))
    & (col(CommandKeyRow.client_key) == sa.bindparam("under"))
)

_SET_RESULT: Final = sa.update(CommandKeyRow).where(_OWN_COMMAND_KEY).values(result_id=sa.bindparam("result"))

_SELECT_COMMAND_KEY: Final = sa.select(col(CommandKeyRow.asked_sha256), col(CommandKeyRow.result_id)).where(
    _OWN_COMMAND_KEY
)


async def prune_command_keys(db: Db, before: datetime, limit: int = 10_000) -> int:
    """Delete at most `limit` keys used before an instant; returns their number."""
    row = sa.tuple_(col(CommandKeyRow.principal), col(CommandKeyRow.mutation), col(CommandKeyRow.client_key))
    old = sa.select(*row.clauses).where(col(CommandKeyRow.used_at) < before).limit(limit)
    return await db.execute(sa.delete(CommandKeyRow).where(row.in_(old)))


class _KeyAlreadyUsed(Exception):
    """The idempotency key was claimed before."""


async def run_once(
    context: CommandContext,
    mutation: str,
    key: str,
    request: BaseModel,
    run: Callable[[], Awaitable[int]],
    load_payload: Callable[[int], Awaitable[PayloadType]],
) -> PayloadType:
    """Run a command once per principal and key, and return its payload.

    A repeated request returns the payload of the row changed by the first. The key is claimed with the first change
    sent by `run` or before it, so of two simultaneous requests one waits for the other. Changes deferred by `run` are
    sent with the queries of `load_payload`; so the command may run, or be refused, in there. Raises `KeyReused` for a
    repeated key with other arguments. A refusal rolls the claim back.
    """
    sha256 = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
    mine = {"by": context.actor.principal, "asked_for": mutation, "under": key}
    claim = {
        "principal": context.actor.principal,
        "mutation": mutation,
        "client_key": key,
        "asked_sha256": sha256,
        "used_at": context.now,
    }
    before = frozenset(context.audited_person_ids)
    try:
        try:
            return await _run_claimed(context, claim, run, load_payload)
        except StaleRead:
            context.audited_person_ids.intersection_update(before)
            return await _run_claimed(context, claim, run, load_payload)
    except _KeyAlreadyUsed:
        context.audited_person_ids.intersection_update(before)  # what would have named others is not written
        earlier = await context.db.fetch_one(_SELECT_COMMAND_KEY, mine)
    if earlier is None or earlier[0] != sha256 or earlier[1] is None:
        raise refusals.KeyReused("This clientMutationKey was used with other arguments.", "clientMutationKey")
    return await load_payload(earlier[1])


async def _run_claimed(
    context: CommandContext,
    claim: Mapping[str, Any],
    run: Callable[[], Awaitable[int]],
    load_payload: Callable[[int], Awaitable[PayloadType]],
) -> PayloadType:
    context.db.claim(_INSERT_COMMAND_KEY, claim, on_conflict_error=_KeyAlreadyUsed())
    try:
        result = await run()
    except refusals.Refusal:
        # A command that refuses before it has sent anything has not claimed its key: a used one answers first.
        await context.db.flush()
        raise
    if not context.db.amend_claim({"result_id": result}):
        mine = {"by": claim["principal"], "asked_for": claim["mutation"], "under": claim["client_key"]}
        context.db.execute_deferred(_SET_RESULT, {**mine, "result": result})
    shown = await load_payload(result)
    await context.db.flush()
    noted = [int(person) for person in context.audited_person_ids]  # all that was assumed is known by now
    context.audited_person_ids.clear()
    context.audited_person_ids.update(noted)
    return shown
