"""A small world written to the database as the service would have it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from domain.business_date.quarters import next_quarter_start
from domain.evaluation.facts import PeriodKind, Predikat, Rating
from domain.ports import Db
from tests.training.improvement.simulation import SimulatedTraining
from training.assignment.facts import AssignmentSource, AssignmentStatus
from training.record.facts import Outcome

FIRST = date(2023, 1, 1)
PROGRAMME = 5
CLUSTERS_FROM = 100
SESSIONS_FROM = 500
Rows = Sequence[Sequence[Any]] | Iterator[Sequence[Any]]


def quarter_starts(quarters: int) -> list[date]:
    """The first days of so many quarters, and of the one after them."""
    days = [FIRST]
    for _ in range(quarters):
        days.append(next_quarter_start(days[-1]))
    return days


async def store_simulation(
    db: Db, world: SimulatedTraining, source: AssignmentSource = AssignmentSource.LOTTERY
) -> date:
    """Write a world; the business date on which all of it is known, the first day after its last quarter."""
    days = quarter_starts(world.panel.periods)
    await store_organisation(db, world)
    await store_evaluations(db, world, days)
    await store_trainings(db, world, days, source)
    return days[-1]


async def store_organisation(db: Db, world: SimulatedTraining) -> None:
    """Units (one for each cluster), one post, people, and a plan for each of them and each year."""
    people, clusters = range(1, len(world.panel.score) + 1), range(int(world.panel.cluster.max()) + 1)
    await db.copy(
        "unit",
        ("id", "code", "name", "kind", "path", "depth", "starts_on"),
        ((CLUSTERS_FROM + each, f"U{each}", f"Unit {each}", "BAGIAN", f"{each}.", 1, FIRST) for each in clusters),
    )
    await db.copy("position", POSITION, [(1, CLUSTERS_FROM, "0.", *POST, 6, 9_999, False, "umum", FIRST)])
    await db.copy(
        "person",
        ("id", "nip", "name", "employment", "unit_id", "unit_path", "joined_on"),
        (
            (each, f"{each:018}", f"Pegawai {each}", "PNS", CLUSTERS_FROM + int(cluster), f"{cluster}.", FIRST)
            for each, cluster in zip(people, world.panel.cluster, strict=True)
        ),
    )
    await db.copy(
        "plan",
        ("id", "person_id", "position_id", "year", "status", "active", "approach", "starts_on", "ends_on"),
        (
            (
                each * 10 + year - 2023,
                each,
                1,
                year,
                "SELESAI",
                True,
                "KUANTITATIF",
                date(year, 1, 1),
                date(year, 12, 31),
            )
            for each in people
            for year in range(2023, 2027)
        ),
    )


POSITION = (
    "id",
    "unit_id",
    "unit_path",
    "title",
    "type",
    "level",
    "job_class",
    "need",
    "structural",
    "family",
    "starts_on",
)
POST = ("Pengadministrasi Perkantoran", "ADMINISTRASI", "PELAKSANA")

EVALUATION = (
    "plan_id",
    "person_id",
    "kind",
    "starts_on",
    "ends_on",
    "results_index",
    "behaviour_index",
    "score",
    "results_rating",
    "behaviour_rating",
    "predikat",
    "predikat_rank",
    "low",
    "rule",
    "version",
    "current",
    "evaluated_by",
    "evaluated_on",
    "recorded_on",
    "recorded_at",
)


def evaluation_record(
    person: int, first: date, score: float, version: int = 1, recorded_on: date | None = None
) -> tuple[Any, ...]:
    """A row of `EVALUATION`, recorded on the quarter's last day unless told otherwise."""
    last = next_quarter_start(first) - timedelta(days=1)
    return (
        person * 10 + first.year - 2023,
        person,
        PeriodKind.TRIWULAN,
        first,
        last,
        Decimal(100),
        Decimal(100),
        Decimal(float(np.clip(score, 0, 120))).quantize(Decimal("0.01")),
        Rating.SESUAI,
        Rating.SESUAI,
        Predikat.BAIK,
        4,
        score < 90,
        "R-EVAL-05",
        version,
        version == 1,
        1,
        last,
        recorded_on or last,
        datetime(2026, 7, 1, 2, tzinfo=UTC),
    )


async def store_evaluations(db: Db, world: SimulatedTraining, days: Sequence[date]) -> None:
    """One evaluation for each score that is not missing; a COPY for each quarter."""
    for column, score in enumerate(world.panel.score.T):
        seen = np.flatnonzero(np.isfinite(score)).tolist()
        # Made before they are sent: what Python takes for them is no time of the statement.
        rows = [evaluation_record(person + 1, days[column], float(score[person])) for person in seen]
        await db.copy("evaluation", EVALUATION, rows)


async def store_trainings(db: Db, world: SimulatedTraining, days: Sequence[date], source: AssignmentSource) -> None:
    """A session and a lottery for each quarter, and a record for each who won."""
    await db.copy(
        "programme",
        ("id", "code", "name", "kind", "addresses", "jp", "organiser", "description", "cost_per_person", "starts_on"),
        [(PROGRAMME, "P5", "Bimbingan", "COACHING", "CANNOT", 20, "BPSDM", "Bimbingan kerja", Decimal(1), FIRST)],
    )
    for column in np.flatnonzero(world.panel.eligible.any(axis=0)):
        await store_lottery(db, world, int(column), days, source)


async def store_lottery(
    db: Db, world: SimulatedTraining, column: int, days: Sequence[date], source: AssignmentSource
) -> None:
    """One quarter's session, batch, eligibility, assignments and records."""
    batch, first, last = SESSIONS_FROM + column, days[column], days[column + 1] - timedelta(days=1)
    stood = np.flatnonzero(world.panel.eligible[:, column])
    won = world.panel.trained[stood] == column
    drawn = [
        (int(person) + 1, place, bool(seat)) for place, (person, seat) in enumerate(zip(stood, won, strict=True), 1)
    ]
    decided = datetime(first.year, first.month, 2, 3, tzinfo=UTC)
    await db.copy(
        "session",
        ("id", "programme_id", "starts_on", "ends_on", "place", "seats", "taken", "status"),
        [(batch, PROGRAMME, first, last, "Aula", len(stood), int(won.sum()), "HELD")],
    )
    await db.copy(
        "assignment_batch", BATCH, [(batch, PROGRAMME, batch, source, *count_seats(won), 1, "uji", 1, decided)]
    )
    await db.copy(
        "eligibility",
        ("batch_id", "programme_id", "person_id", "starts_on", "stratum", "draw", "seated"),
        ((batch, PROGRAMME, person, first, 0, place, seat) for person, place, seat in drawn),
    )
    await db.copy(
        "assignment",
        ASSIGNMENT,
        (
            (
                batch * 100_000 + place,
                batch,
                PROGRAMME,
                batch,
                person,
                source,
                *seat_status(seat, place),
                place,
                "uji",
                1,
                decided,
            )
            for person, place, seat in drawn
        ),
    )
    await db.copy(
        "training_record",
        ("person_id", "programme_id", "assignment_id", "completed_on", "year", "jp", "outcome", "organiser"),
        (
            (person, PROGRAMME, batch * 100_000 + place, last, last.year, 20, Outcome.PASSED, "BPSDM")
            for person, place, seat in drawn
            if seat
        ),
    )


BATCH = (
    "id",
    "programme_id",
    "session_id",
    "source",
    "seats",
    "eligible",
    "seated",
    "seed",
    "reason",
    "decided_by",
    "decided_at",
)

ASSIGNMENT = (
    "id",
    "batch_id",
    "programme_id",
    "session_id",
    "person_id",
    "source",
    "status",
    "waiting_place",
    "draw",
    "reason",
    "decided_by",
    "decided_at",
)


def count_seats(won: Any) -> tuple[int, int, int]:
    """Seats, eligible and seated of a batch."""
    return len(won), len(won), int(won.sum())


def seat_status(seat: bool, place: int) -> tuple[AssignmentStatus, int | None]:
    """An assignment's status and waiting place."""
    return (AssignmentStatus.ATTENDED, None) if seat else (AssignmentStatus.WAITING, place)
