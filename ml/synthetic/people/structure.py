"""Division of the province into units and subunits, with their sizes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.people import places
from ml.synthetic.people.organisations import UNIT_BLUEPRINTS, UnitBlueprint
from ml.synthetic.province import Ints, SyntheticSubunit

OFFICE, DIVISION, BRANCH, POST, SITE = "office", "division", "arm", "post", "site"
HOSPITALS = (
    "Tarakan",
    "Budhi Asih",
    "Koja",
    "Cengkareng",
    "Pasar Minggu",
    "Tebet",
    "Kramat Jati",
    "Ciracas",
    "Kemayoran",
    "Kebayoran Baru",
    "Matraman",
    "Cipayung",
    "Jagakarsa",
    "Pesanggrahan",
    "Cilincing",
    "Kalideres",
    "Kembangan",
    "Sawah Besar",
    "Tugu",
    "Mampang Prapatan",
    "Duren Sawit",
    "Jati Padang",
    "Pademangan",
    "Cempaka Putih",
)


@dataclass(frozen=True, slots=True)
class OrganisationStructure:
    """All subunits in the order of their people, with the number of people in each."""

    subunits: tuple[SyntheticSubunit, ...]
    sizes: Ints


def compute_unit_sizes(employees: int) -> Ints:
    """Number of people per unit: education, health, then a power law.

    Whole numbers by largest remainder, none empty.
    """
    tail = np.arange(1, len(UNIT_BLUEPRINTS) - 1) ** -p.UNIT_TAIL
    rest = 1 - p.SHARE_EDUCATION - p.SHARE_HEALTH
    shares = np.concatenate(([p.SHARE_EDUCATION, p.SHARE_HEALTH], rest * tail / tail.sum()))
    exact = 1 + shares * (employees - len(UNIT_BLUEPRINTS))
    sizes = exact.astype(np.int64)
    sizes[np.argsort(sizes - exact, kind="stable")[: employees - int(sizes.sum())]] += 1
    return sizes


def divide_units(employees: int) -> OrganisationStructure:
    """Divide all units into subunits of at most 60 people.

    They are equal within a unit up to one.
    """
    subunits: list[SyntheticSubunit] = []
    sizes: list[int] = []
    for index, people in enumerate(compute_unit_sizes(employees)):
        parts = -(-int(people) // p.SUBUNIT_SIZE)
        subunits.extend(_list_subunits(UNIT_BLUEPRINTS[index], index, parts, len(subunits)))
        sizes.extend(int(people) // parts + (k < int(people) % parts) for k in range(parts))
    return OrganisationStructure(tuple(subunits), np.array(sizes, dtype=np.int64))


def _list_subunits(plan: UnitBlueprint, unit: int, subunit_count: int, first: int) -> Iterator[SyntheticSubunit]:
    """List the subunits of one unit.

    The office is the first and the parent of all without a nearer one.
    """
    counted = _count_subunits(plan, subunit_count)
    yield SyntheticSubunit(plan.office, OFFICE, unit, -1)
    for name in plan.divisions[: counted.divisions]:
        yield SyntheticSubunit(name, DIVISION, unit, first)
    arms: dict[str, int] = {}
    here = first + 1 + counted.divisions
    for regency in list(places.REGENCIES)[: counted.branches]:
        arms[regency] = here
        here += 1
        yield SyntheticSubunit(plan.branch.format(places.REGENCIES[regency]), BRANCH, unit, first)
    posts: dict[str, int] = {}
    for district in places.list_districts(plan.regency)[: counted.posts]:
        posts[district] = here
        here += 1
        yield SyntheticSubunit(
            plan.post.format(district), POST, unit, arms.get(places.REGENCY_BY_DISTRICT[district], first)
        )
    for name, district in islice(_generate_sites(plan), counted.sites):
        arm = arms.get(places.REGENCY_BY_DISTRICT[district], first)
        parent = arm if name.startswith("RSUD") else posts.get(district, arm)
        yield SyntheticSubunit(name, SITE, unit, parent)


@dataclass(frozen=True, slots=True)
class _SubunitCounts:
    divisions: int
    branches: int
    posts: int
    sites: int


def _count_subunits(plan: UnitBlueprint, parts: int) -> _SubunitCounts:
    left = parts - 1
    share = 12 if plan.dense else 4
    divisions = min(len(plan.divisions), left // share if plan.branch or plan.post else left)
    left -= divisions
    arms = min(len(places.REGENCIES), left // 4 if plan.dense else left) if plan.branch else 0
    left -= arms
    most = len(places.list_districts(plan.regency))
    posts = min(most, left // 4 if plan.dense else left) if plan.post else 0
    return _SubunitCounts(divisions, arms, posts, left - posts)


def _generate_sites(plan: UnitBlueprint) -> Iterator[tuple[str, str]]:
    """Generate endless names of the smallest parts, with the district of each."""
    for index in count():
        listed = places.list_villages(plan.regency)
        district, village = listed[index % len(listed)]
        yield _compose_site_name(plan, index, village, index // len(listed)), district


def _compose_site_name(plan: UnitBlueprint, index: int, village: str, cycle: int) -> str:
    if plan.unit.sector == "education":
        return _compose_school_name(index, village, cycle)
    if plan.unit.sector == "health" and index % 5 == 1 and index // 5 < len(HOSPITALS):
        return f"RSUD {HOSPITALS[index // 5]}"
    form = plan.site or f"Unit Pelaksana Teknis {plan.unit.short} {{}}"
    return form.format(village) + (f" {cycle + 1}" if cycle else "")


def _compose_school_name(index: int, village: str, cycle: int) -> str:
    kind, number = index % 6, index // 6 + 1
    if kind == 2:
        return f"SMP Negeri {number} Jakarta"
    if kind == 4:
        return f"SMA Negeri {number} Jakarta"
    if kind == 5:
        return f"SMK Negeri {number} Jakarta"
    return f"SD Negeri {village} {cycle + 1:02d}"
