"""Population: people with ages, posts, names and numbers, and their lines of appraisers."""

from dataclasses import dataclass

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.people import appraisal_lines, names, positions, structure
from ml.synthetic.people.appraisal_lines import AppraisalLines
from ml.synthetic.people.organisations import SECRETARIAT_UNIT, UNIT_BLUEPRINTS
from ml.synthetic.people.structure import OrganisationStructure
from ml.synthetic.province import (
    Days,
    Flags,
    Floats,
    Ints,
    PositionTypeCode,
    SyntheticOrganisation,
    SyntheticPeople,
    Words,
)
from ml.synthetic.rng import create_random_stream
from ml.synthetic.settings import GeneratorSettings

DAYS_A_YEAR = 365.25
LEAST_SERVICE_AGE = 22.0
"""Youngest age at the beginning of service."""
GREATEST_LEADER_AGE = 56.5
"""Greatest age of a leader at the start.

None then reaches the end of service in the drawn years.
"""


@dataclass(frozen=True, slots=True)
class Population:
    """The organisation, its people, and the first quarter's line."""

    organisation: SyntheticOrganisation
    people: SyntheticPeople
    lines: AppraisalLines


@dataclass(frozen=True, slots=True)
class _Careers:
    pppk: Flags
    age: Floats
    tenure: Floats


def generate_people(settings: GeneratorSettings) -> Population:
    """Draw organisation and people, both fixed for the life of the province."""
    n, seed = settings.employees, settings.seed
    built = structure.divide_units(n)
    subunit = np.repeat(np.arange(len(built.sizes)), built.sizes)
    unit = np.array([s.unit for s in built.subunits])[subunit]
    contract, age = _draw_ages(n, seed)
    line = _build_lines(built, subunit, contract, age, seed)
    appraiser = np.zeros(n, dtype=np.bool_)
    appraiser[np.concatenate(line.leaders)] = True
    pppk = contract & ~appraiser
    lives = _Careers(pppk, age, _draw_tenure(age, pppk, seed))
    held = positions.draw_position_types(built.subunits, line.leaders, subunit, seed)
    posts = positions.draw_positions(built.subunits, line.leaders, subunit, held, lives.tenure, seed)
    people = _build_people(line, lives, posts, unit, subunit, appraiser, seed)
    organisation = SyntheticOrganisation(tuple(plan.unit for plan in UNIT_BLUEPRINTS), built.subunits, posts.titles)
    return Population(organisation, people, line)


def _draw_ages(n: int, seed: int) -> tuple[Flags, Floats]:
    """Draw the PPPK flag and the age.

    Ages beyond the range lie within the first or last year of it, not on its edge.
    """
    contract = create_random_stream(seed, "employment").random(n) < p.SHARE_PPPK
    mean, sd = np.where(contract, p.AGE_PPPK[0], p.AGE_PNS[0]), np.where(contract, p.AGE_PPPK[1], p.AGE_PNS[1])
    age = create_random_stream(seed, "age").normal(mean, sd)
    lowest, highest = p.AGE_RANGE
    spread = create_random_stream(seed, "age-edge").random(n)
    return contract, np.where(age < lowest, lowest + spread, np.where(age > highest, highest - spread, age))


def _draw_tenure(age: Floats, pppk: Flags, seed: int) -> Floats:
    """Draw the years of service."""
    share = create_random_stream(seed, "tenure").beta(3, 2, len(age))
    contract = create_random_stream(seed, "contract").uniform(0.5, 5, len(age))
    served = np.maximum(age - LEAST_SERVICE_AGE, 0.1) * share
    return np.where(pppk, np.minimum(served, contract), served)


def _build_lines(
    built: OrganisationStructure, subunit: Ints, contract: Flags, age: Floats, seed: int
) -> AppraisalLines:
    """Build the lines under the senior PNS of each subunit, with some luck.

    No leader is past the age of leaders.
    """
    fit = np.where(contract, -100.0, np.where(age > GREATEST_LEADER_AGE, -50.0, age))
    suited = fit + create_random_stream(seed, "seniority").normal(0, 5, len(age))
    by_seniority = np.lexsort((-suited, subunit))
    starts = np.concatenate(([0], np.cumsum(built.sizes)[:-1]))
    return appraisal_lines.build_appraisal_lines(built.subunits, starts, built.sizes, by_seniority, SECRETARIAT_UNIT)


def _build_people(
    lines: AppraisalLines,
    careers: _Careers,
    posts: positions.PositionAssignments,
    unit: Ints,
    subunit: Ints,
    appraiser: Flags,
    seed: int,
) -> SyntheticPeople:
    n = len(unit)
    female = create_random_stream(seed, "sex").random(n) < _list_women_shares(unit)
    birth, started = _subtract_years(careers.age), _subtract_years(careers.tenure)
    structural = posts.type <= PositionTypeCode.PENGAWAS
    head = np.zeros(n, dtype=np.bool_)
    head[[mine[0] for mine in lines.leaders]] = True
    return SyntheticPeople(
        name=names.draw_full_names(female, posts.kind, positions.KINDS, _select_physicians(posts), seed),
        nip=_build_nip(birth, started, female, careers.pppk),
        birth=birth,
        started=started,
        female=female,
        pppk=careers.pppk,
        disability=create_random_stream(seed, "disability").random(n) < p.SHARE_DISABILITY,
        age=careers.age,
        tenure=careers.tenure,
        unit=unit,
        subunit=subunit,
        position_type=posts.type,
        level=posts.level,
        title=posts.title,
        duty=posts.duty,
        kind=posts.kind,
        job_class=positions.list_job_classes(posts.level),
        rank=positions.draw_ranks(posts.type, posts.level, careers.pppk, careers.tenure, seed),
        time_in_position=careers.tenure * create_random_stream(seed, "in-position").beta(1, 2.5, n),
        structural=structural,
        additional=appraiser & ~structural,
        head=head,
        appraiser=appraiser,
    )


def _list_women_shares(unit: Ints) -> Floats:
    shares = [p.SHARE_WOMEN.get(plan.unit.sector, p.SHARE_WOMEN_ELSEWHERE) for plan in UNIT_BLUEPRINTS]
    return np.array(shares)[unit]


def _select_physicians(posts: positions.PositionAssignments) -> Flags:
    doctors = np.array([title.startswith("Dokter") for title in posts.titles])
    return np.asarray(doctors[posts.title])


def _subtract_years(years: Floats) -> Days:
    return np.datetime64(p.FIRST_DAY, "D") - (years * DAYS_A_YEAR).astype("timedelta64[D]")


def _build_nip(birth: Days, started: Days, female: Flags, pppk: Flags) -> Words:
    """Build the NIP of eighteen digits: birth, start, sex, sequence (REFERENCE 1.6).

    The start is year and agreement for PPPK.
    """
    day, month = _format_day_number(birth), _format_day_number(started) // 100
    start = np.where(pppk, month // 100 * 100 + 21, month)
    prefix = (day * 1_000_000 + start) * 10 + np.where(female, 2, 1)
    return (prefix * 1000 + names.number_within_groups(prefix)).astype("U18")


def _format_day_number(days: Days) -> Ints:
    """A day as the number YYYYMMDD."""
    months = days.astype("datetime64[M]")
    year, month = days.astype("datetime64[Y]").astype(np.int64) + 1970, months.astype(np.int64) % 12 + 1
    return np.asarray(year * 10_000 + month * 100 + (days - months).astype(np.int64) + 1)
