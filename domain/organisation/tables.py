"""Tables of units and positions."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    day,
    flag,
    in_order,
    key,
    number,
    one_at_a_time,
    one_of,
    ref,
    scope,
    sorted_text,
    text,
    words_index,
)
from domain.organisation.facts import Eselon, ExecutorClass, PositionLevel, PositionType, UnitKind


class UnitRow(SQLModel, table=True):
    """A unit as it stands today (unit organisasi, unor); `path` is its ancestors and itself, `1.17.230.`."""

    __tablename__ = "unit"
    __table_args__ = (
        one_of("kind", UnitKind),
        in_order(),
        sa.CheckConstraint("path ~ '^([0-9]+[.])+$'", name="path"),
        sa.CheckConstraint("parent_id <> id", name="parent"),
        sa.Index("ix_unit__name", "name", "id"),
        words_index("ix_unit__name_words", "name"),
        sa.Index("ix_unit__parent_id", "parent_id", "name", "id"),
        sa.Index("ix_unit__parent_id_path", "parent_id", "path", "id"),
        scope("public"),
    )

    id: int = key()
    code: str = sorted_text(unique=True)
    name: str = sorted_text()
    kind: UnitKind = text()
    parent_id: int | None = ref("unit.id", null=True)
    path: str = sorted_text(unique=True)
    depth: int = number()
    starts_on: date = day()
    ends_on: date | None = day(null=True)


class UnitPlacementRow(SQLModel, table=True):
    """Where a unit stood in the tree, and under which name, in a period: moving a unit keeps its history."""

    __tablename__ = "unit_placement"
    __table_args__ = (
        in_order(),
        one_at_a_time("unit_id"),
        scope("public"),
    )

    id: int = key()
    unit_id: int = ref("unit.id")
    parent_id: int | None = ref("unit.id", null=True, index=True)
    name: str = text()
    starts_on: date = day()
    ends_on: date | None = day(null=True)


class PositionRow(SQLModel, table=True):
    """A post in a unit's job map (jabatan dalam peta jabatan), held by as many people as it has need."""

    __tablename__ = "position"
    __table_args__ = (
        one_of("type", PositionType),
        one_of("level", PositionLevel),
        one_of("eselon", Eselon),
        one_of("executor_class", ExecutorClass),
        in_order(),
        sa.CheckConstraint("job_class BETWEEN 1 AND 17", name="job_class"),
        sa.CheckConstraint("need >= 0", name="need"),
        sa.CheckConstraint("structural OR eselon IS NULL", name="eselon_is_structural"),
        sa.UniqueConstraint("id", "structural"),
        sa.Index("ix_position__title", "title", "id"),
        words_index("ix_position__title_words", "title"),
        sa.Index("ix_position__unit_id", "unit_id", "title", "id"),
        sa.Index("ix_position__unit_path", "unit_path", "id"),
        scope("public"),
    )

    id: int = key()
    unit_id: int = ref("unit.id")
    unit_path: str = sorted_text()
    title: str = sorted_text()
    type: PositionType = text()
    level: PositionLevel = text()
    eselon: Eselon | None = text(null=True)
    executor_class: ExecutorClass | None = text(null=True)
    job_class: int = number()
    need: int = number()
    structural: bool = flag()
    family: str = sorted_text()
    starts_on: date = day()
    ends_on: date | None = day(null=True)


class PositionIndicatorRow(SQLModel, table=True):
    """An indicator by which the work of a post is measured."""

    __tablename__ = "position_indicator"
    __table_args__ = (
        sa.UniqueConstraint("position_id", "indicator_id"),
        scope("public"),
    )

    id: int = key()
    position_id: int = ref("position.id")
    indicator_id: int = ref("indicator.id", index=True)
    ordinal: int = number()
