"""The table of figures that a regulation fixes."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import SQLModel

from domain.columns import day, document, in_order, key, scope, sorted_text, text


class ParameterRow(SQLModel, table=True):
    """The value of a figure in a period, and where it comes from; a new regulation is a new row."""

    __tablename__ = "parameter"
    __table_args__ = (
        in_order(),
        ExcludeConstraint(
            (sa.text("int4range(hashtext(code), hashtext(code), '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            name="one_at_a_time",
            using="gist",
        ),
        scope("public"),
    )

    id: int = key()
    code: str = sorted_text()
    value: Any = document()
    regulation: str = text()
    starts_on: date = day()
    ends_on: date | None = day(null=True)
