"""Tables of what was done and what was asked before."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import THIS_TRANSACTION, document, instant, key, ref, scope, sorted_text, text


class AuditEntryRow(SQLModel, table=True):
    """Who did what, to whom, why, from where; written in the transaction of what was done and never changed.

    `unit_path` is that of whom it concerns, as it was then: it is sealed, and follows nobody. `origin` is the id of
    the request and the address that it came from.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry__person_id", "person_id", "id"),
        sa.Index("ix_audit_entry__xid", "xid", "id"),
        scope("audit"),
    )

    id: int = key()
    xid: int = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default=THIS_TRANSACTION)
    )
    at: datetime = instant()
    principal: str = text()
    actor_id: int | None = ref("person.id", null=True)
    action: str = text()
    subject: str = text()
    subject_id: int = Field(sa_type=sa.BigInteger)
    person_id: int | None = ref("person.id", null=True)
    unit_path: str | None = sorted_text(null=True)
    reason: str | None = text(null=True)
    details: Any = document()
    origin: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False, server_default=""))


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
