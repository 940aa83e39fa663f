"""Units, positions and the indicators by which posts are measured."""

from datetime import date
from typing import TYPE_CHECKING

from domain.indicator.facts import Aspect, Direction
from domain.indicator.tables import IndicatorRow
from domain.organisation import rules
from domain.organisation.facts import Eselon, ExecutorClass, PositionLevel, PositionType, UnitKind
from domain.organisation.tables import PositionIndicatorRow, PositionRow, UnitRow
from domain.people.tables import PersonRow
from domain.summary.tables import UnitSummaryRow
from resolvers.graph.declarations import (
    ID,
    Connection,
    MatchKind,
    Node,
    bounded_list,
    computed_field,
    connection,
    expression,
    filter_field,
    filter_input,
    key_input,
    node,
    order_enum,
    row_type,
    single_row,
)
from resolvers.reads import organisation as reads
from resolvers.reads import summary as summaries
from schema import people
from schema.summary import UnitSummary

if TYPE_CHECKING:
    from schema.people import Person


@filter_input(UnitRow)
class UnitWhere:
    """Which units to list; all that is given must hold."""

    kind: UnitKind | None = filter_field(UnitRow.kind, MatchKind.EQUALS)
    """Of this kind (jenis)."""
    parent: ID | None = filter_field(UnitRow.parent_id, MatchKind.REFERENCE)
    """Directly below this unit."""
    under: ID | None = filter_field(UnitRow.path, MatchKind.UNDER, path_column=UnitRow.path)
    """At or below this unit."""
    name: str | None = filter_field(reads.UNIT_WORDS, MatchKind.WORDS)
    """Words of the name, each by its beginning."""


@key_input(UnitRow)
class UnitBy:
    """Which unit."""

    id: ID | None
    """The one of this global ID."""
    code: str | None
    """The one of this code in the province's own register (kode unit)."""


@order_enum(UnitRow)
class UnitOrder:
    """Orders of a list of units."""

    NAME = reads.UNIT_NAME
    """By name (nama)."""
    TREE = reads.UNIT_PATH
    """Each unit before those below it."""


@filter_input(PositionRow)
class PositionWhere:
    """Which positions to list; all that is given must hold."""

    unit: ID | None = filter_field(PositionRow.unit_path, MatchKind.UNDER, path_column=UnitRow.path)
    """In this unit or below."""
    type: PositionType | None = filter_field(PositionRow.type, MatchKind.EQUALS)
    """Of this type (jenis jabatan)."""
    level: PositionLevel | None = filter_field(PositionRow.level, MatchKind.EQUALS)
    """Of this level (jenjang)."""
    structural: bool | None = filter_field(PositionRow.structural, MatchKind.EQUALS)
    """Structural posts only, or the others only."""
    title: str | None = filter_field(reads.TITLE_WORDS, MatchKind.WORDS)
    """Words of the title, each by its beginning."""


@order_enum(PositionRow)
class PositionOrder:
    """Orders of a list of positions."""

    TITLE = reads.POSITION_TITLE
    """By title (nama jabatan)."""


@key_input(IndicatorRow)
class IndicatorBy:
    """Which indicator."""

    id: ID | None
    """The one of this global ID."""
    code: str | None
    """The one of this code in the catalogue (kode)."""


@order_enum(IndicatorRow)
class IndicatorOrder:
    """Orders of a list of indicators."""

    NAME = reads.INDICATOR_NAME
    """By name."""


@node(UnitRow, "un")
class Unit(Node):
    """A unit of the province as it stands today (unit organisasi, unor)."""

    code: str
    """Code in the province's own register (kode unit)."""
    name: str
    """Official name (nama unit)."""
    kind: UnitKind
    """Kind (jenis perangkat daerah atau unit kerja)."""
    starts_on: date
    """First day (terhitung mulai tanggal)."""
    ends_on: date | None
    """Last day, if it has one."""
    parent: "Unit | None" = single_row(UnitRow.parent_id)
    """The unit that it belongs to (unit atasan)."""
    units: "Connection[Unit]" = connection(UnitRow.parent_id, order_enum=UnitOrder, default_order=UnitOrder.NAME)
    """Units directly below (unit bawahan)."""
    positions: "Connection[Position]" = connection(
        PositionRow.unit_id, order_enum=PositionOrder, default_order=PositionOrder.TITLE
    )
    """Posts of its job map (peta jabatan)."""
    people: "Connection[Person]" = connection(
        PersonRow.unit_id, order_enum=people.PersonOrder, default_order=people.PersonOrder.NAME
    )
    """People who work in the unit itself, of those whom you may see (pegawai)."""
    summary: UnitSummary | None = single_row(
        UnitSummaryRow.unit_id,
        order=summaries.NEWEST,
        predicate=summaries.PUBLISHED_SUBTREE,
        no_index_reason=summaries.FEW_ROWS_REASON,
    )
    """Counts of all people in the unit and below, as last published, for whom it is his to see (rekapitulasi)."""
    own_summary: UnitSummary | None = single_row(
        UnitSummaryRow.unit_id,
        order=summaries.NEWEST,
        predicate=summaries.PUBLISHED_UNIT_ITSELF,
        no_index_reason=summaries.FEW_ROWS_REASON,
    )
    """The same of those who work in the unit itself, so that parts and whole can be compared."""


@node(IndicatorRow, "in")
class Indicator(Node):
    """An indicator of the catalogue (indikator kinerja individu, IKI)."""

    code: str
    """Code in the catalogue (kode)."""
    name: str
    """What is measured, as an outcome or output (indikator)."""
    aspect: Aspect
    """Aspect that it measures (aspek)."""
    direction: Direction
    """Which way is better."""
    measure: str
    """Unit of measure (satuan)."""
    source: str
    """Where the data come from (sumber data)."""


@row_type(PositionIndicatorRow)
class PositionIndicator:
    """An indicator by which the work of a post is measured."""

    ordinal: int
    """Place in the post's list, from 1."""
    indicator: Indicator | None = single_row(PositionIndicatorRow.indicator_id)
    """The indicator."""


@node(PositionRow, "po")
class Position(Node):
    """A post in a unit's job map, held by as many people as it has need (jabatan)."""

    title: str
    """Title (nama jabatan)."""
    type: PositionType
    """Type (jenis jabatan)."""
    level: PositionLevel
    """Level (jenjang)."""
    eselon: Eselon | None
    """Legacy rank of a structural post (eselon)."""
    executor_class: ExecutorClass | None
    """Class of an executor's post (klasifikasi pelaksana)."""
    job_class: int
    """Job class from job evaluation, 1 to 17 (kelas jabatan)."""
    structural: bool
    """Whether it is a structural post, which one person holds at a time (jabatan struktural)."""
    need: int
    """People needed, from workload analysis (kebutuhan)."""
    holders: int = expression(reads.HOLDER_COUNT, nullable=False)
    """People who hold it definitively today (bezetting)."""
    gap: int = computed_field(rules.staffing_gap, PositionRow.need, reads.HOLDER_COUNT)
    """Need less holders: positive is short, negative over (selisih)."""
    starts_on: date
    """First day (terhitung mulai tanggal)."""
    ends_on: date | None
    """Last day, if it has one."""
    unit: Unit | None = single_row(PositionRow.unit_id)
    """The unit whose job map has it (unit kerja)."""
    indicators: list[PositionIndicator] = bounded_list(
        PositionIndicatorRow.position_id,
        order=reads.POSITION_INDICATORS,
        max_rows=20,
        no_index_reason="a post is measured by a handful of indicators of the catalogue",
    )
    """Indicators by which its work is measured."""
    people: "Connection[Person]" = connection(
        PersonRow.position_id, order_enum=people.PersonOrder, default_order=people.PersonOrder.NAME
    )
    """People who hold it today, of those whom you may see."""
