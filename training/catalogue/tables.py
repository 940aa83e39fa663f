"""The table of training programmes."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import day, decimal, in_order, key, number, one_of, scope, sorted_text, text
from domain.risk.facts import Help
from training.catalogue.facts import ProgrammeKind


class ProgrammeRow(SQLModel, table=True):
    """A programme of training or socialisation, and the kind of driver that it helps against."""

    __tablename__ = "programme"
    __table_args__ = (
        one_of("kind", ProgrammeKind),
        one_of("addresses", Help),
        in_order(),
        sa.CheckConstraint("jp > 0", name="jp"),
        sa.Index("ix_programme__name", "name", "id"),
        scope("public"),
    )

    id: int = key()
    code: str = sorted_text(unique=True)
    name: str = sorted_text()
    kind: ProgrammeKind = text()
    addresses: Help = text()
    jp: int = number()
    organiser: str = text()
    description: str = text()
    cost_per_person: Decimal = decimal(15, 2)
    starts_on: date = day()
    ends_on: date | None = day(null=True)
