"""Eligibility for a session, and the lottery for scarce seats.

The seed of the lottery is on record: everybody can compute the draw again. The lottery is fair to those waiting, and
it is the reason to believe the estimate of the programme's effect.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from training.assignment.facts import (
    AssignmentSource,
    Candidate,
    DrawPreview,
    LotteryPlace,
    PreviewedCandidate,
    SeatDraw,
)
from training.session.facts import Session, SessionStatus

MAX_STRATA = 4
"""Most strata (groups of like risk) of a lottery, given enough people."""

MIN_STRATUM_SIZE = 10
"""Fewest people to a stratum, so that each has seated and waiting people to compare."""


def is_eligible(candidate: Candidate) -> bool:
    """Eligibility: the session can help this person.

    Not eligible: the hindered (the system is to be mended, not the person trained), those with the programme behind
    them or on their way to it, and those in another session on the same days.
    """
    return not (candidate.hindered or candidate.already_trained or candidate.schedule_conflict)


def is_open(session: Session, today: date) -> bool:
    """True while a session still takes participants."""
    return session.status is SessionStatus.OPEN and session.starts_on >= today


def lottery_ticket(seed: int, person_id: int) -> bytes:
    """A person's ticket in a lottery: SHA-256 of `seed:person`; lower tickets come first."""
    return hashlib.sha256(f"{seed}:{person_id}".encode()).digest()


def count_strata(eligible: int) -> int:
    """Number of strata (groups of like risk) for a number of people."""
    return max(1, min(MAX_STRATA, eligible // MIN_STRATUM_SIZE))


def allocate_seats(sizes: Sequence[int], seats: int) -> list[int]:
    """Allocate seats to strata in proportion to size, by largest remainders.

    They add up to `seats`.
    """
    total = sum(sizes)
    if seats >= total:
        return list(sizes)
    whole = [seats * size // total for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda place: (-(seats * sizes[place] % total), place))
    for place in by_remainder[: seats - sum(whole)]:
        whole[place] += 1
    return whole


def select_candidates(candidates: Sequence[Candidate], limit: int) -> tuple[list[Candidate], list[Candidate]]:
    """The first `limit` eligible candidates by rank, and the ineligible ones before them."""
    eligible: list[Candidate] = []
    left_out: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda each: each.rank):
        if len(eligible) == limit:
            break
        (eligible if is_eligible(candidate) else left_out).append(candidate)
    return eligible, left_out


def draw_lottery(session: Session, candidates: Sequence[Candidate], seats: int, limit: int, seed: int) -> SeatDraw:
    """Draw seats for the top of a risk list by lottery within strata.

    With seats for all there is no lottery. The same seed and people give the same draw, in any order of the people.
    """
    eligible, left_out = select_candidates(candidates, limit)
    groups = count_strata(len(eligible))
    stratum = {each.person_id: place * groups // len(eligible) for place, each in enumerate(eligible)}
    sizes = [sum(1 for each in stratum.values() if each == group) for group in range(groups)]
    by_ticket = sorted(eligible, key=lambda each: (stratum[each.person_id], lottery_ticket(seed, each.person_id)))
    seated: set[int] = set()
    for share, (_, members) in zip(
        allocate_seats(sizes, seats), groupby(by_ticket, key=lambda each: stratum[each.person_id]), strict=False
    ):
        seated |= {each.person_id for each in list(members)[:share]}
    order = sorted(eligible, key=lambda each: (each.person_id not in seated, lottery_ticket(seed, each.person_id)))
    return SeatDraw(
        session_id=session.id,
        programme_id=session.programme_id,
        seats=seats,
        seed=seed,
        source=AssignmentSource.LOTTERY if len(eligible) > seats else AssignmentSource.ENOUGH_SEATS,
        places=tuple(
            LotteryPlace(each, stratum[each.person_id], place, each.person_id in seated)
            for place, each in enumerate(order, start=1)
        ),
        excluded=tuple(left_out),
    )


def summarise_draw(draw: SeatDraw, cost_per_person: Decimal) -> DrawPreview:
    """Expected outcome of a draw, without the winners."""
    seated = sum(each.seated for each in draw.places)
    everybody = [each.candidate for each in draw.places] + list(draw.excluded)
    return DrawPreview(
        seats=draw.seats,
        eligible_count=len(draw.places),
        seated_count=seated,
        waiting_count=len(draw.places) - seated,
        strata_count=len({each.stratum for each in draw.places}),
        hindered_count=sum(each.hindered for each in draw.excluded),
        already_trained_count=sum(each.already_trained for each in draw.excluded),
        schedule_conflict_count=sum(each.schedule_conflict for each in draw.excluded),
        cost=seated * cost_per_person,
        candidates=tuple(
            PreviewedCandidate(
                person_id=each.person_id,
                rank=each.rank,
                band=each.band,
                eligible=is_eligible(each),
                hindered=each.hindered,
                already_trained=each.already_trained,
                schedule_conflict=each.schedule_conflict,
            )
            for each in sorted(everybody, key=lambda each: each.rank)
        ),
    )
