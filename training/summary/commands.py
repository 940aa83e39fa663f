"""Publishing the summaries of all units: counted, protected and switched to as a whole."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Due:
    """What a publication is made from: its cut-off, quarter and risk list, who is where, and the units."""

    cutoff_on: date
    quarter: tuple[date, date]
    run_id: int | None
    counted: Sequence[Counted]
    units: Sequence[Unit]


async def publish(work: Work) -> None:
    """Publish, as a part of a job, if there is nothing about the last finished quarter yet.

    There is one publication a quarter. Were it made again after a few people had moved or been evaluated, the
    difference of the two would tell on them. What is shown is worked out between two transactions, so that none stays
    open for seconds. Raises `NotAllowed`.
    """
    async with work.write() as act:
        policy.may(act.actor, policy.Action.PUBLISH_SUMMARIES)
        due = await _due(act)
    if due is not None:
        groups, shown = await asyncio.to_thread(protected, due.units, due.counted)
        async with work.write() as act:
            await _write(act, due, groups, shown)


async def _due(act: Act) -> Due | None:
    quarter = last_quarter(act.today)
    if await store.of_quarter(act.db, quarter[0]) is not None:
        return None
    run_id = await published_run(act.db)
    counted = await store.count(act.db, quarter, run_id, quarter[1].year)
    # The units last, so that nobody was counted in one that is not among them.
    return Due(act.today, quarter, run_id, counted, await store.units(act.db))


async def _write(act: Act, due: Due, groups: Sequence[Group], shown: Counts) -> None:
    starts_on, ends_on = due.quarter
    period = {"cutoff_on": due.cutoff_on, "starts_on": starts_on, "ends_on": ends_on, "year": ends_on.year}
    made = await act.db.first(_MADE, {**period, "run_id": due.run_id, "published_at": act.now})
    if made is None:  # another worker was faster
        return
    head = {"summary_id": made[0], **period}
    names = (*head, "unit_id", "unit_path", "own", "headcount", *COLUMNS)
    await act.db.copy(
        str(UnitSummaryRow.__tablename__), names, ((*head.values(), *row) for row in _rows(groups, shown))
    )
    await act.db.execute(_pointed(made[0]))
    journal.note(act, "PUBLISH_SUMMARIES", ("summary", made[0]))


_MADE: Final = insert(SummaryRow).on_conflict_do_nothing(index_elements=["starts_on"]).returning(col(SummaryRow.id))


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
