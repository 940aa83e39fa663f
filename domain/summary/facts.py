"""Facts of unit summaries: the tree of groups, and divisions into categories."""

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

    `sensitive` categories reveal something about each person in them: if one of them holds a whole group, the group's
    figures reveal it about everybody in it. `published_elsewhere` are categories with their total over all groups
    published in another place.
    """

    categories: tuple[str, ...]
    sensitive: frozenset[str]
    published_elsewhere: frozenset[str] = frozenset()


NOT_EVALUATED: Final = "NOT_EVALUATED"
"""The category of people without a predikat on record for the quarter."""

DIVISIONS: Final[Mapping[str, Division]] = {
    "predikat": Division((*Predikat, NOT_EVALUATED), frozenset(Predikat)),
    # The number of people without a score is published for each scoring run.
    "band": Division(tuple(Band), frozenset(Band) - {Band.UNKNOWN}, published_elsewhere=frozenset({Band.UNKNOWN})),
    "training": Division(tuple(TrainingProgress), frozenset(TrainingProgress) - {TrainingProgress.NONE}),
}
"""The divisions of a unit's people; each counts everybody once."""


@dataclass(frozen=True, slots=True)
class SummaryGroup:
    """A group of people: a unit with all below it, or its own staff (`own`).

    `parent` is the index of the containing group in the list of groups; parents come first.
    """

    unit_id: int
    path: str
    own: bool
    parent: int | None


@dataclass(frozen=True, slots=True)
class ProtectedCounts:
    """Published counts of all groups: headcounts, and counts by division and category.

    None replaces a suppressed count.
    """

    headcount: Sequence[int | None]
    by_division: Mapping[str, Sequence[Sequence[int | None]]]
