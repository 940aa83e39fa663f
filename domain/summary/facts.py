"""Summaries as rules know them: groups of people in a tree, and how they divide into categories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.evaluation.facts import Predikat
from domain.risk.facts import Band


class TrainingProgress(StrEnum):
    """How far a person has come with this year's training: each is counted once, at the furthest."""

    PASSED = "PASSED"
    """Completed a programme and passed (lulus)."""
    ATTENDED = "ATTENDED"
    """Attended a session (mengikuti)."""
    ASSIGNED = "ASSIGNED"
    """Has a seat in a session to come (ditugaskan)."""
    WAITING = "WAITING"
    """Is on a waiting list (daftar tunggu)."""
    ABSENT = "ABSENT"
    """Had a seat and did not come (tidak hadir)."""
    NONE = "NONE"
    """Takes no part so far (belum ikut)."""


@dataclass(frozen=True, slots=True)
class Division:
    """A division of people into categories, by name.

    `sensitive` are the categories saying something about each person in them: where one of them holds a whole
    group, the group's figures would tell on everybody in it. `published_elsewhere` are those of which it is told
    elsewhere how many people all groups together have in them.
    """

    categories: tuple[str, ...]
    sensitive: frozenset[str]
    published_elsewhere: frozenset[str] = frozenset()


NOT_EVALUATED: Final = "NOT_EVALUATED"
"""In place of a predikat, of whom none is on record for the quarter."""

DIVISIONS: Final[Mapping[str, Division]] = {
    "predikat": Division((*Predikat, NOT_EVALUATED), frozenset(Predikat)),
    # How many people have no score is told of each scoring run.
    "band": Division(tuple(Band), frozenset(Band) - {Band.UNKNOWN}, published_elsewhere=frozenset({Band.UNKNOWN})),
    "training": Division(tuple(TrainingProgress), frozenset(TrainingProgress) - {TrainingProgress.NONE}),
}
"""By what the people of a unit are counted: by each of these everybody once."""


@dataclass(frozen=True, slots=True)
class SummaryGroup:
    """People of a unit: those of the unit and all below it, or those working in the unit itself alone.

    `parent` is the place, in a list of groups, of the group that this one is a part of; parents come first.
    """

    unit_id: int
    path: str
    own: bool
    parent: int | None


@dataclass(frozen=True, slots=True)
class ProtectedCounts:
    """Counts of every group: headcounts, and by division and category; None in place of what is not shown."""

    headcount: Sequence[int | None]
    by_division: Mapping[str, Sequence[Sequence[int | None]]]
