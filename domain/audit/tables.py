"""Tables of who looked, and of the seals."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from domain.actor import Role
from domain.audit.facts import Looked
from domain.columns import THIS_TRANSACTION, day, instant, key, number, one_of, ref, scope, sorted_text, text


class AccessEntryRow(SQLModel, table=True):
    """An answer that showed others' records: who asked, for whose; written before it left and never changed.

    No index but its key, which is the order in which rows are sealed, and no reference: a row is written for each
    such answer, and outlives whom it names.
    """

    __tablename__ = "access_entry"
    __table_args__ = (one_of("role", Role), scope("system"))

    xid: int = Field(
        default=None,
        sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False, server_default=THIS_TRANSACTION),
    )
    id: int = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True))
    at: datetime = instant()
    principal: str = text()
    actor_id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, nullable=True))
    role: Role = text()
    risk: list[int] = Field(sa_column=sa.Column(ARRAY(sa.BigInteger), nullable=False))
    record: list[int] = Field(sa_column=sa.Column(ARRAY(sa.BigInteger), nullable=False))
    operation: str | None = text(null=True)
    sha256: str = text()
    origin: str = text()


class AuditSealRow(SQLModel, table=True):
    """A stretch of the chain: the rows in their order, the head over all before it, and its signature.

    `rows` holds table, transaction, number and link of each row, 49 bytes apiece.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (scope("system"),)

    number: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    at: datetime = instant()
    rows: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    head: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    signature: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))


class LookRow(SQLModel, table=True):
    """That somebody was shown something of a person on a day; drawn from the entries as they are sealed.

    `unit_path` is the person's, as it was then.
    """

    __tablename__ = "look"
    __table_args__ = (
        one_of("role", Role),
        one_of("looked", Looked),
        sa.UniqueConstraint("person_id", "seen_on", "principal", "looked"),
        sa.Index("ix_look__person_id", "person_id", "seen_on", "id"),
        sa.Index("ix_look__seen_on", "seen_on", "id"),
        scope("own"),
    )

    id: int = key()
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    principal: str = text()
    actor_id: int | None = ref("person.id", null=True)
    role: Role = text()
    looked: Looked = text()
    seen_on: date = day()
    first_at: datetime = instant()
    last_at: datetime = instant()
    times: int = number()
