"""Tables of what is published about units: counts that reveal nobody."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import day, flag, in_order, instant, key, number, ref, scope, sorted_text

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
"""The columns of counts; each is null where it is not shown."""


class SummaryRow(SQLModel, table=True):
    """One publication: all units at one cut-off, protected together. There is one a quarter, and it never changes."""

    __tablename__ = "summary"
    __table_args__ = (in_order(), sa.UniqueConstraint("starts_on"), scope("public"))

    id: int = key()
    cutoff_on: date = day()
    starts_on: date = day()
    ends_on: date = day()
    year: int = number()
    run_id: int | None = ref("scoring_run.id", null=True)
    published_at: datetime = instant()


class PublishedSummaryRow(SQLModel, table=True):
    """The one pointer: which publication is shown."""

    __tablename__ = "published_summary"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"), scope("public"))

    id: int = Field(default=1, sa_type=sa.Integer, primary_key=True)
    summary_id: int = ref("summary.id")


class UnitSummaryRow(SQLModel, table=True):
    """What is shown about a unit with all below it, or (`own`) about those who work in the unit itself.

    What is not shown is not kept either, so no mistake further up can show it.
    """

    __tablename__ = "unit_summary"
    __table_args__ = (
        in_order(),
        *(sa.CheckConstraint(f"{name} = 0 OR {name} >= 5", name=name) for name in COUNTS),
        sa.UniqueConstraint("unit_id", "own", "summary_id"),
        sa.Index("ix_unit_summary__unit_path", "unit_path", "id"),
        scope("summary"),
    )

    id: int = key()
    summary_id: int = ref("summary.id", index=True)
    unit_id: int = ref("unit.id")
    unit_path: str = sorted_text()
    own: bool = flag()
    cutoff_on: date = day()
    starts_on: date = day()
    ends_on: date = day()
    year: int = number()
    headcount: int | None = number(null=True)
    sangat_baik: int | None = number(null=True)
    baik: int | None = number(null=True)
    butuh_perbaikan: int | None = number(null=True)
    kurang: int | None = number(null=True)
    sangat_kurang: int | None = number(null=True)
    not_evaluated: int | None = number(null=True)
    high: int | None = number(null=True)
    elevated: int | None = number(null=True)
    low: int | None = number(null=True)
    unknown: int | None = number(null=True)
    passed: int | None = number(null=True)
    attended: int | None = number(null=True)
    assigned: int | None = number(null=True)
    waiting: int | None = number(null=True)
    absent: int | None = number(null=True)
    untrained: int | None = number(null=True)
