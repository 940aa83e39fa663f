"""Tables of what was done and what was asked before."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import document, instant, key, ref, scope, sorted_text, text


class AuditEntryRow(SQLModel, table=True):
    """Who did what, to whom, why; written in the transaction of what was done and never changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry__person_id", "person_id", "id"), scope("system"))

    id: int = key()
    at: datetime = instant()
    principal: str = text()
    actor_id: int | None = ref("person.id", null=True)
    action: str = text()
    subject: str = text()
    subject_id: int = Field(sa_type=sa.BigInteger)
    person_id: int | None = ref("person.id", null=True)
    reason: str | None = text(null=True)
    details: Any = document()


class CommandKeyRow(SQLModel, table=True):
    """A `clientMutationKey` that was used: the hash of what was asked, and the key of what came of it."""

    __tablename__ = "command_key"
    __table_args__ = (scope("system"),)

    principal: str = sorted_text(primary=True)
    mutation: str = sorted_text(primary=True)
    client_key: str = sorted_text(primary=True)
    asked_sha256: str = text()
    result_id: int | None = Field(default=None, sa_type=sa.BigInteger)
    used_at: datetime = instant()
