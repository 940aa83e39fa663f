"""Table of dated regulation parameters."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import SQLModel

from domain.columns import (
    date_column,
    date_order_check,
    id_column,
    json_column,
    sorted_text_column,
    table_scope,
    text_column,
)


class ParameterRow(SQLModel, table=True):
    """The value of a parameter in a period, with its regulation.

    A new regulation is a new row.
    """

    __tablename__ = "parameter"
    __table_args__ = (
        date_order_check(),
        ExcludeConstraint(
            (sa.text("int4range(hashtext(code), hashtext(code), '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            name="one_at_a_time",
            using="gist",
        ),
        table_scope("public"),
    )

    id: int = id_column()
    code: str = sorted_text_column()
    value: Any = json_column()
    regulation: str = text_column()
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)
