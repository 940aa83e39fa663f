"""Publication of the summaries of all units: count, disclosure control, switch-over as a whole."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import col

from domain.access import policy
from domain.audit import trail
from domain.business_date.quarters import last_finished_quarter
from domain.ports import CommandContext, JobContext
from domain.risk.facts import Band
from domain.risk.store import load_published_run_id
from domain.summary import disclosure_control
from domain.summary.facts import DIVISIONS, NOT_EVALUATED, ProtectedCounts, SummaryGroup, TrainingProgress
from domain.summary.tables import PublishedSummaryRow, SummaryRow, UnitSummaryRow
from training.summary import store
from training.summary.store import CategoryCount, UnitNode


def _category_columns() -> dict[str, tuple[str, int]]:
    """The column of each category: its division, and its index within it."""
    columns = {}
    for name, division in DIVISIONS.items():
        for place, category in enumerate(division.categories):
            columns["untrained" if category == TrainingProgress.NONE else category.lower()] = (name, place)
    return columns


CATEGORY_COLUMNS: Final = _category_columns()


@dataclass(frozen=True, slots=True)
class PublicationInput:
    """Input of a publication: cut-off, quarter, risk list, places of people, units."""

    cutoff_on: date
    quarter: tuple[date, date]
    run_id: int | None
    category_counts: Sequence[CategoryCount]
    units: Sequence[UnitNode]


async def publish_summaries(job: JobContext) -> None:
    """Publish the summaries of the last finished quarter once, within a job.

    There is one publication a quarter; an existing one is left alone. A second one, after a few people had moved or
    been evaluated, would disclose their data by the difference of the two. The protected counts are computed between
    two transactions, so none stays open for seconds. Raises `NotAllowed`.
    """
    async with job.open_transaction() as act:
        policy.require_permission(act.actor, policy.Action.PUBLISH_SUMMARIES)
        due = await _load_publication_input(act)
    if due is not None:
        groups, shown = await asyncio.to_thread(protect_summaries, due.units, due.category_counts)
        async with job.open_transaction() as act:
            await _write_publication(act, due, groups, shown)


async def _load_publication_input(context: CommandContext) -> PublicationInput | None:
    quarter = last_finished_quarter(context.today)
    if await store.find_summary_id(context.db, quarter[0]) is not None:
        return None
    run_id = await load_published_run_id(context.db)
    counted = await store.count_people(context.db, quarter, run_id, quarter[1].year)
    # The units last, so that nobody was counted in one that is not among them.
    return PublicationInput(context.today, quarter, run_id, counted, await store.load_unit_tree(context.db))


async def _write_publication(
    context: CommandContext, publication: PublicationInput, groups: Sequence[SummaryGroup], shown: ProtectedCounts
) -> None:
    starts_on, ends_on = publication.quarter
    period = {"cutoff_on": publication.cutoff_on, "starts_on": starts_on, "ends_on": ends_on, "year": ends_on.year}
    made = await context.db.fetch_one(
        _INSERT_SUMMARY, {**period, "run_id": publication.run_id, "published_at": context.now}
    )
    if made is None:  # another worker was faster
        return
    head = {"summary_id": made[0], **period}
    names = (*head, "unit_id", "unit_path", "own", "headcount", *CATEGORY_COLUMNS)
    await context.db.copy(
        str(UnitSummaryRow.__tablename__), names, ((*head.values(), *row) for row in _summary_records(groups, shown))
    )
    await context.db.execute(_point_to_summary(made[0]))
    trail.write_audit_entry(context, "PUBLISH_SUMMARIES", ("summary", made[0]))


_INSERT_SUMMARY: Final = (
    insert(SummaryRow).on_conflict_do_nothing(index_elements=["starts_on"]).returning(col(SummaryRow.id))
)


def _point_to_summary(summary_id: int) -> Insert:
    """Insert or update the single pointer to the current publication."""
    pointer = insert(PublishedSummaryRow).values(id=1, summary_id=summary_id)
    return pointer.on_conflict_do_update(index_elements=["id"], set_={"summary_id": summary_id})


def protect_summaries(
    units: Sequence[UnitNode], category_counts: Sequence[CategoryCount]
) -> tuple[list[SummaryGroup], ProtectedCounts]:
    """The groups of these units, and their protected counts."""
    groups, own = arrange_groups(units)
    counts = {name: [[0] * len(division.categories) for _ in groups] for name, division in DIVISIONS.items()}
    for unit, predikat, band, training, people in category_counts:
        category = {
            "predikat": predikat or NOT_EVALUATED,
            "band": band or Band.UNKNOWN,
            "training": training or TrainingProgress.NONE,
        }
        for name, division in DIVISIONS.items():
            counts[name][own[unit]][division.categories.index(category[name])] += people
    summed = {name: disclosure_control.sum_groups(groups, each) for name, each in counts.items()}
    return groups, disclosure_control.protect_counts(groups, DIVISIONS, summed)


def arrange_groups(units: Sequence[UnitNode]) -> tuple[list[SummaryGroup], dict[int, int]]:
    """The groups of units, and the index of each unit's own people."""
    above = {parent for _, _, parent in units}
    groups: list[SummaryGroup] = []
    whole: dict[int, int] = {}
    own: dict[int, int] = {}
    for unit, path, parent in units:
        whole[unit] = own[unit] = len(groups)
        groups.append(SummaryGroup(unit, path, own=False, parent=None if parent is None else whole[parent]))
        if unit in above:
            own[unit] = len(groups)
            groups.append(SummaryGroup(unit, path, own=True, parent=whole[unit]))
    return groups, own


def _summary_records(groups: Sequence[SummaryGroup], shown: ProtectedCounts) -> Iterator[tuple[object, ...]]:
    """Two records for each unit: with all units below it, and its own people.

    For a unit without subunits its own people are all of them.
    """
    parents = {group.parent for group in groups}
    for place, group in enumerate(groups):
        figures = [shown.by_division[name][place][at] for name, at in CATEGORY_COLUMNS.values()]
        row = (group.unit_id, group.path)
        yield (*row, group.own, shown.headcount[place], *figures)
        if not group.own and place not in parents:
            yield (*row, True, shown.headcount[place], *figures)
