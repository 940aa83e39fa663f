"""Tables of performance plans (SKP)."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    day,
    decimal,
    flag,
    in_order,
    key,
    number,
    one_of,
    ref,
    scope,
    sorted_text,
    text,
    todays_line,
)
from domain.indicator.facts import Aggregation, Aspect, Direction
from domain.plan.facts import Approach, PlanStatus, ResultKind


class PlanRow(SQLModel, table=True):
    """One version of a person's plan for a post and a calendar year.

    A changed plan is a new version that names the one it replaces; the old one stays, no longer active.
    """

    __tablename__ = "plan"
    __table_args__ = (
        one_of("status", PlanStatus),
        one_of("approach", Approach),
        in_order(),
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
        scope("record", decided="set_by"),
    )

    id: int = key()
    person_id: int = ref("person.id")
    position_id: int = ref("position.id", index=True)
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    year: int = number()
    version: int = number(default=1)
    status: PlanStatus = text()
    active: bool = flag()
    approach: Approach = text()
    starts_on: date = day()
    ends_on: date = day()
    set_on: date | None = day(null=True)
    set_by: int | None = ref("person.id", null=True)
    set_late: bool = flag(default=False)
    replaces_id: int | None = ref("plan.id", null=True)


class PlanResultRow(SQLModel, table=True):
    """A planned work result (rencana hasil kerja, RHK) and the leader's result that it supports."""

    __tablename__ = "plan_result"
    __table_args__ = (
        one_of("kind", ResultKind),
        sa.UniqueConstraint("plan_id", "ordinal"),
        sa.CheckConstraint("supports_id <> id", name="supports"),
        scope("record"),
    )

    id: int = key()
    plan_id: int = ref("plan.id")
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    ordinal: int = number()
    kind: ResultKind = text()
    title: str = text()
    supports_id: int | None = ref("plan_result.id", null=True, index=True)


class PlanIndicatorRow(SQLModel, table=True):
    """An individual indicator (IKI) of a planned result, with its target for the year and for TW1…TW4."""

    __tablename__ = "plan_indicator"
    __table_args__ = (
        one_of("aspect", Aspect),
        one_of("direction", Direction),
        one_of("aggregation", Aggregation),
        sa.UniqueConstraint("result_id", "ordinal"),
        scope("record"),
    )

    id: int = key()
    result_id: int = ref("plan_result.id")
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    ordinal: int = number()
    indicator_id: int | None = ref("indicator.id", null=True, index=True)
    name: str = text()
    aspect: Aspect | None = text(null=True)
    perspective: str | None = text(null=True)
    direction: Direction = text()
    measure: str = text()
    aggregation: Aggregation = text()
    target: Decimal = decimal(15, 2)
    target_q1: Decimal = decimal(15, 2)
    target_q2: Decimal = decimal(15, 2)
    target_q3: Decimal = decimal(15, 2)
    target_q4: Decimal = decimal(15, 2)
