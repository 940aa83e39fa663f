"""Tables of the audit trail, access log, seals and access summary."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from domain.actor import Role
from domain.audit.facts import ViewKind
from domain.columns import (
    CURRENT_TRANSACTION_ID,
    date_column,
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    json_column,
    sorted_text_column,
    table_scope,
    text_column,
    timestamp_column,
)


class AuditEntryRow(SQLModel, table=True):
    """An audit trail entry, written in the transaction of the change and never updated.

    `unit_path` is the path of the person concerned at that time: it is sealed, and later moves do not change it.
    `origin` is the id and the address of the request.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry__person_id", "person_id", "id"),
        sa.Index("ix_audit_entry__xid", "xid", "id"),
        table_scope("audit"),
    )

    id: int = id_column()
    xid: int = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default=CURRENT_TRANSACTION_ID)
    )
    at: datetime = timestamp_column()
    principal: str = text_column()
    actor_id: int | None = foreign_key_column("person.id", null=True)
    action: str = text_column()
    subject: str = text_column()
    subject_id: int = Field(sa_type=sa.BigInteger)
    person_id: int | None = foreign_key_column("person.id", null=True)
    unit_path: str | None = sorted_text_column(null=True)
    reason: str | None = text_column(null=True)
    details: Any = json_column()
    origin: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False, server_default=""))


class AccessEntryRow(SQLModel, table=True):
    """An access log entry, written before the response leaves and never updated.

    It names the viewer and the other people shown. The primary key, in the order of sealing, is its only index, and
    it has no foreign key: a row is written for each such response, and outlives the people named.
    """

    __tablename__ = "access_entry"
    __table_args__ = (enum_check("role", Role), table_scope("system"))

    xid: int = Field(
        default=None,
        sa_column=sa.Column(
            sa.BigInteger, primary_key=True, autoincrement=False, server_default=CURRENT_TRANSACTION_ID
        ),
    )
    id: int = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True))
    at: datetime = timestamp_column()
    principal: str = text_column()
    actor_id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, nullable=True))
    role: Role = text_column()
    risk: list[int] = Field(sa_column=sa.Column(ARRAY(sa.BigInteger), nullable=False))
    record: list[int] = Field(sa_column=sa.Column(ARRAY(sa.BigInteger), nullable=False))
    operation: str | None = text_column(null=True)
    sha256: str = text_column()
    origin: str = text_column()


class AuditSealRow(SQLModel, table=True):
    """A seal: rows in chain order, the head over all so far, and its signature.

    `rows` holds table, transaction, number and link of each row, 49 bytes apiece.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (table_scope("system"),)

    number: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    at: datetime = timestamp_column()
    rows: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    head: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    signature: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))


class AccessSummaryRow(SQLModel, table=True):
    """Access summary: views of a person by a viewer on a day, derived at sealing.

    `unit_path` is the person's path at that time.
    """

    __tablename__ = "look"
    __table_args__ = (
        enum_check("role", Role),
        enum_check("looked", ViewKind),
        sa.UniqueConstraint("person_id", "seen_on", "principal", "looked"),
        sa.Index("ix_look__person_id", "person_id", "seen_on", "id"),
        sa.Index("ix_look__seen_on", "seen_on", "id"),
        table_scope("own"),
    )

    id: int = id_column()
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    principal: str = text_column()
    actor_id: int | None = foreign_key_column("person.id", null=True)
    role: Role = text_column()
    looked: ViewKind = text_column()
    seen_on: date = date_column()
    first_at: datetime = timestamp_column()
    last_at: datetime = timestamp_column()
    times: int = integer_column()
