"""Tables of published unit summaries: counts without disclosure about a person."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import (
    boolean_column,
    date_column,
    date_order_check,
    foreign_key_column,
    id_column,
    integer_column,
    sorted_text_column,
    table_scope,
    timestamp_column,
)

COUNTS = (
    "headcount",
    "sangat_baik",
    "baik",
    "butuh_perbaikan",
    "kurang",
    "sangat_kurang",
    "not_evaluated",
    "high",
    "elevated",
    "low",
    "unknown",
    "passed",
    "attended",
    "assigned",
    "waiting",
    "absent",
    "untrained",
)
"""The columns of counts; null is a suppressed count."""


class SummaryRow(SQLModel, table=True):
    """A publication: all units at one cut-off, protected together.

    There is one per quarter, and it never changes.
    """

    __tablename__ = "summary"
    __table_args__ = (date_order_check(), sa.UniqueConstraint("starts_on"), table_scope("public"))

    id: int = id_column()
    cutoff_on: date = date_column()
    starts_on: date = date_column()
    ends_on: date = date_column()
    year: int = integer_column()
    run_id: int | None = foreign_key_column("scoring_run.id", null=True)
    published_at: datetime = timestamp_column()


class PublishedSummaryRow(SQLModel, table=True):
    """The published summary: the pointer to the publication shown."""

    __tablename__ = "published_summary"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"), table_scope("public"))

    id: int = Field(default=1, sa_type=sa.Integer, primary_key=True)
    summary_id: int = foreign_key_column("summary.id")


class UnitSummaryRow(SQLModel, table=True):
    """Published counts of a unit with all below it, or (`own`) of its own staff.

    Suppressed counts are not stored, so no later fault can show them.
    """

    __tablename__ = "unit_summary"
    __table_args__ = (
        date_order_check(),
        *(sa.CheckConstraint(f"{name} = 0 OR {name} >= 5", name=name) for name in COUNTS),
        sa.UniqueConstraint("unit_id", "own", "summary_id"),
        sa.Index("ix_unit_summary__unit_path", "unit_path", "id"),
        table_scope("summary"),
    )

    id: int = id_column()
    summary_id: int = foreign_key_column("summary.id", index=True)
    unit_id: int = foreign_key_column("unit.id")
    unit_path: str = sorted_text_column()
    own: bool = boolean_column()
    cutoff_on: date = date_column()
    starts_on: date = date_column()
    ends_on: date = date_column()
    year: int = integer_column()
    headcount: int | None = integer_column(null=True)
    sangat_baik: int | None = integer_column(null=True)
    baik: int | None = integer_column(null=True)
    butuh_perbaikan: int | None = integer_column(null=True)
    kurang: int | None = integer_column(null=True)
    sangat_kurang: int | None = integer_column(null=True)
    not_evaluated: int | None = integer_column(null=True)
    high: int | None = integer_column(null=True)
    elevated: int | None = integer_column(null=True)
    low: int | None = integer_column(null=True)
    unknown: int | None = integer_column(null=True)
    passed: int | None = integer_column(null=True)
    attended: int | None = integer_column(null=True)
    assigned: int | None = integer_column(null=True)
    waiting: int | None = integer_column(null=True)
    absent: int | None = integer_column(null=True)
    untrained: int | None = integer_column(null=True)
