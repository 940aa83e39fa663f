"""The people: their ages, posts, names and numbers, and the line of appraisers above each."""

from dataclasses import dataclass

import numpy as np

from ml.population import hierarchy, names, positions, structure
from ml.population import parameters as p
from ml.population.hierarchy import Line
from ml.population.province import Days, Flags, Floats, Ints, Organisation, People, PositionType, Words
from ml.population.settings import Settings
from ml.population.streams import stream
from ml.population.structure import Structure
from ml.population.units import PLANS, SECRETARIAT

DAYS_A_YEAR = 365.25
ADULT = 22.0
"""Age at which service can begin."""
LEADER_MOST = 56.5
"""No leader starts older than this, so that none reaches the end of service in the drawn years."""


@dataclass(frozen=True, slots=True)
class Inhabitants:
    """The organisation, its people, and the first quarter's line."""

    organisation: Organisation
    people: People
    line: Line


@dataclass(frozen=True, slots=True)
class _Lives:
    pppk: Flags
    age: Floats
    tenure: Floats


def draw(settings: Settings) -> Inhabitants:
    """Draw organisation and people; everything here is fixed for the life of the province."""
    n, seed = settings.employees, settings.seed
    built = structure.divide(n)
    subunit = np.repeat(np.arange(len(built.sizes)), built.sizes)
    unit = np.array([s.unit for s in built.subunits])[subunit]
    contract, age = _ages(n, seed)
    line = _line(built, subunit, contract, age, seed)
    appraiser = np.zeros(n, dtype=np.bool_)
    appraiser[np.concatenate(line.leaders)] = True
    pppk = contract & ~appraiser
    lives = _Lives(pppk, age, _tenure(age, pppk, seed))
    held = positions.types(built.subunits, line.leaders, subunit, seed)
    posts = positions.posts(built.subunits, line.leaders, subunit, held, lives.tenure, seed)
    people = _people(line, lives, posts, unit, subunit, appraiser, seed)
    organisation = Organisation(tuple(plan.unit for plan in PLANS), built.subunits, posts.titles)
    return Inhabitants(organisation, people, line)


def _ages(n: int, seed: int) -> tuple[Flags, Floats]:
    """PPPK or not, and age. Ages beyond the range lie within the first or last year of it, not on its edge."""
    contract = stream(seed, "employment").random(n) < p.SHARE_PPPK
    mean, sd = np.where(contract, p.AGE_PPPK[0], p.AGE_PNS[0]), np.where(contract, p.AGE_PPPK[1], p.AGE_PNS[1])
    age = stream(seed, "age").normal(mean, sd)
    lowest, highest = p.AGE_RANGE
    spread = stream(seed, "age-edge").random(n)
    return contract, np.where(age < lowest, lowest + spread, np.where(age > highest, highest - spread, age))


def _tenure(age: Floats, pppk: Flags, seed: int) -> Floats:
    """Years of service."""
    share = stream(seed, "tenure").beta(3, 2, len(age))
    contract = stream(seed, "contract").uniform(0.5, 5, len(age))
    served = np.maximum(age - ADULT, 0.1) * share
    return np.where(pppk, np.minimum(served, contract), served)


def _line(built: Structure, subunit: Ints, contract: Flags, age: Floats, seed: int) -> Line:
    """Leaders are the senior PNS of each subunit, with some luck; none past the age of leaders."""
    fit = np.where(contract, -100.0, np.where(age > LEADER_MOST, -50.0, age))
    suited = fit + stream(seed, "seniority").normal(0, 5, len(age))
    by_seniority = np.lexsort((-suited, subunit))
    starts = np.concatenate(([0], np.cumsum(built.sizes)[:-1]))
    return hierarchy.line(built.subunits, starts, built.sizes, by_seniority, SECRETARIAT)


def _people(
    line: Line,
    lives: _Lives,
    posts: positions.Posts,
    unit: Ints,
    subunit: Ints,
    appraiser: Flags,
    seed: int,
) -> People:
    n = len(unit)
    female = stream(seed, "sex").random(n) < _share_women(unit)
    birth, started = _days_before(lives.age), _days_before(lives.tenure)
    structural = posts.type <= PositionType.PENGAWAS
    head = np.zeros(n, dtype=np.bool_)
    head[[mine[0] for mine in line.leaders]] = True
    return People(
        name=names.draw(female, posts.kind, positions.KINDS, _physicians(posts), seed),
        nip=_nip(birth, started, female, lives.pppk),
        birth=birth,
        started=started,
        female=female,
        pppk=lives.pppk,
        disability=stream(seed, "disability").random(n) < p.SHARE_DISABILITY,
        age=lives.age,
        tenure=lives.tenure,
        unit=unit,
        subunit=subunit,
        position_type=posts.type,
        level=posts.level,
        title=posts.title,
        duty=posts.duty,
        kind=posts.kind,
        job_class=positions.classes(posts.level),
        rank=positions.ranks(posts.type, posts.level, lives.pppk, lives.tenure, seed),
        time_in_position=lives.tenure * stream(seed, "in-position").beta(1, 2.5, n),
        structural=structural,
        additional=appraiser & ~structural,
        head=head,
        appraiser=appraiser,
    )


def _share_women(unit: Ints) -> Floats:
    shares = [p.SHARE_WOMEN.get(plan.unit.sector, p.SHARE_WOMEN_ELSEWHERE) for plan in PLANS]
    return np.array(shares)[unit]


def _physicians(posts: positions.Posts) -> Flags:
    doctors = np.array([title.startswith("Dokter") for title in posts.titles])
    return np.asarray(doctors[posts.title])


def _days_before(years: Floats) -> Days:
    return np.datetime64(p.FIRST_DAY, "D") - (years * DAYS_A_YEAR).astype("timedelta64[D]")


def _nip(birth: Days, started: Days, female: Flags, pppk: Flags) -> Words:
    """Eighteen digits as REFERENCE 1.6 has them: birth, start (for PPPK year and agreement), sex, sequence."""
    day, month = _number(birth), _number(started) // 100
    start = np.where(pppk, month // 100 * 100 + 21, month)
    prefix = (day * 1_000_000 + start) * 10 + np.where(female, 2, 1)
    return (prefix * 1000 + names.sequence(prefix)).astype("U18")


def _number(days: Days) -> Ints:
    """A day as the number YYYYMMDD."""
    months = days.astype("datetime64[M]")
    year, month = days.astype("datetime64[Y]").astype(np.int64) + 1970, months.astype(np.int64) % 12 + 1
    return np.asarray(year * 10_000 + month * 100 + (days - months).astype(np.int64) + 1)
