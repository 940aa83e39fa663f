"""Tables of the audit trail, of views of personal records, and of the seals over both."""

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
    """An entry of the audit trail; written in the transaction of the change and never changed.

    `unit_path` is the path of the person concerned, as of then: it is sealed, and follows nobody. `origin` is the id
    and the address of the request.
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
    """An answer with others' records: viewer and people; written before it left and never changed.

    No index but its key, the order of sealing, and no reference: a row is written for each
    such answer, and outlives the people named.
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
    """A stretch of the chain: the rows in their order, the head over all before it, and its signature.

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
    """A view of a person by somebody on a day; drawn from the entries at their sealing.

    `unit_path` is the person's, as it was then.
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
