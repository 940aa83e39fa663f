"""Writing down what was done, and doing once what is asked twice."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain import refusals
from domain.journal.tables import AuditEntryRow, CommandKeyRow
from domain.ports import Act


async def note(
    act: Act,
    action: str,
    subject: tuple[str, int],
    *,
    person: int | None = None,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the audit trail, in the transaction of what it tells of.

    `subject` is the table and key of what was changed, `person` whom it concerns.
    """
    await act.db.execute(
        sa.insert(AuditEntryRow)
        .inline()
        .values(
            at=act.now,
            principal=act.actor.principal,
            actor_id=act.actor.person_id,
            action=action,
            subject=subject[0],
            subject_id=subject[1],
            person_id=person,
            reason=reason,
            details=details or {},
        )
    )


async def once(act: Act, mutation: str, key: str, asked: BaseModel, run: Callable[[], Awaitable[int]]) -> int:
    """Run what is asked unless this principal ran it under the same key before; the key of the changed row.

    The key is claimed before the work, so that of two that come at the same moment one waits for the other.
    Raises `KeyReused` when the same key came with other arguments. A refusal rolls the claim back.
    """
    principal = act.actor.principal
    sha256 = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    claimed = await act.db.execute(
        insert(CommandKeyRow)
        .values(principal=principal, mutation=mutation, client_key=key, asked_sha256=sha256, used_at=act.now)
        .on_conflict_do_nothing()
    )
    mine = (
        (col(CommandKeyRow.principal) == principal)
        & (col(CommandKeyRow.mutation) == mutation)
        & (col(CommandKeyRow.client_key) == key)
    )
    if claimed:
        result = await run()
        await act.db.execute(sa.update(CommandKeyRow).where(mine).values(result_id=result))
        return result
    earlier = await act.db.first(sa.select(col(CommandKeyRow.asked_sha256), col(CommandKeyRow.result_id)).where(mine))
    if earlier is None or earlier[0] != sha256 or earlier[1] is None:
        raise refusals.KeyReused("This clientMutationKey was used with other arguments.", "clientMutationKey")
    return earlier[1]
