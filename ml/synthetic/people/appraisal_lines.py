"""Appraisal lines: a tree from the youngest clerk up to the Sekda, each quarter."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.province import Flags, Floats, Ints, SyntheticSubunit
from ml.synthetic.rng import create_random_stream

NO_APPRAISER = -1


@dataclass(frozen=True, slots=True)
class AppraisalLines:
    """Tree of the first quarter: each person's appraiser, and each subunit's appraisers.

    The head of a subunit comes first.
    """

    appraiser: Ints
    leaders: tuple[Ints, ...]


def count_leaders(sizes: Ints, owner: Ints) -> Ints:
    """Number of appraisers per subunit: each unit has one per 12 people.

    Rounded up, spread over its subunits, none without.
    """
    counts = np.maximum(sizes // p.TEAM_SIZE, 1)
    for unit in np.unique(owner):
        mine = np.flatnonzero(owner == unit)
        missing = -(-int(sizes[mine].sum()) // p.TEAM_SIZE) - int(counts[mine].sum())
        if missing > 0:
            counts[mine[np.argsort(counts[mine] * p.TEAM_SIZE - sizes[mine], kind="stable")[:missing]]] += 1
    return np.minimum(counts, sizes)


def build_appraisal_lines(
    subunits: tuple[SyntheticSubunit, ...], starts: Ints, sizes: Ints, by_seniority: Ints, secretariat: int
) -> AppraisalLines:
    """Build the tree of appraisers.

    `by_seniority` lists the people subunit by subunit, best suited to lead first; `secretariat` is the unit of the
    Sekda, its first office appraises the heads of all units.
    """
    counts = count_leaders(sizes, np.array([s.unit for s in subunits]))
    members = [by_seniority[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    leaders = tuple(people[:count] for people, count in zip(members, counts, strict=True))
    boss = np.full(len(by_seniority), NO_APPRAISER, dtype=np.int64)
    children = _collect_subordinate_heads(subunits, leaders, secretariat)
    for index, people in enumerate(members):
        _assign_subunit(boss, people, leaders[index], children[index])
    return AppraisalLines(boss, leaders)


def _collect_subordinate_heads(
    subunits: tuple[SyntheticSubunit, ...], leaders: tuple[Ints, ...], secretariat: int
) -> list[list[int]]:
    top = next(i for i, s in enumerate(subunits) if s.unit == secretariat and s.parent == NO_APPRAISER)
    children: list[list[int]] = [[] for _ in subunits]
    for index, subunit in enumerate(subunits):
        if index != top:
            children[top if subunit.parent == NO_APPRAISER else subunit.parent].append(int(leaders[index][0]))
    return children


def _assign_subunit(appraiser: Ints, people: Ints, leaders: Ints, children: list[int]) -> None:
    """Assign the appraisers of one subunit in teams of about equal size.

    Leaders come under its head; heads of parts and staff are shared.
    """
    head, staff = leaders[0], people[len(leaders) :]
    upper = _assign_heads_to_leaders(len(children), len(leaders))
    appraiser[leaders[1:]] = head
    appraiser[children] = leaders[upper]
    load = np.bincount(upper, minlength=len(leaders))
    load[0] += len(leaders) - 1
    appraiser[staff] = leaders[balance_teams(load, len(staff))]


def _assign_heads_to_leaders(children: int, leaders: int) -> Ints:
    """Assign heads of parts to leaders, by position.

    Few of them go to the head alone, more to the deputies in turn.
    """
    if children <= p.TEAM_SIZE or leaders == 1:
        return np.zeros(children, dtype=np.int64)
    return 1 + np.arange(children) % (leaders - 1)


def balance_teams(load: Ints, staff: int) -> Ints:
    """Leader of each of `staff` people, with the smallest possible fullest team."""
    level = int(load.min())
    while int(np.maximum(level - load, 0).sum()) < staff:
        level += 1
    room = np.maximum(level - load, 0)
    return np.repeat(np.arange(len(load)), room)[:staff]


@dataclass(frozen=True, slots=True)
class _AppraiserSeats:
    """Seats of appraisers: `appraisers` subunit by subunit, `seat` within a person's own."""

    appraisers: Ints
    first: Ints
    width: Ints
    seat: Ints


def simulate_appraiser_changes(
    lines: AppraisalLines, subunit: Ints, staff: Flags, seed: int, count: int
) -> Iterator[Ints]:
    """Simulate each quarter's appraisers.

    Three people in a hundred move each quarter to another appraiser of their own subunit. Only people appraising
    nobody move, so no cycle can arise.
    """
    places = _locate_appraisers(lines, subunit)
    movable = np.flatnonzero(staff & (places.width > 1))
    rate = p.APPRAISER_CHANGE * len(staff) / max(len(movable), 1)
    boss = lines.appraiser
    yield boss
    for quarter in range(1, count):
        rng = create_random_stream(seed, "appraiser", quarter)
        chosen, step = rng.random(len(boss)) < rate, rng.random(len(boss))
        boss = _move_people(boss, movable[chosen[movable]], step, places)
        yield boss


def _locate_appraisers(lines: AppraisalLines, subunit: Ints) -> _AppraiserSeats:
    width = np.array([len(leaders) for leaders in lines.leaders])
    first = np.concatenate(([0], np.cumsum(width)[:-1]))
    everyone = np.concatenate(lines.leaders)
    seat = np.full(len(subunit), NO_APPRAISER, dtype=np.int64)
    seat[everyone] = np.arange(len(everyone)) - np.repeat(first, width)
    return _AppraiserSeats(everyone, first[subunit], width[subunit], seat)


def _move_people(appraiser: Ints, people: Ints, step: Floats, places: _AppraiserSeats) -> Ints:
    width = places.width[people]
    hop = 1 + (step[people] * (width - 1)).astype(np.int64)
    after = appraiser.copy()
    after[people] = places.appraisers[places.first[people] + (places.seat[appraiser[people]] + hop) % width]
    return after
