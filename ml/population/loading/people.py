"""Rows of people, what is kept for the audit, the posts they hold and their appraisers."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from domain.people.facts import Employment, IncumbencyKind, Sex
from domain.people.tables import AppraiserLineRow, IncumbencyRow, PersonAttributeRow, PersonRow
from domain.ports import Db
from ml.population import parameters as p
from ml.population import positions
from ml.population.inhabitants import DAYS_A_YEAR
from ml.population.loading.frame import Frame, Row, copy, person_key, quarter
from ml.population.province import Ints, Province

PERSON: Final = (
    "id",
    "nip",
    "name",
    "employment",
    "rank",
    "position_id",
    "unit_id",
    "unit_path",
    "appraiser_id",
    "joined_on",
    "left_on",
)
ATTRIBUTE: Final = ("person_id", "sex", "born_on", "disability")
INCUMBENCY: Final = (
    "person_id",
    "position_id",
    "structural",
    "kind",
    "starts_on",
    "ends_on",
    "decree",
    "unit_path",
    "appraiser_id",
)
LINE: Final = ("person_id", "appraiser_id", "starts_on", "ends_on", "unit_path", "todays_appraiser_id")


async def load(db: Db, made: Frame) -> None:
    """Write everybody; whoever leads comes before those he leads, since each row names the appraiser."""
    await copy(db, str(PersonRow.__tablename__), PERSON, _people(made))
    await copy(db, str(PersonAttributeRow.__tablename__), ATTRIBUTE, _attributes(made.province))
    await copy(db, str(IncumbencyRow.__tablename__), INCUMBENCY, _incumbencies(made))
    await copy(db, str(AppraiserLineRow.__tablename__), LINE, _lines(made))


def from_the_top(boss: Ints) -> Ints:
    """Everybody, the Sekda first and each after his appraiser."""
    depth = np.zeros(len(boss), dtype=np.int64)
    above = boss.copy()
    while (above >= 0).any():
        depth += above >= 0
        above = np.where(above >= 0, boss[above], -1)
    return np.argsort(depth, kind="stable")


def left_on(province: Province) -> list[date | None]:
    """Last day of service of each person, None for those who serve."""
    served = province.observed.active.sum(axis=1).tolist()
    ends = [quarter(number).ends_on for number in range(province.settings.quarters)]
    return [None if count == len(ends) else ends[count - 1] for count in served]


def _people(made: Frame) -> Iterator[Row]:
    people, gone = made.province.people, left_on(made.province)
    started = people.started.astype(object)
    for i in from_the_top(made.province.observed.appraiser[:, -1]).tolist():
        here = gone[i] is None
        yield (
            person_key(i),
            str(people.nip[i]),
            people.name[i],
            Employment.PPPK if people.pppk[i] else Employment.PNS,
            positions.RANKS[people.rank[i]],
            int(made.position[i]) if here else None,
            int(made.node[i]) if here else None,
            made.unit_path[i],
            made.appraiser[i],
            started[i],
            gone[i],
        )


def _attributes(province: Province) -> Iterator[Row]:
    people = province.people
    born = people.birth.astype(object)
    for i in range(len(people)):
        sex = Sex.FEMALE if people.female[i] else Sex.MALE
        yield person_key(i), sex, born[i], bool(people.disability[i])


def _incumbencies(made: Frame) -> Iterator[Row]:
    people, gone = made.province.people, left_on(made.province)
    for i in range(len(people)):
        since = p.FIRST_DAY - timedelta(days=int(people.time_in_position[i] * DAYS_A_YEAR))
        decree, here = f"SK-{person_key(i):06d}/BKD/{since.year}", (made.unit_path[i], made.appraiser[i])
        post = int(made.position[i])
        yield person_key(i), post, bool(people.structural[i]), IncumbencyKind.D, since, gone[i], decree, *here
        if made.duty[i]:
            extra = int(made.duty[i])
            yield person_key(i), extra, False, IncumbencyKind.TT, since, gone[i], f"{decree}/TT", *here


def _lines(made: Frame) -> Iterator[Row]:
    """Each person's appraisers as periods: a new one begins with the quarter in which it changed."""
    province = made.province
    boss, gone = province.observed.appraiser, left_on(province)
    changed = boss[:, 1:] != boss[:, :-1]
    starts = [quarter(number).starts_on for number in range(province.settings.quarters)]
    for i in range(len(province.people)):
        turns = [0, *(np.flatnonzero(changed[i]) + 1).tolist()]
        served = int(province.observed.active[i].sum())
        kept = [turn for turn in turns if turn < served]
        for turn, following in zip(kept, [*kept[1:], None], strict=True):
            above = int(boss[i, turn])
            ends = gone[i] if following is None else starts[following] - timedelta(days=1)
            if above >= 0:
                here = made.unit_path[i], made.appraiser[i]
                yield person_key(i), person_key(above), starts[turn], ends, *here
