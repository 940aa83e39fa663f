"""What all rows of a province share: keys, days, and where each person stands today."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import numpy as np

from domain.calendar.rules import next_quarter
from domain.ports import Db
from ml.population import parameters as p
from ml.population import structure
from ml.population.province import Floats, Ints, PositionType, Province

FOUNDED: Final = date(1990, 1, 1)
"""When units and posts begin: before anybody's present post."""
CHUNK: Final = 20_000
"""Rows per COPY, so that none runs into the statement timeout."""
ROOT: Final = 1
"""Key of the unit that is the province itself."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter by its number, its days, and the moment in which everything of it is recorded."""

    number: int
    starts_on: date
    ends_on: date

    @property
    def recorded_at(self) -> datetime:
        """Three in the afternoon of the last day, in Jakarta."""
        return datetime.combine(self.ends_on, time(8), UTC)


def quarter(number: int) -> Quarter:
    """The quarter of a number; 0 begins on the first day of the province."""
    first = date(p.FIRST_DAY.year + number // 4, number % 4 * 3 + 1, 1)
    return Quarter(number, first, next_quarter(first) - timedelta(days=1))


def number_of(day: date) -> int:
    """The number of the quarter that a day lies in."""
    return 4 * (day.year - p.FIRST_DAY.year) + (day.month - 1) // 3


def person_key(index: int) -> int:
    """Key of a person's row."""
    return index + 1


def person_index(key: int) -> int:
    """Index of the person with a key."""
    return key - 1


def plan_key(people: int, year: int, index: int) -> int:
    """Key of a person's plan of a year."""
    return (year - p.FIRST_DAY.year) * people + index + 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A province with the keys of its units and posts, and today's place of each person.

    `node` is the key of each person's unit; `path` that of each unit by key. `position` is each person's post and
    `duty` that of his additional task (0 = none). `unit_path` and `appraiser` are today's, None after exit.
    """

    province: Province
    node: Ints
    paths: tuple[str, ...]
    position: Ints
    duty: Ints
    unit_path: tuple[str | None, ...]
    appraiser: tuple[int | None, ...]

    @property
    def last(self) -> Quarter:
        """The last drawn quarter."""
        return quarter(self.province.settings.quarters - 1)


def frame(province: Province) -> Frame:
    """Number units and posts, and place everybody as of the last quarter."""
    people = province.people
    paths = _paths(province)
    node = unit_keys(province)[people.subunit]
    chief = people.head & (people.position_type == PositionType.JPT)
    office = np.array([s.kind == structure.OFFICE for s in province.organisation.subunits])[people.subunit]
    node = np.where(chief & office, people.unit + ROOT + 1, node)
    position, duty = _posts(node, people.title, people.duty)
    serving = province.observed.active[:, -1].tolist()
    boss = province.observed.appraiser[:, -1].tolist()
    return Frame(
        province=province,
        node=node,
        paths=paths,
        position=position,
        duty=duty,
        unit_path=tuple(paths[key] if here else None for key, here in zip(node.tolist(), serving, strict=True)),
        appraiser=tuple(
            person_key(one) if here and one >= 0 else None for one, here in zip(boss, serving, strict=True)
        ),
    )


def unit_keys(province: Province) -> Ints:
    """Key of each subunit: after the province and its units."""
    organisation = province.organisation
    return ROOT + 1 + len(organisation.units) + np.arange(len(organisation.subunits))


def parent_key(province: Province, subunit: int) -> int:
    """Key of the unit above a subunit: what hangs below the office belongs to the unit itself."""
    parts = province.organisation.subunits
    above = parts[subunit].parent
    if above < 0 or parts[above].kind == structure.OFFICE:
        return ROOT + 1 + parts[subunit].unit
    return int(unit_keys(province)[above])


def _paths(province: Province) -> tuple[str, ...]:
    """Path of each unit by its key; key 0 is no unit."""
    organisation = province.organisation
    paths = ["", f"{ROOT}."]
    paths.extend(f"{ROOT}.{ROOT + 1 + index}." for index in range(len(organisation.units)))
    for index in range(len(organisation.subunits)):
        paths.append(f"{paths[parent_key(province, index)]}{len(paths)}.")
    return tuple(paths)


def _posts(node: Ints, title: Ints, duty: Ints) -> tuple[Ints, Ints]:
    """Number posts: one for each title in a unit; additional tasks come after."""
    width = int(max(title.max(), duty.max())) + 1
    kinds, post = np.unique(node * width + title, return_inverse=True)
    extra = np.zeros(len(node), dtype=np.int64)
    holds = duty >= 0
    extra[holds] = len(kinds) + 1 + np.arange(int(holds.sum()))
    return post + 1, extra


async def copy(db: Db, table: str, columns: Sequence[str], records: Iterable[Row]) -> int:
    """COPY in chunks; the number of rows."""
    return sum([await db.copy(table, columns, chunk) for chunk in _chunks(iter(records))])


def _chunks(records: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(records, CHUNK)):
        yield chunk


def exact(value: Floats) -> list[Decimal | None]:
    """Numbers ≥ 0 as exact hundredths, None where missing; equal numbers share one object."""
    cents = np.rint(np.nan_to_num(value) * 100).astype(np.int64)
    words: list[Decimal | None] = [Decimal(one).scaleb(-2) for one in range(int(cents.max(initial=0)) + 1)]
    table = np.array([*words, None], dtype=object)
    listed: list[Decimal | None] = table[np.where(np.isnan(value), len(words), cents)].tolist()
    return listed


def counts(value: Floats) -> list[int | None]:
    """Counts as whole numbers, None where missing."""
    return [None if one < 0 else one for one in np.nan_to_num(value, nan=-1).astype(np.int64).tolist()]
