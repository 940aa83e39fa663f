"""Load frame: keys, days and today's places, shared by all rows of a province."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import numpy as np

from domain.business_date.quarters import next_quarter_start
from domain.ports import Db
from ml.synthetic import parameters as p
from ml.synthetic.people import structure
from ml.synthetic.province import Floats, Ints, PositionTypeCode, Province

FOUNDING_DAY: Final = date(1990, 1, 1)
"""First day of units and posts: before anybody's present post."""
COPY_ROWS: Final = 20_000
"""Rows per COPY, well below the statement timeout."""
ROOT_UNIT_KEY: Final = 1
"""Key of the root unit, the province itself."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class NumberedQuarter:
    """A quarter by its number, its days, and the time of its records."""

    number: int
    starts_on: date
    ends_on: date

    @property
    def recorded_at(self) -> datetime:
        """Time of the quarter's records: 15:00 of the last day, in Jakarta."""
        return datetime.combine(self.ends_on, time(8), UTC)


def build_quarter(number: int) -> NumberedQuarter:
    """Build the quarter of a number; 0 begins on the first day of the province."""
    first = date(p.FIRST_DAY.year + number // 4, number % 4 * 3 + 1, 1)
    return NumberedQuarter(number, first, next_quarter_start(first) - timedelta(days=1))


def find_quarter_number(day: date) -> int:
    """Number of a day's quarter."""
    return 4 * (day.year - p.FIRST_DAY.year) + (day.month - 1) // 3


def make_person_key(index: int) -> int:
    """Key of a person's row."""
    return index + 1


def find_person_index(key: int) -> int:
    """Index of the person with a key."""
    return key - 1


def make_plan_key(people: int, year: int, index: int) -> int:
    """Key of a person's plan of a year."""
    return (year - p.FIRST_DAY.year) * people + index + 1


@dataclass(frozen=True, slots=True)
class LoadFrame:
    """A province with the keys of units and posts, and today's place of each person.

    `unit_key` is the key of each person's unit; `path` that of each unit by key. `position_key` is each person's post
    and `duty_key` that of their additional task (0 = none). `unit_path` and `appraiser_key` are today's, None after
    exit.
    """

    province: Province
    unit_key: Ints
    unit_paths: tuple[str, ...]
    position_key: Ints
    duty_key: Ints
    unit_path: tuple[str | None, ...]
    appraiser_key: tuple[int | None, ...]

    @property
    def final_quarter(self) -> NumberedQuarter:
        """Last drawn quarter."""
        return build_quarter(self.province.settings.quarters - 1)


def build_load_frame(province: Province) -> LoadFrame:
    """Number units and posts, and place everybody as of the last quarter."""
    people = province.people
    paths = _build_unit_paths(province)
    node = list_unit_keys(province)[people.subunit]
    chief = people.head & (people.position_type == PositionTypeCode.JPT)
    office = np.array([s.kind == structure.OFFICE for s in province.organisation.subunits])[people.subunit]
    node = np.where(chief & office, people.unit + ROOT_UNIT_KEY + 1, node)
    position, duty = _number_posts(node, people.title, people.duty)
    serving = province.observed.active[:, -1].tolist()
    boss = province.observed.appraiser[:, -1].tolist()
    return LoadFrame(
        province=province,
        unit_key=node,
        unit_paths=paths,
        position_key=position,
        duty_key=duty,
        unit_path=tuple(paths[key] if here else None for key, here in zip(node.tolist(), serving, strict=True)),
        appraiser_key=tuple(
            make_person_key(one) if here and one >= 0 else None for one, here in zip(boss, serving, strict=True)
        ),
    )


def list_unit_keys(province: Province) -> Ints:
    """Key of each subunit: after the province and its units."""
    organisation = province.organisation
    return ROOT_UNIT_KEY + 1 + len(organisation.units) + np.arange(len(organisation.subunits))


def find_parent_key(province: Province, subunit: int) -> int:
    """Key of the unit above a subunit.

    Subunits below the office belong to the unit itself.
    """
    parts = province.organisation.subunits
    above = parts[subunit].parent
    if above < 0 or parts[above].kind == structure.OFFICE:
        return ROOT_UNIT_KEY + 1 + parts[subunit].unit
    return int(list_unit_keys(province)[above])


def _build_unit_paths(province: Province) -> tuple[str, ...]:
    """Path of each unit by its key; key 0 is no unit."""
    organisation = province.organisation
    paths = ["", f"{ROOT_UNIT_KEY}."]
    paths.extend(f"{ROOT_UNIT_KEY}.{ROOT_UNIT_KEY + 1 + index}." for index in range(len(organisation.units)))
    for index in range(len(organisation.subunits)):
        paths.append(f"{paths[find_parent_key(province, index)]}{len(paths)}.")
    return tuple(paths)


def _number_posts(node: Ints, title: Ints, duty: Ints) -> tuple[Ints, Ints]:
    """Number posts: one for each title in a unit; additional tasks come after."""
    width = int(max(title.max(), duty.max())) + 1
    kinds, post = np.unique(node * width + title, return_inverse=True)
    extra = np.zeros(len(node), dtype=np.int64)
    holds = duty >= 0
    extra[holds] = len(kinds) + 1 + np.arange(int(holds.sum()))
    return post + 1, extra


async def copy_rows(db: Db, table: str, columns: Sequence[str], records: Iterable[Row]) -> int:
    """COPY in chunks; returns the number of rows."""
    return sum([await db.copy(table, columns, chunk) for chunk in _split_chunks(iter(records))])


def _split_chunks(records: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(records, COPY_ROWS)):
        yield chunk


def convert_to_decimals(value: Floats) -> list[Decimal | None]:
    """Numbers ≥ 0 as exact hundredths, None where missing; equal numbers share one object."""
    cents = np.rint(np.nan_to_num(value) * 100).astype(np.int64)
    words: list[Decimal | None] = [Decimal(one).scaleb(-2) for one in range(int(cents.max(initial=0)) + 1)]
    table = np.array([*words, None], dtype=object)
    listed: list[Decimal | None] = table[np.where(np.isnan(value), len(words), cents)].tolist()
    return listed


def convert_to_counts(value: Floats) -> list[int | None]:
    """Counts as whole numbers, None where missing."""
    return [None if one < 0 else one for one in np.nan_to_num(value, nan=-1).astype(np.int64).tolist()]
