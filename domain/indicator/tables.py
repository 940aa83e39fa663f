"""Tables of the indicator catalogue and of quarterly monitoring."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
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
from domain.indicator.facts import Aspect, Direction


class IndicatorRow(SQLModel, table=True):
    """An indicator of the catalogue (indikator kinerja individu): measure, unit and direction."""

    __tablename__ = "indicator"
    __table_args__ = (
        enum_check("aspect", Aspect),
        enum_check("direction", Direction),
        sa.Index("ix_indicator__name", "name", "id"),
        table_scope("public"),
    )

    id: int = id_column()
    code: str = sorted_text_column(unique=True)
    name: str = sorted_text_column()
    aspect: Aspect = text_column()
    direction: Direction = text_column()
    measure: str = text_column()
    source: str = text_column()


class MonitoringRow(SQLModel, table=True):
    """Quarterly monitoring of a person: progress, daily reports and attendance.

    It comes from the systems of record. `activity` is the mean number of daily log entries per day; `…_last_month`
    counts the quarter's last month alone; null means "not known", never zero. `recorded_on`, the business date,
    decides if a row was known at a cut-off.
    """

    __tablename__ = "monitoring"
    __table_args__ = (
        date_order_check(),
        sa.UniqueConstraint("person_id", "starts_on"),
        table_scope("record"),
    )

    id: int = id_column()
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    starts_on: date = date_column()
    ends_on: date = date_column()
    progress_percent: Decimal | None = numeric_column(5, 2, null=True)
    late_days: int | None = integer_column(null=True)
    late_days_last_month: int | None = integer_column(null=True)
    absent_days: int | None = integer_column(null=True)
    activity: Decimal | None = numeric_column(7, 2, null=True)
    activity_last_month: Decimal | None = numeric_column(7, 2, null=True)
    recorded_on: date = date_column()
