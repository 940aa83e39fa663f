"""Divides the province into units and subunits and gives each its size."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import numpy as np

from ml.population import parameters as p
from ml.population import places
from ml.population.province import Ints, Subunit
from ml.population.units import PLANS, Plan

OFFICE, DIVISION, ARM, POST, SITE = "office", "division", "arm", "post", "site"
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
class Structure:
    """All subunits in the order of their people, with the number of people in each."""

    subunits: tuple[Subunit, ...]
    sizes: Ints


def unit_sizes(employees: int) -> Ints:
    """People per unit: education, health, then a power law; whole numbers by largest remainder, none empty."""
    tail = np.arange(1, len(PLANS) - 1) ** -p.UNIT_TAIL
    rest = 1 - p.SHARE_EDUCATION - p.SHARE_HEALTH
    shares = np.concatenate(([p.SHARE_EDUCATION, p.SHARE_HEALTH], rest * tail / tail.sum()))
    exact = 1 + shares * (employees - len(PLANS))
    sizes = exact.astype(np.int64)
    sizes[np.argsort(sizes - exact, kind="stable")[: employees - int(sizes.sum())]] += 1
    return sizes


def divide(employees: int) -> Structure:
    """Divide all units: subunits of at most 60 people, equal within a unit up to one."""
    subunits: list[Subunit] = []
    sizes: list[int] = []
    for index, people in enumerate(unit_sizes(employees)):
        parts = -(-int(people) // p.SUBUNIT_SIZE)
        subunits.extend(_parts(PLANS[index], index, parts, len(subunits)))
        sizes.extend(int(people) // parts + (k < int(people) % parts) for k in range(parts))
    return Structure(tuple(subunits), np.array(sizes, dtype=np.int64))


def _parts(plan: Plan, unit: int, parts: int, first: int) -> Iterator[Subunit]:
    """The subunits of one unit; the office is the first and the parent of whatever has no nearer one."""
    counted = _counts(plan, parts)
    yield Subunit(plan.office, OFFICE, unit, -1)
    for name in plan.divisions[: counted.divisions]:
        yield Subunit(name, DIVISION, unit, first)
    arms: dict[str, int] = {}
    here = first + 1 + counted.divisions
    for regency in list(places.REGENCIES)[: counted.arms]:
        arms[regency] = here
        here += 1
        yield Subunit(plan.arm.format(places.REGENCIES[regency]), ARM, unit, first)
    posts: dict[str, int] = {}
    for district in places.districts(plan.within)[: counted.posts]:
        posts[district] = here
        here += 1
        yield Subunit(plan.post.format(district), POST, unit, arms.get(places.REGENCY_OF[district], first))
    for name, district in islice(_sites(plan), counted.sites):
        arm = arms.get(places.REGENCY_OF[district], first)
        parent = arm if name.startswith("RSUD") else posts.get(district, arm)
        yield Subunit(name, SITE, unit, parent)


@dataclass(frozen=True, slots=True)
class _Counts:
    divisions: int
    arms: int
    posts: int
    sites: int


def _counts(plan: Plan, parts: int) -> _Counts:
    left = parts - 1
    share = 12 if plan.dense else 4
    divisions = min(len(plan.divisions), left // share if plan.arm or plan.post else left)
    left -= divisions
    arms = min(len(places.REGENCIES), left // 4 if plan.dense else left) if plan.arm else 0
    left -= arms
    most = len(places.districts(plan.within))
    posts = min(most, left // 4 if plan.dense else left) if plan.post else 0
    return _Counts(divisions, arms, posts, left - posts)


def _sites(plan: Plan) -> Iterator[tuple[str, str]]:
    """Endless names of the smallest parts, with the district of each."""
    for index in count():
        listed = places.villages(plan.within)
        district, village = listed[index % len(listed)]
        yield _site(plan, index, village, index // len(listed)), district


def _site(plan: Plan, index: int, village: str, cycle: int) -> str:
    if plan.unit.sector == "education":
        return _school(index, village, cycle)
    if plan.unit.sector == "health" and index % 5 == 1 and index // 5 < len(HOSPITALS):
        return f"RSUD {HOSPITALS[index // 5]}"
    form = plan.site or f"Unit Pelaksana Teknis {plan.unit.short} {{}}"
    return form.format(village) + (f" {cycle + 1}" if cycle else "")


def _school(index: int, village: str, cycle: int) -> str:
    kind, number = index % 6, index // 6 + 1
    if kind == 2:
        return f"SMP Negeri {number} Jakarta"
    if kind == 4:
        return f"SMA Negeri {number} Jakarta"
    if kind == 5:
        return f"SMK Negeri {number} Jakarta"
    return f"SD Negeri {village} {cycle + 1:02d}"
