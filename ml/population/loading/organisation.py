"""Rows of units, posts and the indicator catalogue."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from domain.indicator.tables import IndicatorRow
from domain.organisation.facts import Eselon, PositionLevel, PositionType, UnitKind
from domain.organisation.tables import PositionIndicatorRow, PositionRow, UnitPlacementRow, UnitRow
from domain.ports import Db
from ml.population import indicators, positions
from ml.population.loading.frame import FOUNDED, ROOT, Frame, Row, copy, parent_key
from ml.population.province import PositionType as Type
from ml.population.province import Province
from ml.population.streams import stream

UNIT: Final = ("id", "code", "name", "kind", "parent_id", "path", "depth", "starts_on")
PLACEMENT: Final = ("unit_id", "parent_id", "name", "starts_on")
POSITION: Final = (
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
INDICATOR: Final = ("id", "code", "name", "aspect", "direction", "measure", "source")
MEASURED_BY: Final = ("position_id", "indicator_id", "ordinal")

PROVINCE: Final = "Pemerintah Provinsi Daerah Khusus Jakarta"
KINDS: Final = (
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
"""Kind of a subunit by how its name begins; any other is a UPT."""
ESELON: Final = {Type.ADMINISTRATOR: Eselon.III_A, Type.PENGAWAS: Eselon.IV_A}
INDICATOR_KEY: Final = {indicator.code: key for key, indicator in enumerate(indicators.CATALOGUE, start=1)}


async def load(db: Db, made: Frame) -> None:
    """Write units with their placement, posts with their indicators, and the catalogue."""
    units = list(_units(made))
    await copy(db, str(UnitRow.__tablename__), UNIT, units)
    placed = ((key, parent, name, FOUNDED) for key, _, name, _, parent, *_ in units)
    await copy(db, str(UnitPlacementRow.__tablename__), PLACEMENT, placed)
    await copy(db, str(IndicatorRow.__tablename__), INDICATOR, _catalogue())
    await copy(db, str(PositionRow.__tablename__), POSITION, _posts(made))
    await copy(db, str(PositionIndicatorRow.__tablename__), MEASURED_BY, _measured_by(made))


def _units(made: Frame) -> Iterator[Row]:
    organisation = made.province.organisation
    yield ROOT, "31", PROVINCE, UnitKind.PROVINSI, None, made.paths[ROOT], 0, FOUNDED
    for index, unit in enumerate(organisation.units):
        key = ROOT + 1 + index
        yield key, f"31.{index + 1:02d}", unit.name, UnitKind(unit.kind), ROOT, made.paths[key], 1, FOUNDED
    for index, part in enumerate(organisation.subunits):
        key = ROOT + 1 + len(organisation.units) + index
        path = made.paths[key]
        code = f"31.{part.unit + 1:02d}.{index + 1:04d}"
        yield (
            key,
            code,
            part.name,
            kind(part.name),
            parent_key(made.province, index),
            path,
            path.count(".") - 1,
            FOUNDED,
        )


def kind(name: str) -> UnitKind:
    """Kind of a subunit."""
    return next((found for start, found in KINDS if name.startswith(start)), UnitKind.UPT)


def _catalogue() -> Iterator[Row]:
    for one in indicators.CATALOGUE:
        yield INDICATOR_KEY[one.code], one.code, one.name, one.aspect, one.direction, one.measure, one.source


def _posts(made: Frame) -> Iterator[Row]:
    """Posts with need at least as many as hold them, here and there more; then additional tasks, one each."""
    people, titles = made.province.people, made.province.organisation.titles
    active = made.province.observed.active[:, -1]
    held = np.bincount(made.position[active], minlength=int(made.position.max()) + 1)
    everybody = np.bincount(made.position)
    lack = stream(made.province.settings.seed, "need").random(len(held))
    _, first = np.unique(made.position, return_index=True)
    for key, person in enumerate(first.tolist(), start=1):
        structural = bool(people.structural[person])
        short = 0 if structural else int(lack[key] * (1 + 0.15 * everybody[key]))
        yield _post(
            made, key, person, titles[people.title[person]], max(int(held[key]), 1) + short, structural=structural
        )
    for person in np.flatnonzero(made.duty > 0).tolist():
        yield _post(made, int(made.duty[person]), person, titles[people.duty[person]], 1, structural=False)


def _post(made: Frame, key: int, person: int, title: str, need: int, *, structural: bool) -> Row:
    people = made.province.people
    held, level = Type(people.position_type[person]), positions.LEVELS[people.level[person]]
    node = int(made.node[person])
    executor = level if held is Type.PELAKSANA else None
    return (
        key,
        node,
        made.paths[node],
        title,
        _type(held),
        PositionLevel.PELAKSANA if executor else PositionLevel(level),
        _eselon(made.province, person) if structural else None,
        executor,
        int(people.job_class[person]),
        need,
        structural,
        positions.KINDS[people.kind[person]],
        FOUNDED,
    )


def _type(held: Type) -> PositionType:
    if held is Type.JPT:
        return PositionType.PIMPINAN_TINGGI
    return PositionType.FUNGSIONAL if held is Type.FUNGSIONAL else PositionType.ADMINISTRASI


def _eselon(province: Province, person: int) -> Eselon:
    people = province.people
    if positions.LEVELS[people.level[person]] == "JPT_MADYA":
        return Eselon.I_B
    if people.position_type[person] == Type.JPT:
        return Eselon.II_A if people.head[person] else Eselon.II_B
    return ESELON[Type(people.position_type[person])]


def _measured_by(made: Frame) -> Iterator[Row]:
    _, first = np.unique(made.position, return_index=True)
    for key, person in enumerate(first.tolist(), start=1):
        codes = dict.fromkeys(code for result in results_of(made.province, person) for code in result.indicators)
        for ordinal, code in enumerate(codes, start=1):
            yield key, INDICATOR_KEY[code], ordinal


def results_of(province: Province, person: int) -> tuple[indicators.Result, ...]:
    """The planned results of a person's kind of work."""
    people = province.people
    return indicators.results(
        province.organisation.units[people.unit[person]].sector,
        leads=bool(people.appraiser[person]),
        clerical=bool(people.position_type[person] == Type.PELAKSANA),
    )
