"""Rows of people, their audit attributes, posts and appraisers."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from domain.people.facts import Employment, IncumbencyKind, Sex
from domain.people.tables import AppraiserLineRow, IncumbencyRow, PersonAttributeRow, PersonRow
from domain.ports import Db
from ml.synthetic import parameters as p
from ml.synthetic.loading.frame import LoadFrame, Row, build_quarter, copy_rows, make_person_key
from ml.synthetic.people import positions
from ml.synthetic.people.population import DAYS_A_YEAR
from ml.synthetic.province import Ints, Province

PERSON_COLUMNS: Final = (
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
ATTRIBUTE_COLUMNS: Final = ("person_id", "sex", "born_on", "disability")
INCUMBENCY_COLUMNS: Final = (
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
LINE_COLUMNS: Final = ("person_id", "appraiser_id", "starts_on", "ends_on", "unit_path", "todays_appraiser_id")


async def load_people(db: Db, frame: LoadFrame) -> None:
    """Write everybody, leaders before their people: each row names the appraiser."""
    await copy_rows(db, str(PersonRow.__tablename__), PERSON_COLUMNS, _build_person_rows(frame))
    await copy_rows(
        db, str(PersonAttributeRow.__tablename__), ATTRIBUTE_COLUMNS, _build_attribute_rows(frame.province)
    )
    await copy_rows(db, str(IncumbencyRow.__tablename__), INCUMBENCY_COLUMNS, _build_incumbency_rows(frame))
    await copy_rows(db, str(AppraiserLineRow.__tablename__), LINE_COLUMNS, _build_line_rows(frame))


def order_top_down(appraiser: Ints) -> Ints:
    """Order everybody top down: the Sekda first and each after their appraiser."""
    depth = np.zeros(len(appraiser), dtype=np.int64)
    above = appraiser.copy()
    while (above >= 0).any():
        depth += above >= 0
        above = np.where(above >= 0, appraiser[above], -1)
    return np.argsort(depth, kind="stable")


def list_exit_days(province: Province) -> list[date | None]:
    """Last day of service of each person, None for active people."""
    served = province.observed.active.sum(axis=1).tolist()
    ends = [build_quarter(number).ends_on for number in range(province.settings.quarters)]
    return [None if count == len(ends) else ends[count - 1] for count in served]


def _build_person_rows(frame: LoadFrame) -> Iterator[Row]:
    people, gone = frame.province.people, list_exit_days(frame.province)
    started = people.started.astype(object)
    for i in order_top_down(frame.province.observed.appraiser[:, -1]).tolist():
        here = gone[i] is None
        yield (
            make_person_key(i),
            str(people.nip[i]),
            people.name[i],
            Employment.PPPK if people.pppk[i] else Employment.PNS,
            positions.RANKS[people.rank[i]],
            int(frame.position_key[i]) if here else None,
            int(frame.unit_key[i]) if here else None,
            frame.unit_path[i],
            frame.appraiser_key[i],
            started[i],
            gone[i],
        )


def _build_attribute_rows(province: Province) -> Iterator[Row]:
    people = province.people
    born = people.birth.astype(object)
    for i in range(len(people)):
        sex = Sex.FEMALE if people.female[i] else Sex.MALE
        yield make_person_key(i), sex, born[i], bool(people.disability[i])


def _build_incumbency_rows(frame: LoadFrame) -> Iterator[Row]:
    people, gone = frame.province.people, list_exit_days(frame.province)
    for i in range(len(people)):
        since = p.FIRST_DAY - timedelta(days=int(people.time_in_position[i] * DAYS_A_YEAR))
        decree, here = f"SK-{make_person_key(i):06d}/BKD/{since.year}", (frame.unit_path[i], frame.appraiser_key[i])
        post = int(frame.position_key[i])
        yield make_person_key(i), post, bool(people.structural[i]), IncumbencyKind.D, since, gone[i], decree, *here
        if frame.duty_key[i]:
            extra = int(frame.duty_key[i])
            yield make_person_key(i), extra, False, IncumbencyKind.TT, since, gone[i], f"{decree}/TT", *here


def _build_line_rows(frame: LoadFrame) -> Iterator[Row]:
    """Build each person's appraisers as periods.

    A new one begins with the quarter of the change.
    """
    province = frame.province
    boss, gone = province.observed.appraiser, list_exit_days(province)
    changed = boss[:, 1:] != boss[:, :-1]
    starts = [build_quarter(number).starts_on for number in range(province.settings.quarters)]
    for i in range(len(province.people)):
        turns = [0, *(np.flatnonzero(changed[i]) + 1).tolist()]
        served = int(province.observed.active[i].sum())
        kept = [turn for turn in turns if turn < served]
        for turn, following in zip(kept, [*kept[1:], None], strict=True):
            above = int(boss[i, turn])
            ends = gone[i] if following is None else starts[following] - timedelta(days=1)
            if above >= 0:
                here = frame.unit_path[i], frame.appraiser_key[i]
                yield make_person_key(i), make_person_key(above), starts[turn], ends, *here
