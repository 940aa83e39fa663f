"""Tables of performance plans (SKP)."""

from datetime import date
from decimal import Decimal

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
    numeric_column,
    sorted_text_column,
    table_scope,
    text_column,
)
from domain.indicator.facts import Aggregation, Aspect, Direction
from domain.plan.facts import Approach, PlanStatus, ResultKind


class PlanRow(SQLModel, table=True):
    """A version of a person's plan for a position and a calendar year.

    A changed plan is a new version referring to its predecessor, which stays, no longer active.
    """

    __tablename__ = "plan"
    __table_args__ = (
        enum_check("status", PlanStatus),
        enum_check("approach", Approach),
        date_order_check(),
        sa.CheckConstraint(
            "year = date_part('year', starts_on) AND year = date_part('year', ends_on)", name="one_year"
        ),
        sa.CheckConstraint("active = (status NOT IN ('DIGANTI', 'DIHENTIKAN'))", name="active"),
        sa.UniqueConstraint("person_id", "position_id", "year", "version"),
        sa.Index(
            "uq_plan__active",
            "person_id",
            "position_id",
            "year",
            unique=True,
            postgresql_where=sa.text("active"),
        ),
        sa.Index("ix_plan__person_id", "person_id", "starts_on", "id"),
        table_scope("record", decided="set_by"),
    )

    id: int = id_column()
    person_id: int = foreign_key_column("person.id")
    position_id: int = foreign_key_column("position.id", index=True)
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    year: int = integer_column()
    version: int = integer_column(default=1)
    status: PlanStatus = text_column()
    active: bool = boolean_column()
    approach: Approach = text_column()
    starts_on: date = date_column()
    ends_on: date = date_column()
    set_on: date | None = date_column(null=True)
    set_by: int | None = foreign_key_column("person.id", null=True)
    set_late: bool = boolean_column(default=False)
    replaces_id: int | None = foreign_key_column("plan.id", null=True)


class PlanResultRow(SQLModel, table=True):
    """A planned work result (rencana hasil kerja, RHK), and the leader's result it supports."""

    __tablename__ = "plan_result"
    __table_args__ = (
        enum_check("kind", ResultKind),
        sa.UniqueConstraint("plan_id", "ordinal"),
        sa.CheckConstraint("supports_id <> id", name="supports"),
        table_scope("record"),
    )

    id: int = id_column()
    plan_id: int = foreign_key_column("plan.id")
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    ordinal: int = integer_column()
    kind: ResultKind = text_column()
    title: str = text_column()
    supports_id: int | None = foreign_key_column("plan_result.id", null=True, index=True)


class PlanIndicatorRow(SQLModel, table=True):
    """An individual indicator (IKI) of a planned result.

    It has a target for the year and for each of TW1…TW4.
    """

    __tablename__ = "plan_indicator"
    __table_args__ = (
        enum_check("aspect", Aspect),
        enum_check("direction", Direction),
        enum_check("aggregation", Aggregation),
        sa.UniqueConstraint("result_id", "ordinal"),
        table_scope("record"),
    )

    id: int = id_column()
    result_id: int = foreign_key_column("plan_result.id")
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    ordinal: int = integer_column()
    indicator_id: int | None = foreign_key_column("indicator.id", null=True, index=True)
    name: str = text_column()
    aspect: Aspect | None = text_column(null=True)
    perspective: str | None = text_column(null=True)
    direction: Direction = text_column()
    measure: str = text_column()
    aggregation: Aggregation = text_column()
    target: Decimal = numeric_column(15, 2)
    target_q1: Decimal = numeric_column(15, 2)
    target_q2: Decimal = numeric_column(15, 2)
    target_q3: Decimal = numeric_column(15, 2)
    target_q4: Decimal = numeric_column(15, 2)
