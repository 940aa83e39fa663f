"""Audit trail: an entry for each change, written in the transaction of the change."""

from typing import Any, Final

import sqlalchemy as sa

from domain.audit.tables import AuditEntryRow
from domain.ports import CommandContext

_INSERT_AUDIT_ENTRY: Final = sa.insert(AuditEntryRow)


def write_audit_entry(
    context: CommandContext,
    action: str,
    subject: tuple[str, int],
    *,
    person_id: int | None = None,
    unit_path: str | None = None,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write an audit entry in the transaction of the change.

    `subject` is the table and key of the changed row, `person_id` the person concerned, and `unit_path` their unit,
    or the part of the tree concerned; without one it is the actor's own.
    """
    entry = {
        "at": context.now,
        "principal": context.actor.principal,
        "actor_id": context.actor.person_id,
        "action": action,
        "subject": subject[0],
        "subject_id": subject[1],
        "person_id": person_id,
        "unit_path": context.actor.unit_path if unit_path is None else unit_path,
        "reason": reason,
        "details": details or {},
        "origin": context.origin,
    }
    context.db.execute_deferred(_INSERT_AUDIT_ENTRY, entry)
    if person_id is not None:
        context.audited_person_ids.add(person_id)
