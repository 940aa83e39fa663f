"""Tables of people, their posts, appraisers and delegations."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    boolean_column,
    current_appraiser_column,
    date_column,
    date_order_check,
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    no_overlap_constraint,
    search_vector_column,
    sorted_text_column,
    table_scope,
    text_column,
    timestamp_column,
)
from domain.people.facts import Employment, IncumbencyKind, Sex


class PersonRow(SQLModel, table=True):
    """A civil servant (pegawai ASN), with the unit, post and appraiser of today.

    The id is no NIP: a PPPK moving to another agency gets a new NIP and stays the same person (R-NIP-05).
    """

    __tablename__ = "person"
    __table_args__ = (
        enum_check("employment", Employment),
        sa.CheckConstraint("nip ~ '^[0-9]{18}$'", name="nip"),
        sa.CheckConstraint("appraiser_id <> id", name="appraiser"),
        sa.CheckConstraint("left_on >= joined_on", name="in_order"),
        sa.Index("ix_person__name", "name", "id"),
        sa.Index("ix_person__unit_path", "unit_path", "id"),
        sa.Index("ix_person__unit_id", "unit_id", "name", "id"),
        sa.Index("ix_person__position_id", "position_id", "name", "id"),
        sa.Index("ix_person__appraiser_id", "appraiser_id", "name", "id"),
        sa.Index("ix_person__name_words", "name_words", postgresql_using="gin"),
        table_scope("register"),
    )

    id: int = id_column()
    nip: str = sorted_text_column(unique=True)
    name: str = sorted_text_column()
    employment: Employment = text_column()
    rank: str | None = text_column(null=True)
    position_id: int | None = foreign_key_column("position.id", null=True)
    unit_id: int | None = foreign_key_column("unit.id", null=True)
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = foreign_key_column("person.id", null=True)
    joined_on: date = date_column()
    left_on: date | None = date_column(null=True)
    name_words: Any = search_vector_column("name")


class PersonAttributeRow(SQLModel, table=True):
    """Personal attributes for the fairness audit alone, apart from the person and never shown."""

    __tablename__ = "person_attribute"
    __table_args__ = (enum_check("sex", Sex), table_scope("nobody"))

    person_id: int = foreign_key_column("person.id", primary=True)
    sex: Sex = text_column()
    born_on: date = date_column()
    disability: bool = boolean_column()


class IncumbencyRow(SQLModel, table=True):
    """Incumbency: a person's post in a period (riwayat jabatan), and its decree."""

    __tablename__ = "incumbency"
    __table_args__ = (
        enum_check("kind", IncumbencyKind),
        date_order_check(),
        sa.ForeignKeyConstraint(["position_id", "structural"], ["position.id", "position.structural"]),
        no_overlap_constraint("position_id", where="kind = 'D' AND structural"),
        sa.Index("ix_incumbency__person_id", "person_id", "starts_on", "id"),
        sa.Index("ix_incumbency__position_id", "position_id", "starts_on", "id"),
        table_scope("register"),
    )

    id: int = id_column()
    person_id: int = foreign_key_column("person.id")
    position_id: int = foreign_key_column("position.id")
    structural: bool = boolean_column()
    kind: IncumbencyKind = text_column()
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)
    decree: str | None = text_column(null=True)
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()


class AppraiserLineRow(SQLModel, table=True):
    """Appraiser assignment of a person in a period (pejabat penilai kinerja).

    `appraiser_id` is the appraiser of that period, `todays_appraiser_id` the person's appraiser today.
    """

    __tablename__ = "appraiser_line"
    __table_args__ = (
        date_order_check(),
        sa.CheckConstraint("person_id <> appraiser_id", name="nobody_appraises_himself"),
        no_overlap_constraint("person_id"),
        sa.Index("ix_appraiser_line__person_id", "person_id", "starts_on", "id"),
        sa.Index("ix_appraiser_line__appraiser_id", "appraiser_id", "starts_on", "id"),
        table_scope("register", line="todays_appraiser_id"),
    )

    id: int = id_column()
    person_id: int = foreign_key_column("person.id")
    appraiser_id: int = foreign_key_column("person.id")
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)
    unit_path: str | None = sorted_text_column(null=True)
    todays_appraiser_id: int | None = current_appraiser_column()


class DelegationRow(SQLModel, table=True):
    """Delegation of an appraiser's line to another in a period (pelaksana harian, Plh).

    It is in force on each of its days unless ended early. `unit_path` is the appraiser's unit of today.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        date_order_check(),
        sa.CheckConstraint("delegate_id <> appraiser_id", name="nobody_stands_in_for_himself"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        no_overlap_constraint("appraiser_id", where="ended_at IS NULL"),
        sa.Index("ix_delegation__appraiser_id", "appraiser_id", "starts_on", "id"),
        sa.Index("ix_delegation__delegate_id", "delegate_id", "starts_on", "id"),
        table_scope("delegation", person="appraiser_id"),
    )

    id: int = id_column()
    appraiser_id: int = foreign_key_column("person.id")
    delegate_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    starts_on: date = date_column()
    ends_on: date = date_column()
    reason: str = text_column()
    decided_by: int = foreign_key_column("person.id")
    decided_at: datetime = timestamp_column()
    ended_by: int | None = foreign_key_column("person.id", null=True)
    ended_at: datetime | None = timestamp_column(null=True)
    version: int = integer_column(default=1)
