"""Positions of people: post, level, title, class and rank."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.people import structure
from ml.synthetic.people.organisations import SECRETARIAT_UNIT, UNIT_BLUEPRINTS
from ml.synthetic.province import Codes, Flags, Floats, Ints, PositionTypeCode, SyntheticSubunit
from ml.synthetic.rng import create_random_stream

LEVELS: Final = (
    "JPT_MADYA", "JPT_PRATAMA", "ADMINISTRATOR", "PENGAWAS", "AHLI_UTAMA", "AHLI_MADYA", "AHLI_MUDA", "AHLI_PERTAMA",
    "PENYELIA", "MAHIR", "TERAMPIL", "PEMULA", "KLEREK", "OPERATOR", "TEKNISI",
)  # fmt: skip
"""Levels of positions (REFERENCE 1.1); the first two are of high leadership."""
_LEVEL: Final = {name: code for code, name in enumerate(LEVELS)}

RANKS: Final = (
    "II/a", "II/b", "II/c", "II/d", "III/a", "III/b", "III/c", "III/d", "IV/a", "IV/b", "IV/c", "IV/d", "IV/e",
    "V", "VII", "IX", "X", "XI",
)  # fmt: skip
"""Golongan ruang of PNS, then golongan of PPPK."""
_RANK: Final = {name: code for code, name in enumerate(RANKS)}

KINDS: Final = ("LEADER", "TEACHER", "HEALTH", "FIELD", "DIGITAL", "SERVICE", "SOCIAL", "ANALYST", "CLERICAL")
"""Kinds of comparable work, the peers of a person."""
_KIND: Final = {name: code for code, name in enumerate(KINDS)}

SKILLED_LEVELS: Final = ("PENYELIA", "MAHIR", "TERAMPIL", "PEMULA")
_JOB_CLASS_BY_LEVEL: Final = {
    "JPT_MADYA": 17, "JPT_PRATAMA": 15, "ADMINISTRATOR": 12, "PENGAWAS": 9, "AHLI_UTAMA": 13, "AHLI_MADYA": 11,
    "AHLI_MUDA": 9, "AHLI_PERTAMA": 8, "PENYELIA": 8, "MAHIR": 7, "TERAMPIL": 6, "PEMULA": 5, "KLEREK": 5,
    "OPERATOR": 5, "TEKNISI": 6,
}  # fmt: skip
"""Class of position (1…17) by level."""
_LOWEST_RANK_BY_LEVEL: Final = {
    "JPT_MADYA": 11, "JPT_PRATAMA": 10, "ADMINISTRATOR": 8, "PENGAWAS": 6, "AHLI_UTAMA": 11, "AHLI_MADYA": 8,
    "AHLI_MUDA": 6, "AHLI_PERTAMA": 4, "PENYELIA": 6, "MAHIR": 4, "TERAMPIL": 2, "PEMULA": 0, "KLEREK": 2,
    "OPERATOR": 1, "TEKNISI": 2,
}  # fmt: skip
"""Lowest golongan ruang by level, an index into `RANKS`."""


@dataclass(frozen=True, slots=True)
class Trade:
    """Functional work of one sector: peers' kind, names of expert and skilled positions."""

    kind: str
    expert: tuple[str, ...]
    skilled: tuple[str, ...] = ()


TRADES: Final = {
    "education": Trade("TEACHER", ("Guru",)),
    "health": Trade(
        "HEALTH",
        ("Dokter", "Perawat", "Bidan", "Apoteker", "Dokter Gigi", "Nutrisionis", "Tenaga Promosi Kesehatan"),
        ("Perawat", "Bidan", "Pranata Laboratorium Kesehatan", "Perekam Medis", "Asisten Apoteker"),
    ),
    "order": Trade(
        "FIELD",
        ("Polisi Pamong Praja", "Analis Kebakaran", "Penguji Kendaraan Bermotor"),
        ("Polisi Pamong Praja", "Pemadam Kebakaran", "Penguji Kendaraan Bermotor"),
    ),
    "works": Trade(
        "FIELD",
        ("Teknik Jalan dan Jembatan", "Pengendali Dampak Lingkungan", "Teknik Pengairan", "Penata Ruang"),
        ("Pengawas Lingkungan Hidup", "Teknik Pengairan"),
    ),
    "social": Trade(
        "SOCIAL",
        ("Pekerja Sosial", "Penyuluh Sosial", "Instruktur", "Pamong Budaya", "Pustakawan"),
        ("Pekerja Sosial", "Instruktur", "Pustakawan"),
    ),
    "digital": Trade(
        "DIGITAL",
        ("Pranata Komputer", "Statistisi", "Pranata Hubungan Masyarakat", "Sandiman"),
        ("Pranata Komputer", "Pranata Hubungan Masyarakat"),
    ),
    "service": Trade(
        "SERVICE",
        ("Administrator Database Kependudukan", "Penata Perizinan", "Pemeriksa Pajak", "Penilai Pajak"),
        ("Operator Sistem Informasi Administrasi Kependudukan", "Asisten Pemeriksa Pajak"),
    ),
    "territory": Trade(
        "SERVICE",
        ("Analis Kebijakan", "Penggerak Swadaya Masyarakat", "Perencana"),
        ("Penggerak Swadaya Masyarakat", "Arsiparis"),
    ),
    "oversight": Trade("ANALYST", ("Auditor", "Pengawas Penyelenggaraan Urusan Pemerintahan Daerah"), ("Auditor",)),
    "planning": Trade(
        "ANALYST",
        ("Analis SDM Aparatur", "Analis Kebijakan", "Perencana", "Analis Anggaran", "Arsiparis", "Widyaiswara"),
        ("Pranata SDM Aparatur", "Arsiparis"),
    ),
}
"""Functional positions by sector."""

EXECUTORS: Final = (
    ("Pengadministrasi Perkantoran", "KLEREK"),
    ("Penelaah Teknis Kebijakan", "KLEREK"),
    ("Pengolah Data dan Informasi", "KLEREK"),
    ("Penata Layanan Operasional", "OPERATOR"),
    ("Operator Layanan Operasional", "OPERATOR"),
    ("Pengelola Umum Operasional", "OPERATOR"),
    ("Teknisi Sarana dan Prasarana", "TEKNISI"),
)
"""Positions of pelaksana with their class under PermenPANRB 45/2022 art. 4."""

SECTIONS: Final = {
    "education": ("Subbagian Tata Usaha", "Urusan Kurikulum", "Urusan Kesiswaan", "Urusan Sarana", "Urusan Humas"),
    "health": (
        "Subbagian Tata Usaha", "Pelayanan Medik", "Pelayanan Keperawatan", "Upaya Kesehatan Masyarakat", "Farmasi",
    ),
    "order": ("Subbagian Tata Usaha", "Seksi Operasi", "Seksi Penegakan", "Seksi Sarana", "Seksi Pembinaan"),
    "works": ("Subbagian Tata Usaha", "Seksi Pemeliharaan", "Seksi Pembangunan", "Seksi Pengawasan", "Seksi Alat"),
    "territory": (
        "Subbagian Umum", "Seksi Pemerintahan", "Seksi Kesejahteraan Rakyat", "Seksi Ekonomi dan Pembangunan",
        "Seksi Ketenteraman",
    ),
    "digital": ("Subbagian Tata Usaha", "Seksi Aplikasi", "Seksi Infrastruktur", "Seksi Layanan Aduan", "Seksi Data"),
}  # fmt: skip
"""Sections of the leaders below a subunit's head, in order."""
_OTHER_SECTIONS: Final = (
    "Subbagian Umum", "Subbagian Kepegawaian", "Subbagian Keuangan", "Subbagian Program", "Seksi Pelayanan",
)  # fmt: skip
ASSISTANTS: Final = (
    "Asisten Pemerintahan", "Asisten Perekonomian dan Keuangan", "Asisten Pembangunan dan Lingkungan Hidup",
    "Asisten Kesejahteraan Rakyat",
)  # fmt: skip
PELAKSANA_WEIGHT: Final = {"education": 0.12, "health": 0.2}


@dataclass(frozen=True, slots=True)
class PositionAssignments:
    """Position of each person, n each.

    `duty` indexes titles too: the additional task of a functional leader, else -1.
    """

    type: Codes
    level: Codes
    title: Ints
    duty: Ints
    kind: Codes
    titles: tuple[str, ...]


def draw_position_types(
    subunits: tuple[SyntheticSubunit, ...], leaders: tuple[Ints, ...], subunit: Ints, seed: int
) -> Codes:
    """Draw the type of each person's position by the province's shares.

    Every head of a unit is JPT however small the unit is.
    """
    n = len(subunit)
    held = np.full(n, PositionTypeCode.FUNGSIONAL, dtype=np.int8)
    everyone, importance = _order_leaders(subunits, leaders)
    order = everyone[np.argsort(importance, kind="stable")]
    heads = int((importance == 0).sum())
    jpt = max(heads, round(p.SHARE_JPT * n))
    administrators = jpt + round(p.SHARE_ADMINISTRATOR * n)
    held[order[:jpt]] = PositionTypeCode.JPT
    held[order[jpt:administrators]] = PositionTypeCode.ADMINISTRATOR
    held[order[administrators : administrators + round(p.SHARE_PENGAWAS * n)]] = PositionTypeCode.PENGAWAS
    staff = np.setdiff1d(np.arange(n), everyone)
    weight = np.array([PELAKSANA_WEIGHT.get(UNIT_BLUEPRINTS[s.unit].unit.sector, 1.0) for s in subunits])[
        subunit[staff]
    ]
    key = create_random_stream(seed, "pelaksana").exponential(1.0, n)[staff] / weight
    held[staff[np.argsort(key, kind="stable")[: round(p.SHARE_PELAKSANA * n)]]] = PositionTypeCode.PELAKSANA
    return held


def _order_leaders(subunits: tuple[SyntheticSubunit, ...], leaders: tuple[Ints, ...]) -> tuple[Ints, Ints]:
    """All leaders and their precedence: the lower the number, the higher the post."""
    ranks = [
        _compute_leader_precedence(subunit, seat)
        for subunit, mine in zip(subunits, leaders, strict=True)
        for seat in range(len(mine))
    ]
    return np.concatenate(leaders), np.array(ranks)


def _compute_leader_precedence(subunit: SyntheticSubunit, seat: int) -> int:
    sector, office = UNIT_BLUEPRINTS[subunit.unit].unit.sector, subunit.kind == structure.OFFICE
    crowded = sector in {"education", "health"} and subunit.kind in {structure.SITE, structure.POST}
    if seat == 0:
        by_kind = {
            structure.OFFICE: 0,
            structure.DIVISION: 3,
            structure.BRANCH: 3,
            structure.POST: 4,
            structure.SITE: 5,
        }
        return 9 if crowded and (sector != "education" or subunit.kind == structure.SITE) else by_kind[subunit.kind]
    if office:
        return 1 if subunit.unit == SECRETARIAT_UNIT else 2 + (seat > 1)
    return (7 if seat == 1 else 8) if crowded else 6


def draw_positions(
    subunits: tuple[SyntheticSubunit, ...],
    leaders: tuple[Ints, ...],
    subunit: Ints,
    position_types: Codes,
    tenure: Floats,
    seed: int,
) -> PositionAssignments:
    """Draw level, title and kind of each person's position."""
    n = len(position_types)
    book = _TitleIndex()
    level, title = np.empty(n, dtype=np.int8), np.empty(n, dtype=np.int64)
    kind = np.full(n, _KIND["CLERICAL"], dtype=np.int8)
    duty = np.full(n, -1, dtype=np.int64)
    pick = create_random_stream(seed, "title").random((n, 2))
    sectors = [UNIT_BLUEPRINTS[s.unit].unit.sector for s in subunits]
    sector = np.array(sectors)[subunit]
    for name, trade in TRADES.items():
        of = (sector == name) & (position_types == PositionTypeCode.FUNGSIONAL)
        level[of], title[of] = _draw_functional_positions(trade, tenure[of], pick[of], book)
        kind[of] = _KIND[trade.kind]
    _draw_executor_positions(position_types == PositionTypeCode.PELAKSANA, pick, level, title, book)
    for index, mine in enumerate(leaders):
        for seat, person in enumerate(mine):
            named = book.add_title(compose_leader_title(subunits[index], seat))
            if position_types[person] == PositionTypeCode.FUNGSIONAL:
                duty[person] = named
            else:
                title[person], kind[person] = named, _KIND["LEADER"]
                level[person] = _LEVEL[PositionTypeCode(position_types[person]).name.replace("JPT", "JPT_PRATAMA")]
    sekda = leaders[next(i for i, s in enumerate(subunits) if s.unit == SECRETARIAT_UNIT)][0]
    level[sekda] = _LEVEL["JPT_MADYA"]
    return PositionAssignments(position_types, level, title, duty, kind, tuple(book.titles))


class _TitleIndex:
    """Index of position titles, numbered in order of appearance."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self._numbers: dict[str, int] = {}

    def add_title(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self.titles)
            self.titles.append(name)
        return self._numbers[name]


def _draw_functional_positions(
    trade: Trade, tenure: Floats, pick: Floats, title_index: _TitleIndex
) -> tuple[Codes, Ints]:
    """Draw levels by years of service, titles by lot.

    The first names of a trade are the commonest.
    """
    skilled = (pick[:, 0] < (0.45 if trade.skilled else 0.0)) & (tenure < 30)
    step = np.searchsorted((5.0, 14.0, 31.0), tenure + 6 * (pick[:, 1] - 0.5))
    expert_level = np.array([_LEVEL[x] for x in ("AHLI_PERTAMA", "AHLI_MUDA", "AHLI_MADYA", "AHLI_UTAMA")])[step]
    skilled_level = np.array([_LEVEL[x] for x in ("TERAMPIL", "MAHIR", "PENYELIA", "PENYELIA")])[step]
    level = np.where(skilled, skilled_level, expert_level)
    expert = (len(trade.expert) * pick[:, 1] ** 2).astype(np.int64)
    craft = (len(trade.skilled) * pick[:, 1] ** 2).astype(np.int64)
    names = [
        (trade.skilled if s else trade.expert)[c if s else e] for s, e, c in zip(skilled, expert, craft, strict=True)
    ]
    words = [name.replace("_", " ").title() for name in LEVELS]
    title = [title_index.add_title(f"{name} {words[one]}") for name, one in zip(names, level, strict=True)]
    return level.astype(np.int8), np.array(title, dtype=np.int64)


def _draw_executor_positions(
    executors: Flags, pick: Floats, level: Codes, title: Ints, title_index: _TitleIndex
) -> None:
    numbers = np.array([title_index.add_title(name) for name, _ in EXECUTORS])
    levels = np.array([_LEVEL[name] for _, name in EXECUTORS], dtype=np.int8)
    chosen = (len(EXECUTORS) * pick[executors, 0] ** 1.5).astype(np.int64)
    title[executors], level[executors] = numbers[chosen], levels[chosen]


def compose_leader_title(subunit: SyntheticSubunit, seat: int) -> str:
    """Title of a subunit's head (seat 0) or of a further leader.

    No two posts share a title.
    """
    plan = UNIT_BLUEPRINTS[subunit.unit]
    if seat == 0:
        return plan.head if subunit.kind == structure.OFFICE else _compose_head_title(subunit.name)
    if subunit.kind == structure.OFFICE and subunit.unit == SECRETARIAT_UNIT and seat <= len(ASSISTANTS):
        return ASSISTANTS[seat - 1]
    if subunit.kind == structure.OFFICE and seat == 1:
        return f"Sekretaris {plan.unit.name}"
    sections = SECTIONS.get(plan.unit.sector, _OTHER_SECTIONS)
    extra = f" {(seat - 1) // len(sections) + 1}" if seat > len(sections) else ""
    return f"{_compose_section_title(sections[(seat - 1) % len(sections)])}{extra} {subunit.name}"


def _compose_head_title(name: str) -> str:
    for word, title in (
        ("Kecamatan ", "Camat "),
        ("Kelurahan ", "Lurah "),
        ("Inspektur Pembantu", "Inspektur Pembantu"),
    ):
        if name.startswith(word):
            return title + name.removeprefix(word)
    return f"Direktur {name}" if name.startswith("RSUD") else f"Kepala {name}"


def _compose_section_title(section: str) -> str:
    return f"Kepala {section}" if section.startswith(("Sub", "Seksi")) else f"Koordinator {section}"


def draw_ranks(position_types: Codes, level: Codes, pppk: Flags, tenure: Floats, seed: int) -> Codes:
    """Draw the golongan ruang by position and years of service.

    Golongan alone for PPPK.
    """
    base = np.array([_LOWEST_RANK_BY_LEVEL[name] for name in LEVELS])[level]
    room = np.where(position_types == PositionTypeCode.PELAKSANA, 5, 1)
    years = tenure + create_random_stream(seed, "rank").random(len(position_types)) * 4
    civil = base + np.minimum(np.where(position_types == PositionTypeCode.PELAKSANA, years // 5, years % 4 > 2), room)
    contract = np.where(
        np.isin(level, [_LEVEL[name] for name in ("OPERATOR", "KLEREK", "TEKNISI")]), _RANK["V"], _RANK["IX"]
    )
    contract = np.where(np.isin(level, [_LEVEL[name] for name in SKILLED_LEVELS]), _RANK["VII"], contract)
    return np.where(pppk, contract, civil).astype(np.int8)


def list_job_classes(level: Codes) -> Codes:
    """Class of position, 1…17."""
    return np.array([_JOB_CLASS_BY_LEVEL[name] for name in LEVELS], dtype=np.int8)[level]
