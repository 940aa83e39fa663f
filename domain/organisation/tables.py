"""Tables of units and positions."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    boolean_column,
    date_column,
    date_order_check,
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    no_overlap_constraint,
    search_vector_index,
    sorted_text_column,
    table_scope,
    text_column,
)
from domain.organisation.facts import Eselon, ExecutorClass, PositionLevel, PositionType, UnitKind


class UnitRow(SQLModel, table=True):
    """A unit as of today (unit organisasi, unor).

    `path` is the materialised path of its ancestors and itself, such as `1.17.230.`.
    """

    __tablename__ = "unit"
    __table_args__ = (
        enum_check("kind", UnitKind),
        date_order_check(),
        sa.CheckConstraint("path ~ '^([0-9]+[.])+$'", name="path"),
        sa.CheckConstraint("parent_id <> id", name="parent"),
        sa.Index("ix_unit__name", "name", "id"),
        search_vector_index("ix_unit__name_words", "name"),
        sa.Index("ix_unit__parent_id", "parent_id", "name", "id"),
        sa.Index("ix_unit__parent_id_path", "parent_id", "path", "id"),
        table_scope("public"),
    )

    id: int = id_column()
    code: str = sorted_text_column(unique=True)
    name: str = sorted_text_column()
    kind: UnitKind = text_column()
    parent_id: int | None = foreign_key_column("unit.id", null=True)
    path: str = sorted_text_column(unique=True)
    depth: int = integer_column()
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)


class UnitPlacementRow(SQLModel, table=True):
    """Parent and name of a unit in a period: moving a unit preserves its history."""

    __tablename__ = "unit_placement"
    __table_args__ = (
        date_order_check(),
        no_overlap_constraint("unit_id"),
        table_scope("public"),
    )

    id: int = id_column()
    unit_id: int = foreign_key_column("unit.id")
    parent_id: int | None = foreign_key_column("unit.id", null=True, index=True)
    name: str = text_column()
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)


class PositionRow(SQLModel, table=True):
    """A position in a unit's job map (jabatan dalam peta jabatan).

    `need` is the number of people required; as many may hold it.
    """

    __tablename__ = "position"
    __table_args__ = (
        enum_check("type", PositionType),
        enum_check("level", PositionLevel),
        enum_check("eselon", Eselon),
        enum_check("executor_class", ExecutorClass),
        date_order_check(),
        sa.CheckConstraint("job_class BETWEEN 1 AND 17", name="job_class"),
        sa.CheckConstraint("need >= 0", name="need"),
        sa.CheckConstraint("structural OR eselon IS NULL", name="eselon_is_structural"),
        sa.UniqueConstraint("id", "structural"),
        sa.Index("ix_position__title", "title", "id"),
        search_vector_index("ix_position__title_words", "title"),
        sa.Index("ix_position__unit_id", "unit_id", "title", "id"),
        sa.Index("ix_position__unit_path", "unit_path", "id"),
        table_scope("public"),
    )

    id: int = id_column()
    unit_id: int = foreign_key_column("unit.id")
    unit_path: str = sorted_text_column()
    title: str = sorted_text_column()
    type: PositionType = text_column()
    level: PositionLevel = text_column()
    eselon: Eselon | None = text_column(null=True)
    executor_class: ExecutorClass | None = text_column(null=True)
    job_class: int = integer_column()
    need: int = integer_column()
    structural: bool = boolean_column()
    family: str = sorted_text_column()
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)


class PositionIndicatorRow(SQLModel, table=True):
    """An indicator measuring the work of a position."""

    __tablename__ = "position_indicator"
    __table_args__ = (
        sa.UniqueConstraint("position_id", "indicator_id"),
        table_scope("public"),
    )

    id: int = id_column()
    position_id: int = foreign_key_column("position.id")
    indicator_id: int = foreign_key_column("indicator.id", index=True)
    ordinal: int = integer_column()
