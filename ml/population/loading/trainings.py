"""Rows of programmes and sessions, of who was eligible and drawn, and of who came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

import numpy as np

from domain.ports import Db
from domain.risk.facts import Help
from ml.population.loading.frame import Frame, Quarter, Row, copy, person_key, quarter
from ml.population.province import Ints, PositionType, Province, Source
from training.assignment.facts import AssignmentStatus
from training.assignment.facts import Source as How
from training.assignment.tables import AssignmentBatchRow, AssignmentRow, EligibilityRow
from training.catalogue.facts import ProgrammeKind
from training.catalogue.tables import ProgrammeRow
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow
from training.session.facts import SessionStatus
from training.session.tables import SessionRow

PROGRAMME: Final = (
    "id",
    "code",
    "name",
    "kind",
    "addresses",
    "jp",
    "organiser",
    "description",
    "cost_per_person",
    "starts_on",
)
SESSION: Final = ("id", "programme_id", "starts_on", "ends_on", "place", "seats", "taken", "status")
BATCH: Final = (
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
ELIGIBILITY: Final = (
    "batch_id",
    "programme_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "starts_on",
    "stratum",
    "draw",
    "seated",
)
ASSIGNMENT: Final = (
    "id",
    "batch_id",
    "programme_id",
    "session_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "source",
    "status",
    "draw",
    "reason",
    "decided_by",
    "decided_at",
)
RECORD: Final = (
    "person_id",
    "unit_path",
    "appraiser_id",
    "programme_id",
    "session_id",
    "assignment_id",
    "completed_on",
    "year",
    "jp",
    "outcome",
    "organiser",
    "certificate",
)

ORGANISER: Final = "BPSDM Provinsi Daerah Khusus Jakarta"
MAIN: Final = 1
"""Key of the programme that the province ran."""
MAIN_JP: Final = 20
GROUP: Final = 80
"""Eligible people of one draw, for whom one session is held."""
SEATS: Final = 40
PROGRAMMES: Final = (
    (
        "BIMTEK-KINERJA",
        "Bimbingan Teknis Peningkatan Kinerja Individu",
        ProgrammeKind.BIMBINGAN_TEKNIS,
        Help.CANNOT,
        MAIN_JP,
        "Tiga hari latihan menetapkan prioritas, bekerja dengan bukti dan memakai umpan balik, lalu pendampingan.",
        Decimal(1_850_000),
    ),
    (
        "COACHING-ATASAN",
        "Coaching Kinerja oleh Atasan Terlatih",
        ProgrammeKind.COACHING,
        Help.CANNOT,
        12,
        "Enam pertemuan antara pegawai dan atasan yang terlatih, dengan lembar umpan balik B.1.8 dan B.1.9.",
        Decimal(600_000),
    ),
    (
        "SOSIALISASI-EKINERJA",
        "Sosialisasi Pengelolaan Kinerja dan Progres Harian",
        ProgrammeKind.SOSIALISASI,
        Help.UNAWARE,
        4,
        "Mengapa progres harian diisi, bagaimana dinilai, dan apa gunanya bagi pegawai.",
        Decimal(150_000),
    ),
    (
        "ELEARNING-LAYANAN",
        "E-learning Pelayanan Publik yang Tanggap",
        ProgrammeKind.E_LEARNING,
        Help.CANNOT,
        8,
        "Belajar mandiri tentang menangani aduan warga dengan cepat dan tuntas.",
        Decimal(90_000),
    ),
    (
        "DIALOG-PERUBAHAN",
        "Dialog Perubahan Bersama Agen Perubahan",
        ProgrammeKind.KOMUNITAS_BELAJAR,
        Help.UNAWARE,
        6,
        "Kelompok kecil membicarakan perubahan cara kerja dan hambatannya.",
        Decimal(200_000),
    ),
)
"""Code, name, kind, what it helps against, hours of learning, description and cost; the first has a history."""
PLACES: Final = (
    "Kampus BPSDM, Abdul Muis",
    "Kampus BPSDM, Ciganjur",
    "Balai Kota, Blok G",
    "Kantor Wali Kota Jakarta Timur",
    "Kantor Wali Kota Jakarta Selatan",
)
DRAWN: Final = "Skor terakhir termasuk yang terendah; kursi diundi di antara yang memenuhi syarat."
ASKED: Final = "Atas permintaan sendiri."


@dataclass(frozen=True, slots=True)
class Group:
    """People of one draw (or volunteers), in the order of the draw, and their session."""

    number: int
    during: Quarter
    source: How
    people: Ints
    seated: int
    starts_on: date

    @property
    def ends_on(self) -> date:
        """The third day of the session."""
        return self.starts_on + timedelta(days=2)

    @property
    def decided_at(self) -> datetime:
        """Ten in the morning, Jakarta, of the quarter's sixth day."""
        return datetime.combine(self.during.starts_on + timedelta(days=5), time(3), UTC)


async def load(db: Db, made: Frame) -> None:
    """Write the catalogue, all that was drawn and attended, and open sessions for the quarter after the last."""
    found = list(groups(made.province))
    await copy(db, str(ProgrammeRow.__tablename__), PROGRAMME, _programmes())
    await copy(db, str(SessionRow.__tablename__), SESSION, map(_held, found))
    by = person_key(head_of_personnel(made.province))
    await copy(db, str(AssignmentBatchRow.__tablename__), BATCH, (_batch(made.province, one, by) for one in found))
    await copy(db, str(EligibilityRow.__tablename__), ELIGIBILITY, _eligible(made, found))
    await copy(db, str(AssignmentRow.__tablename__), ASSIGNMENT, _assigned(made, found, by))
    await copy(db, str(TrainingRecordRow.__tablename__), RECORD, _records(made, found))
    await offer(db, made.province, quarter(made.last.number + 1), len(found) + 1)


async def offer(db: Db, province: Province, during: Quarter, first_key: int) -> int:
    """Open sessions of every programme in a quarter, each with free seats; the number of sessions."""
    return await copy(db, str(SessionRow.__tablename__), SESSION, _open(len(province.people), during, first_key))


def head_of_personnel(province: Province) -> int:
    """Index of the head of BKD, who decides."""
    people = province.people
    unit = next(i for i, one in enumerate(province.organisation.units) if one.short == "BKD")
    return int(np.flatnonzero((people.unit == unit) & (people.position_type == PositionType.JPT) & people.head)[0])


def groups(province: Province) -> Iterator[Group]:
    """Each quarter's draws, the eligible of neighbouring units together, then its volunteers."""
    training, number = province.training, 0
    for t in range(province.settings.quarters):
        during = quarter(t)
        eligible = np.flatnonzero(training.eligible[:, t] & ~np.isnan(training.draw[:, t]))
        parts = np.array_split(eligible, -(-len(eligible) // GROUP)) if len(eligible) else []
        for part in parts:
            number += 1
            won = training.seat[part, t] == Source.LOTTERY
            order = part[np.lexsort((training.draw[part, t], ~won))]
            yield Group(number, during, How.LOTTERY, order, int(won.sum()), _monday(during, number))
        volunteers = np.flatnonzero(training.seat[:, t] == Source.VOLUNTEER)
        if len(volunteers):
            number += 1
            yield Group(number, during, How.VOLUNTEER, volunteers, len(volunteers), _monday(during, number))


def _monday(during: Quarter, turn: int) -> date:
    """A Monday of the quarter's first two months, in turn."""
    day = during.starts_on + timedelta(days=10)
    return day + timedelta(days=(7 - day.weekday()) % 7 + turn % 5 * 7)


def _programmes() -> Iterator[Row]:
    for key, (code, name, kind, addresses, jp, description, cost) in enumerate(PROGRAMMES, start=MAIN):
        yield key, code, name, kind, addresses, jp, ORGANISER, description, cost, date(2023, 1, 1)


def _held(one: Group) -> Row:
    place = PLACES[one.number % len(PLACES)]
    return one.number, MAIN, one.starts_on, one.ends_on, place, one.seated, one.seated, SessionStatus.HELD


def _open(people: int, during: Quarter, first_key: int) -> Iterator[Row]:
    """About as many seats of the main programme as a quarter usually takes, and one session of each other."""
    main = max(2, round(people * 0.06 / SEATS))
    wanted = [MAIN] * main + list(range(MAIN + 1, MAIN + len(PROGRAMMES)))
    for turn, programme in enumerate(wanted):
        starts = _monday(during, turn)
        ends, place = starts + timedelta(days=2), PLACES[turn % len(PLACES)]
        yield first_key + turn, programme, starts, ends, place, SEATS, 0, SessionStatus.OPEN


def _batch(province: Province, one: Group, by: int) -> Row:
    reason = ASKED if one.source is How.VOLUNTEER else DRAWN
    size = (one.seated, len(one.people), one.seated)
    return one.number, MAIN, one.number, one.source, *size, province.settings.seed, reason, by, one.decided_at


def _eligible(made: Frame, found: list[Group]) -> Iterator[Row]:
    for one in found:
        if one.source is How.LOTTERY:
            for draw, person in enumerate(one.people.tolist(), start=1):
                who = person_key(person), made.unit_path[person], made.appraiser[person]
                yield one.number, MAIN, *who, one.during.starts_on, 0, draw, draw <= one.seated


def _seats(found: list[Group]) -> Iterator[tuple[int, Group, int, int]]:
    """Key, group, place in the draw and person of every seat that was given."""
    key = 0
    for one in found:
        for draw, person in enumerate(one.people[: one.seated].tolist(), start=1):
            key += 1
            yield key, one, draw, person


def _assigned(made: Frame, found: list[Group], by: int) -> Iterator[Row]:
    attended = made.province.training.attended
    for key, one, draw, i in _seats(found):
        came = attended[i, one.during.number]
        yield (
            key,
            one.number,
            MAIN,
            one.number,
            person_key(i),
            made.unit_path[i],
            made.appraiser[i],
            one.source,
            AssignmentStatus.ATTENDED if came else AssignmentStatus.ABSENT,
            draw,
            ASKED if one.source is How.VOLUNTEER else DRAWN,
            by,
            one.decided_at,
        )


def _records(made: Frame, found: list[Group]) -> Iterator[Row]:
    attended = made.province.training.attended
    for key, one, _, i in _seats(found):
        if attended[i, one.during.number]:
            where = (made.unit_path[i], made.appraiser[i])
            done = (MAIN, one.number, key, one.ends_on, one.ends_on.year, MAIN_JP, Outcome.PASSED, ORGANISER)
            yield person_key(i), *where, *done, f"BPSDM/{one.ends_on.year}/{key:06d}"
