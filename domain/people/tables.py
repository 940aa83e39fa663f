"""Tables of people, the posts they hold and their appraisers."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    day,
    flag,
    in_order,
    instant,
    key,
    number,
    one_at_a_time,
    one_of,
    ref,
    scope,
    sorted_text,
    stored_words,
    text,
    todays_line,
)
from domain.people.facts import Employment, IncumbencyKind, Sex


class PersonRow(SQLModel, table=True):
    """A civil servant (pegawai ASN), with the unit, post and appraiser of today.

    The id is no NIP: a PPPK who changes agency gets a new number and stays the same person (R-NIP-05).
    """

    __tablename__ = "person"
    __table_args__ = (
        one_of("employment", Employment),
        sa.CheckConstraint("nip ~ '^[0-9]{18}$'", name="nip"),
        sa.CheckConstraint("appraiser_id <> id", name="appraiser"),
        sa.CheckConstraint("left_on >= joined_on", name="in_order"),
        sa.Index("ix_person__name", "name", "id"),
        sa.Index("ix_person__unit_path", "unit_path", "id"),
        sa.Index("ix_person__unit_id", "unit_id", "name", "id"),
        sa.Index("ix_person__position_id", "position_id", "name", "id"),
        sa.Index("ix_person__appraiser_id", "appraiser_id", "name", "id"),
        sa.Index("ix_person__name_words", "name_words", postgresql_using="gin"),
        scope("register"),
    )

    id: int = key()
    nip: str = sorted_text(unique=True)
    name: str = sorted_text()
    employment: Employment = text()
    rank: str | None = text(null=True)
    position_id: int | None = ref("position.id", null=True)
    unit_id: int | None = ref("unit.id", null=True)
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = ref("person.id", null=True)
    joined_on: date = day()
    left_on: date | None = day(null=True)
    name_words: Any = stored_words("name")


class PersonAttributeRow(SQLModel, table=True):
    """What is kept for the fairness audit alone, apart from the person and never shown."""

    __tablename__ = "person_attribute"
    __table_args__ = (one_of("sex", Sex), scope("nobody"))

    person_id: int = ref("person.id", primary=True)
    sex: Sex = text()
    born_on: date = day()
    disability: bool = flag()


class IncumbencyRow(SQLModel, table=True):
    """That a person holds a post in a period (riwayat jabatan), and by which decree."""

    __tablename__ = "incumbency"
    __table_args__ = (
        one_of("kind", IncumbencyKind),
        in_order(),
        sa.ForeignKeyConstraint(["position_id", "structural"], ["position.id", "position.structural"]),
        one_at_a_time("position_id", where="kind = 'D' AND structural"),
        sa.Index("ix_incumbency__person_id", "person_id", "starts_on", "id"),
        sa.Index("ix_incumbency__position_id", "position_id", "starts_on", "id"),
        scope("register"),
    )

    id: int = key()
    person_id: int = ref("person.id")
    position_id: int = ref("position.id")
    structural: bool = flag()
    kind: IncumbencyKind = text()
    starts_on: date = day()
    ends_on: date | None = day(null=True)
    decree: str | None = text(null=True)
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()


class AppraiserLineRow(SQLModel, table=True):
    """Who appraises a person in a period (pejabat penilai kinerja); `todays_appraiser_id` does so today."""

    __tablename__ = "appraiser_line"
    __table_args__ = (
        in_order(),
        sa.CheckConstraint("person_id <> appraiser_id", name="nobody_appraises_himself"),
        one_at_a_time("person_id"),
        sa.Index("ix_appraiser_line__person_id", "person_id", "starts_on", "id"),
        sa.Index("ix_appraiser_line__appraiser_id", "appraiser_id", "starts_on", "id"),
        scope("register", line="todays_appraiser_id"),
    )

    id: int = key()
    person_id: int = ref("person.id")
    appraiser_id: int = ref("person.id")
    starts_on: date = day()
    ends_on: date | None = day(null=True)
    unit_path: str | None = sorted_text(null=True)
    todays_appraiser_id: int | None = todays_line()


class DelegationRow(SQLModel, table=True):
    """That an appraiser's line is another's in a period (pelaksana harian, Plh).

    It holds on each of its days until it is ended early. `unit_path` is the appraiser's of today.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        in_order(),
        sa.CheckConstraint("delegate_id <> appraiser_id", name="nobody_stands_in_for_himself"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        one_at_a_time("appraiser_id", where="ended_at IS NULL"),
        sa.Index("ix_delegation__appraiser_id", "appraiser_id", "starts_on", "id"),
        sa.Index("ix_delegation__delegate_id", "delegate_id", "starts_on", "id"),
        scope("delegation", person="appraiser_id"),
    )

    id: int = key()
    appraiser_id: int = ref("person.id")
    delegate_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    starts_on: date = day()
    ends_on: date = day()
    reason: str = text()
    decided_by: int = ref("person.id")
    decided_at: datetime = instant()
    ended_by: int | None = ref("person.id", null=True)
    ended_at: datetime | None = instant(null=True)
    version: int = number(default=1)
