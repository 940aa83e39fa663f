"""Tables of the indicator catalogue and of what is monitored each quarter."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import day, decimal, in_order, key, number, one_of, ref, scope, sorted_text, text, todays_line
from domain.indicator.facts import Aspect, Direction


class IndicatorRow(SQLModel, table=True):
    """An indicator of the catalogue (indikator kinerja individu): what is counted, in what, which way."""

    __tablename__ = "indicator"
    __table_args__ = (
        one_of("aspect", Aspect),
        one_of("direction", Direction),
        sa.Index("ix_indicator__name", "name", "id"),
        scope("public"),
    )

    id: int = key()
    code: str = sorted_text(unique=True)
    name: str = sorted_text()
    aspect: Aspect = text()
    direction: Direction = text()
    measure: str = text()
    source: str = text()


class MonitoringRow(SQLModel, table=True):
    """What the systems of record know of a person's quarter: progress, daily reports, attendance.

    `activity` is the mean number of entries of the daily log a day; `…_last_month` the same within the quarter's last
    month; null is "not known", never zero. What was known at a cut-off is told by `recorded_on`, the business date.
    """

    __tablename__ = "monitoring"
    __table_args__ = (
        in_order(),
        sa.UniqueConstraint("person_id", "starts_on"),
        scope("record"),
    )

    id: int = key()
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    starts_on: date = day()
    ends_on: date = day()
    progress_percent: Decimal | None = decimal(5, 2, null=True)
    late_days: int | None = number(null=True)
    late_days_last_month: int | None = number(null=True)
    absent_days: int | None = number(null=True)
    activity: Decimal | None = decimal(7, 2, null=True)
    activity_last_month: Decimal | None = decimal(7, 2, null=True)
    recorded_on: date = day()
