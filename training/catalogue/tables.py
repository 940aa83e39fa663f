"""The table of training programmes."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    date_column,
    date_order_check,
    enum_check,
    id_column,
    integer_column,
    numeric_column,
    sorted_text_column,
    table_scope,
    text_column,
)
from domain.risk.facts import Help
from training.catalogue.facts import ProgrammeKind


class ProgrammeRow(SQLModel, table=True):
    """A programme of training or socialisation, and the kind of driver it helps against."""

    __tablename__ = "programme"
    __table_args__ = (
        enum_check("kind", ProgrammeKind),
        enum_check("addresses", Help),
        date_order_check(),
        sa.CheckConstraint("jp > 0", name="jp"),
        sa.Index("ix_programme__name", "name", "id"),
        table_scope("public"),
    )

    id: int = id_column()
    code: str = sorted_text_column(unique=True)
    name: str = sorted_text_column()
    kind: ProgrammeKind = text_column()
    addresses: Help = text_column()
    jp: int = integer_column()
    organiser: str = text_column()
    description: str = text_column()
    cost_per_person: Decimal = numeric_column(15, 2)
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)
