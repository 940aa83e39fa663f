"""Units, positions and indicators of the province."""

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
    column,
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
    """Filter of units; all given conditions must hold."""

    kind: UnitKind | None = filter_field(UnitRow.kind, MatchKind.EQUALS)
    """Kind of unit (jenis)."""
    parent: ID | None = filter_field(UnitRow.parent_id, MatchKind.REFERENCE)
    """Unit directly above (unit atasan)."""
    under: ID | None = filter_field(UnitRow.path, MatchKind.UNDER, path_column=UnitRow.path)
    """Unit at any level above, or the unit itself."""
    name: str | None = filter_field(reads.UNIT_WORDS, MatchKind.WORDS)
    """Words of the name, each by its first letters."""


@key_input(UnitRow)
class UnitBy:
    """Key of a unit: exactly one."""

    id: ID | None
    """Global ID of the unit."""
    code: str | None
    """Code of the unit in the province's register (kode unit)."""


@order_enum(UnitRow)
class UnitOrder:
    """Orders of units."""

    NAME = reads.UNIT_NAME
    """By name (nama)."""
    TREE = reads.UNIT_PATH
    """By place in the tree, each unit before those below it."""


@filter_input(PositionRow)
class PositionWhere:
    """Filter of positions; all given conditions must hold."""

    unit: ID | None = filter_field(PositionRow.unit_path, MatchKind.UNDER, path_column=UnitRow.path)
    """Unit of the position, with all units below."""
    type: PositionType | None = filter_field(PositionRow.type, MatchKind.EQUALS)
    """Type of position (jenis jabatan)."""
    level: PositionLevel | None = filter_field(PositionRow.level, MatchKind.EQUALS)
    """Level of position (jenjang)."""
    structural: bool | None = filter_field(PositionRow.structural, MatchKind.EQUALS)
    """True for structural positions, false for all others."""
    title: str | None = filter_field(reads.TITLE_WORDS, MatchKind.WORDS)
    """Words of the title, each by its first letters."""


@key_input(PositionRow)
class PositionBy:
    """Key of a position."""

    id: ID | None
    """Global ID of the position."""


@order_enum(PositionRow)
class PositionOrder:
    """Orders of positions."""

    TITLE = reads.POSITION_TITLE
    """By title (nama jabatan)."""


@key_input(IndicatorRow)
class IndicatorBy:
    """Key of an indicator: exactly one."""

    id: ID | None
    """Global ID of the indicator."""
    code: str | None
    """Code of the indicator in the catalogue (kode)."""


@order_enum(IndicatorRow)
class IndicatorOrder:
    """Orders of indicators."""

    NAME = reads.INDICATOR_NAME
    """By name (indikator)."""


@node(UnitRow, "un")
class Unit(Node):
    """Organisational unit of the province (unit organisasi, unor)."""

    code: str
    """Code in the province's register (kode unit)."""
    name: str
    """Official name (nama unit)."""
    kind: UnitKind
    """Kind of unit (jenis perangkat daerah atau unit kerja)."""
    starts_on: date
    """First day of the unit (terhitung mulai tanggal)."""
    ends_on: date | None
    """Last day of the unit; null if open."""
    parent: "Unit | None" = single_row(UnitRow.parent_id)
    """Unit directly above; null for the root (unit atasan)."""
    units: "Connection[Unit]" = connection(UnitRow.parent_id, order_enum=UnitOrder, default_order=UnitOrder.NAME)
    """Units directly below (unit bawahan)."""
    positions: "Connection[Position]" = connection(
        PositionRow.unit_id, order_enum=PositionOrder, default_order=PositionOrder.TITLE
    )
    """Positions of the unit (peta jabatan)."""
    people: "Connection[Person]" = connection(
        PersonRow.unit_id, order_enum=people.PersonOrder, default_order=people.PersonOrder.NAME
    )
    """People of the unit itself, within your scope (pegawai)."""
    summary: UnitSummary | None = single_row(
        UnitSummaryRow.unit_id,
        order=summaries.NEWEST,
        predicate=summaries.PUBLISHED_SUBTREE,
        no_index_reason=summaries.FEW_ROWS_REASON,
    )
    """Latest published counts of the unit with all units below; null outside your scope (rekapitulasi)."""
    own_summary: UnitSummary | None = single_row(
        UnitSummaryRow.unit_id,
        order=summaries.NEWEST,
        predicate=summaries.PUBLISHED_UNIT_ITSELF,
        no_index_reason=summaries.FEW_ROWS_REASON,
    )
    """Latest published counts of the unit itself, without the units below; null outside your scope."""


@node(IndicatorRow, "in")
class Indicator(Node):
    """Indicator of the catalogue (indikator kinerja individu, IKI)."""

    code: str
    """Code in the catalogue (kode)."""
    name: str
    """Name of the indicator, worded as an outcome or output (indikator)."""
    aspect: Aspect
    """Aspect of performance (aspek)."""
    direction: Direction
    """Direction of improvement."""
    measure: str
    """Unit of measure (satuan)."""
    data_source: str = column(IndicatorRow.source)
    """Source of the data (sumber data)."""


@row_type(PositionIndicatorRow)
class PositionIndicator:
    """Indicator of a position's work."""

    ordinal: int
    """Position within the list, from 1."""
    indicator: Indicator = single_row(PositionIndicatorRow.indicator_id)
    """Indicator of the catalogue."""


@node(PositionRow, "po")
class Position(Node):
    """Position of a unit, with one or more holders (jabatan)."""

    title: str
    """Title of the position (nama jabatan)."""
    type: PositionType
    """Type of position (jenis jabatan)."""
    level: PositionLevel
    """Level of position (jenjang)."""
    eselon: Eselon | None
    """Echelon of a structural position; null for all others (eselon)."""
    executor_class: ExecutorClass | None
    """Class of an executor's position; null for all others (klasifikasi pelaksana)."""
    job_class: int
    """Job class from job evaluation, 1 to 17 (kelas jabatan)."""
    structural: bool
    """True for a structural position, with one holder at a time (jabatan struktural)."""
    need: int
    """Number of people needed, from workload analysis (kebutuhan)."""
    holders: int = expression(reads.HOLDER_COUNT, nullable=False)
    """Number of definitive holders today (bezetting)."""
    gap: int = computed_field(rules.staffing_gap, PositionRow.need, reads.HOLDER_COUNT)
    """Need minus holders: positive for a shortage, negative for a surplus (selisih)."""
    starts_on: date
    """First day of the position (terhitung mulai tanggal)."""
    ends_on: date | None
    """Last day of the position; null if open."""
    unit: Unit = single_row(PositionRow.unit_id)
    """Unit of the position (unit kerja)."""
    indicators: list[PositionIndicator] = bounded_list(
        PositionIndicatorRow.position_id,
        order=reads.POSITION_INDICATORS,
        max_rows=20,
        no_index_reason="a post is measured by a handful of indicators of the catalogue",
    )
    """Indicators of the position's work (IKI)."""
    people: "Connection[Person]" = connection(
        PersonRow.position_id, order_enum=people.PersonOrder, default_order=people.PersonOrder.NAME
    )
    """Holders of the position today, within your scope (pegawai)."""
