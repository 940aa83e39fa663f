"""Rows of units, posts and the indicator catalogue."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from domain.indicator.tables import IndicatorRow
from domain.organisation.facts import Eselon, PositionLevel, PositionType, UnitKind
from domain.organisation.tables import PositionIndicatorRow, PositionRow, UnitPlacementRow, UnitRow
from domain.ports import Db
from ml.synthetic.loading.frame import FOUNDING_DAY, ROOT_UNIT_KEY, LoadFrame, Row, copy_rows, find_parent_key
from ml.synthetic.people import indicators, positions
from ml.synthetic.province import PositionTypeCode as Type
from ml.synthetic.province import Province
from ml.synthetic.rng import create_random_stream

UNIT_COLUMNS: Final = ("id", "code", "name", "kind", "parent_id", "path", "depth", "starts_on")
PLACEMENT_COLUMNS: Final = ("unit_id", "parent_id", "name", "starts_on")
POSITION_COLUMNS: Final = (
    "id",
    "unit_id",
    "unit_path",
    "title",
    "type",
    "level",
    "eselon",
    "executor_class",
    "job_class",
    "need",
    "structural",
    "family",
    "starts_on",
)
INDICATOR_COLUMNS: Final = ("id", "code", "name", "aspect", "direction", "measure", "source")
POSITION_INDICATOR_COLUMNS: Final = ("position_id", "indicator_id", "ordinal")

PROVINCE_NAME: Final = "Pemerintah Provinsi Daerah Khusus Jakarta"
KINDS_BY_PREFIX: Final = (
    ("Suku Dinas", UnitKind.SUKU_DINAS),
    ("Suku Badan", UnitKind.SUKU_BADAN),
    ("Kecamatan", UnitKind.KECAMATAN),
    ("Kelurahan", UnitKind.KELURAHAN),
    ("Puskesmas", UnitKind.PUSKESMAS),
    ("RSUD", UnitKind.RUMAH_SAKIT),
    ("SD ", UnitKind.SEKOLAH),
    ("SMP ", UnitKind.SEKOLAH),
    ("SMA ", UnitKind.SEKOLAH),
    ("SMK ", UnitKind.SEKOLAH),
    ("Bidang", UnitKind.BIDANG),
    ("Inspektur", UnitKind.BIDANG),
    ("Pusat", UnitKind.BIDANG),
    ("Biro", UnitKind.BIRO),
    ("Bagian", UnitKind.BAGIAN),
    ("Sekretariat", UnitKind.BAGIAN),
    ("Tata Usaha", UnitKind.BAGIAN),
    ("Kantor", UnitKind.BAGIAN),
)
"""Kind of a subunit by the beginning of its name; any other is a UPT."""
ESELON_BY_TYPE: Final = {Type.ADMINISTRATOR: Eselon.III_A, Type.PENGAWAS: Eselon.IV_A}
INDICATOR_KEYS: Final = {indicator.code: key for key, indicator in enumerate(indicators.INDICATOR_CATALOGUE, start=1)}


async def load_organisation(db: Db, frame: LoadFrame) -> None:
    """Write units with their placement, posts with their indicators, and the catalogue."""
    units = list(_build_unit_rows(frame))
    await copy_rows(db, str(UnitRow.__tablename__), UNIT_COLUMNS, units)
    placed = ((key, parent, name, FOUNDING_DAY) for key, _, name, _, parent, *_ in units)
    await copy_rows(db, str(UnitPlacementRow.__tablename__), PLACEMENT_COLUMNS, placed)
    await copy_rows(db, str(IndicatorRow.__tablename__), INDICATOR_COLUMNS, _build_indicator_rows())
    await copy_rows(db, str(PositionRow.__tablename__), POSITION_COLUMNS, _build_position_rows(frame))
    await copy_rows(
        db, str(PositionIndicatorRow.__tablename__), POSITION_INDICATOR_COLUMNS, _build_position_indicator_rows(frame)
    )


def _build_unit_rows(frame: LoadFrame) -> Iterator[Row]:
    organisation = frame.province.organisation
    yield (
        ROOT_UNIT_KEY,
        "31",
        PROVINCE_NAME,
        UnitKind.PROVINSI,
        None,
        frame.unit_paths[ROOT_UNIT_KEY],
        0,
        FOUNDING_DAY,
    )
    for index, unit in enumerate(organisation.units):
        key = ROOT_UNIT_KEY + 1 + index
        yield (
            key,
            f"31.{index + 1:02d}",
            unit.name,
            UnitKind(unit.kind),
            ROOT_UNIT_KEY,
            frame.unit_paths[key],
            1,
            FOUNDING_DAY,
        )
    for index, part in enumerate(organisation.subunits):
        key = ROOT_UNIT_KEY + 1 + len(organisation.units) + index
        path = frame.unit_paths[key]
        code = f"31.{part.unit + 1:02d}.{index + 1:04d}"
        yield (
            key,
            code,
            part.name,
            classify_subunit(part.name),
            find_parent_key(frame.province, index),
            path,
            path.count(".") - 1,
            FOUNDING_DAY,
        )


def classify_subunit(name: str) -> UnitKind:
    """Classify a subunit by its name."""
    return next((found for start, found in KINDS_BY_PREFIX if name.startswith(start)), UnitKind.UPT)


def _build_indicator_rows() -> Iterator[Row]:
    for one in indicators.INDICATOR_CATALOGUE:
        yield INDICATOR_KEYS[one.code], one.code, one.name, one.aspect, one.direction, one.measure, one.source


def _build_position_rows(frame: LoadFrame) -> Iterator[Row]:
    """Build the rows of posts, then of additional tasks, one each.

    A post needs at least as many people as hold it, here and there more.
    """
    people, titles = frame.province.people, frame.province.organisation.titles
    active = frame.province.observed.active[:, -1]
    held = np.bincount(frame.position_key[active], minlength=int(frame.position_key.max()) + 1)
    everybody = np.bincount(frame.position_key)
    lack = create_random_stream(frame.province.settings.seed, "need").random(len(held))
    _, first = np.unique(frame.position_key, return_index=True)
    for key, person in enumerate(first.tolist(), start=1):
        structural = bool(people.structural[person])
        short = 0 if structural else int(lack[key] * (1 + 0.15 * everybody[key]))
        yield _build_position_row(
            frame, key, person, titles[people.title[person]], max(int(held[key]), 1) + short, structural=structural
        )
    for person in np.flatnonzero(frame.duty_key > 0).tolist():
        yield _build_position_row(
            frame, int(frame.duty_key[person]), person, titles[people.duty[person]], 1, structural=False
        )


def _build_position_row(frame: LoadFrame, key: int, person: int, title: str, need: int, *, structural: bool) -> Row:
    people = frame.province.people
    held, level = Type(people.position_type[person]), positions.LEVELS[people.level[person]]
    node = int(frame.unit_key[person])
    executor = level if held is Type.PELAKSANA else None
    return (
        key,
        node,
        frame.unit_paths[node],
        title,
        _map_position_type(held),
        PositionLevel.PELAKSANA if executor else PositionLevel(level),
        _choose_eselon(frame.province, person) if structural else None,
        executor,
        int(people.job_class[person]),
        need,
        structural,
        positions.KINDS[people.kind[person]],
        FOUNDING_DAY,
    )


def _map_position_type(position_type: Type) -> PositionType:
    if position_type is Type.JPT:
        return PositionType.PIMPINAN_TINGGI
    return PositionType.FUNGSIONAL if position_type is Type.FUNGSIONAL else PositionType.ADMINISTRASI


def _choose_eselon(province: Province, person: int) -> Eselon:
    people = province.people
    if positions.LEVELS[people.level[person]] == "JPT_MADYA":
        return Eselon.I_B
    if people.position_type[person] == Type.JPT:
        return Eselon.II_A if people.head[person] else Eselon.II_B
    return ESELON_BY_TYPE[Type(people.position_type[person])]


def _build_position_indicator_rows(frame: LoadFrame) -> Iterator[Row]:
    _, first = np.unique(frame.position_key, return_index=True)
    for key, person in enumerate(first.tolist(), start=1):
        codes = dict.fromkeys(
            code for result in list_planned_results(frame.province, person) for code in result.indicators
        )
        for ordinal, code in enumerate(codes, start=1):
            yield key, INDICATOR_KEYS[code], ordinal


def list_planned_results(province: Province, person: int) -> tuple[indicators.PlannedResult, ...]:
    """List the planned results of a person's kind of work."""
    people = province.people
    return indicators.select_planned_results(
        province.organisation.units[people.unit[person]].sector,
        leads=bool(people.appraiser[person]),
        clerical=bool(people.position_type[person] == Type.PELAKSANA),
    )
