"""Publishing the summaries of all units: counted, protected and switched to as a whole."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import col

from domain import policy
from domain.calendar.rules import last_quarter
from domain.journal import commands as journal
from domain.ports import Act, Work
from domain.risk.facts import Band
from domain.risk.store import published_run
from domain.summary import rules
from domain.summary.facts import DIVISIONS, NOT_EVALUATED, Counts, Group, Training
from domain.summary.tables import PublishedSummaryRow, SummaryRow, UnitSummaryRow
from training.summary import store
from training.summary.store import Counted, Unit


def _columns() -> dict[str, tuple[str, int]]:
    """The column of each category: its division, and its place in it."""
    columns = {}
    for name, division in DIVISIONS.items():
        for place, category in enumerate(division.categories):
            columns["untrained" if category == Training.NONE else category.lower()] = (name, place)
    return columns


COLUMNS: Final = _columns()


async def renew(work: Work) -> None:
    """Publish if it is time, as a part of a job."""
    async with work.write() as act:
        await publish(act)


async def publish(act: Act) -> int:
    """The key of the publication about the last finished quarter: of the one that there is, or of one made now.

    There is one a quarter. Were it made again after a few people had moved or been evaluated, the difference of the
    two would tell on them. Raises `NotAllowed`.
    """
    policy.may(act.actor, policy.Action.PUBLISH_SUMMARIES)
    starts_on, ends_on = last_quarter(act.today)
    found = await store.of_quarter(act.db, starts_on)
    if found is not None:
        return found
    run_id = await published_run(act.db)
    units = await store.units(act.db)
    counted = await store.count(act.db, (starts_on, ends_on), run_id, ends_on.year)
    groups, shown = await asyncio.to_thread(protected, units, counted)
    period = {"cutoff_on": act.today, "starts_on": starts_on, "ends_on": ends_on, "year": ends_on.year}
    made = await act.db.first(_MADE, {**period, "run_id": run_id, "published_at": act.now})
    assert made is not None  # noqa: S101 - an INSERT of one row returns one row
    head = {"summary_id": made[0], **period}
    names = (*head, "unit_id", "unit_path", "own", "headcount", *COLUMNS)
    await act.db.copy(
        str(UnitSummaryRow.__tablename__), names, ((*head.values(), *row) for row in _rows(groups, shown))
    )
    await act.db.execute(_pointed(made[0]))
    journal.note(act, "PUBLISH_SUMMARIES", ("summary", made[0]))
    return made[0]


_MADE: Final = sa.insert(SummaryRow).returning(col(SummaryRow.id))


def _pointed(summary_id: int) -> Insert:
    """The one pointer, made or moved."""
    pointer = insert(PublishedSummaryRow).values(id=1, summary_id=summary_id)
    return pointer.on_conflict_do_update(index_elements=["id"], set_={"summary_id": summary_id})


def protected(units: Sequence[Unit], counted: Sequence[Counted]) -> tuple[list[Group], Counts]:
    """The groups of these units, and what is shown of them."""
    groups, own = arranged(units)
    counts = {name: [[0] * len(division.categories) for _ in groups] for name, division in DIVISIONS.items()}
    for unit, predikat, band, training, people in counted:
        category = {
            "predikat": predikat or NOT_EVALUATED,
            "band": band or Band.UNKNOWN,
            "training": training or Training.NONE,
        }
        for name, division in DIVISIONS.items():
            counts[name][own[unit]][division.categories.index(category[name])] += people
    summed = {name: rules.sums(groups, each) for name, each in counts.items()}
    return groups, rules.protect(groups, DIVISIONS, summed)


def arranged(units: Sequence[Unit]) -> tuple[list[Group], dict[int, int]]:
    """The groups of units, and the place of the one that holds each unit's own people."""
    above = {parent for _, _, parent in units}
    groups: list[Group] = []
    whole: dict[int, int] = {}
    own: dict[int, int] = {}
    for unit, path, parent in units:
        whole[unit] = own[unit] = len(groups)
        groups.append(Group(unit, path, own=False, parent=None if parent is None else whole[parent]))
        if unit in above:
            own[unit] = len(groups)
            groups.append(Group(unit, path, own=True, parent=whole[unit]))
    return groups, own


def _rows(groups: Sequence[Group], shown: Counts) -> Iterator[tuple[object, ...]]:
    """By unit twice: with all below it, and its own people, who are all of them where nothing is below."""
    parents = {group.parent for group in groups}
    for place, group in enumerate(groups):
        figures = [shown.divided[name][place][at] for name, at in COLUMNS.values()]
        row = (group.unit_id, group.path)
        yield (*row, group.own, shown.headcount[place], *figures)
        if not group.own and place not in parents:
            yield (*row, True, shown.headcount[place], *figures)
