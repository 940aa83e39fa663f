"""Table of the business date."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import date_column, table_scope


class BusinessDateRow(SQLModel, table=True):
    """The single business date; null stands for the real day in Asia/Jakarta.

    The demo sets and moves it.
    """

    __tablename__ = "business_date"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"), table_scope("system"))

    id: int = Field(default=1, sa_type=sa.Integer, primary_key=True)
    today: date | None = date_column(null=True)
