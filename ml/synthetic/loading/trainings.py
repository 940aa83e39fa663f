"""Rows of programmes, sessions, eligibility, draws and attendance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

import numpy as np

from domain.ports import Db
from domain.risk.facts import Help
from ml.synthetic.loading.frame import LoadFrame, NumberedQuarter, Row, build_quarter, copy_rows, make_person_key
from ml.synthetic.province import Ints, PositionTypeCode, Province, SeatSourceCode
from training.assignment.facts import AssignmentSource as How
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentBatchRow, AssignmentRow, EligibilityRow
from training.catalogue.facts import ProgrammeKind
from training.catalogue.tables import ProgrammeRow
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow
from training.session.facts import SessionStatus
from training.session.tables import SessionRow

PROGRAMME_COLUMNS: Final = (
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
SESSION_COLUMNS: Final = ("id", "programme_id", "starts_on", "ends_on", "place", "seats", "taken", "status")
BATCH_COLUMNS: Final = (
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
ELIGIBILITY_COLUMNS: Final = (
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
ASSIGNMENT_COLUMNS: Final = (
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
RECORD_COLUMNS: Final = (
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
MAIN_PROGRAMME_KEY: Final = 1
"""Key of the main programme, the one with a history."""
MAIN_JP: Final = 20
GROUP_SIZE: Final = 80
"""Eligible people of one draw; each draw has one session."""
SEATS_PER_SESSION: Final = 40
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
"""Training programmes of the catalogue; the first has a history.

Code, name, kind, kind of driver addressed, hours of learning, description and cost.
"""
SESSION_PLACES: Final = (
    "Kampus BPSDM, Abdul Muis",
    "Kampus BPSDM, Ciganjur",
    "Balai Kota, Blok G",
    "Kantor Wali Kota Jakarta Timur",
    "Kantor Wali Kota Jakarta Selatan",
)
LOTTERY_REASON: Final = "Skor terakhir termasuk yang terendah; kursi diundi di antara yang memenuhi syarat."
VOLUNTEER_REASON: Final = "Atas permintaan sendiri."


@dataclass(frozen=True, slots=True)
class TrainingGroup:
    """People of one draw (or volunteers), in its order, and their session."""

    number: int
    quarter: NumberedQuarter
    source: How
    people: Ints
    seated: int
    starts_on: date

    @property
    def ends_on(self) -> date:
        """Third day of the session."""
        return self.starts_on + timedelta(days=2)

    @property
    def decided_at(self) -> datetime:
        """Time of the decision: 10:00, Jakarta, of the quarter's sixth day."""
        return datetime.combine(self.quarter.starts_on + timedelta(days=5), time(3), UTC)


async def load_trainings(db: Db, frame: LoadFrame) -> None:
    """Write the catalogue, all past draws and sessions, and open sessions.

    The open ones are in the quarter after the last.
    """
    found = list(list_training_groups(frame.province))
    await copy_rows(db, str(ProgrammeRow.__tablename__), PROGRAMME_COLUMNS, _build_programme_rows())
    await copy_rows(db, str(SessionRow.__tablename__), SESSION_COLUMNS, map(_build_past_session_row, found))
    by = make_person_key(find_personnel_head(frame.province))
    await copy_rows(
        db,
        str(AssignmentBatchRow.__tablename__),
        BATCH_COLUMNS,
        (_build_batch_row(frame.province, one, by) for one in found),
    )
    await copy_rows(db, str(EligibilityRow.__tablename__), ELIGIBILITY_COLUMNS, _build_eligibility_rows(frame, found))
    await copy_rows(
        db, str(AssignmentRow.__tablename__), ASSIGNMENT_COLUMNS, _build_assignment_rows(frame, found, by)
    )
    await copy_rows(
        db, str(TrainingRecordRow.__tablename__), RECORD_COLUMNS, _build_training_record_rows(frame, found)
    )
    await open_training_sessions(db, frame.province, build_quarter(frame.final_quarter.number + 1), len(found) + 1)


async def open_training_sessions(db: Db, province: Province, quarter: NumberedQuarter, first_key: int) -> int:
    """Open sessions of every programme in a quarter; returns their number.

    Each has free seats.
    """
    return await copy_rows(
        db,
        str(SessionRow.__tablename__),
        SESSION_COLUMNS,
        _build_open_session_rows(len(province.people), quarter, first_key),
    )


def find_personnel_head(province: Province) -> int:
    """Index of the head of BKD, the deciding person."""
    people = province.people
    unit = next(i for i, one in enumerate(province.organisation.units) if one.short == "BKD")
    return int(
        np.flatnonzero((people.unit == unit) & (people.position_type == PositionTypeCode.JPT) & people.head)[0]
    )


def list_training_groups(province: Province) -> Iterator[TrainingGroup]:
    """List each quarter's draws, then its volunteers.

    A draw holds the eligible people of neighbouring units together.
    """
    training, number = province.training, 0
    for t in range(province.settings.quarters):
        during = build_quarter(t)
        eligible = np.flatnonzero(training.eligible[:, t] & ~np.isnan(training.draw[:, t]))
        parts = np.array_split(eligible, -(-len(eligible) // GROUP_SIZE)) if len(eligible) else []
        for part in parts:
            number += 1
            won = training.seat[part, t] == SeatSourceCode.LOTTERY
            order = part[np.lexsort((training.draw[part, t], ~won))]
            yield TrainingGroup(number, during, How.LOTTERY, order, int(won.sum()), _choose_monday(during, number))
        volunteers = np.flatnonzero(training.seat[:, t] == SeatSourceCode.VOLUNTEER)
        if len(volunteers):
            number += 1
            yield TrainingGroup(
                number, during, How.VOLUNTEER, volunteers, len(volunteers), _choose_monday(during, number)
            )


def _choose_monday(quarter: NumberedQuarter, turn: int) -> date:
    """Choose a Monday of the quarter's first two months, in turn."""
    day = quarter.starts_on + timedelta(days=10)
    return day + timedelta(days=(7 - day.weekday()) % 7 + turn % 5 * 7)


def _build_programme_rows() -> Iterator[Row]:
    for key, (code, name, kind, addresses, jp, description, cost) in enumerate(PROGRAMMES, start=MAIN_PROGRAMME_KEY):
        yield key, code, name, kind, addresses, jp, ORGANISER, description, cost, date(2023, 1, 1)


def _build_past_session_row(group: TrainingGroup) -> Row:
    place = SESSION_PLACES[group.number % len(SESSION_PLACES)]
    return (
        group.number,
        MAIN_PROGRAMME_KEY,
        group.starts_on,
        group.ends_on,
        place,
        group.seated,
        group.seated,
        SessionStatus.HELD,
    )


def _build_open_session_rows(people: int, quarter: NumberedQuarter, first_key: int) -> Iterator[Row]:
    """Build the rows of open sessions.

    About as many seats of the main programme as a quarter usually takes, and one session of each other.
    """
    main = max(2, round(people * 0.06 / SEATS_PER_SESSION))
    wanted = [MAIN_PROGRAMME_KEY] * main + list(range(MAIN_PROGRAMME_KEY + 1, MAIN_PROGRAMME_KEY + len(PROGRAMMES)))
    for turn, programme in enumerate(wanted):
        starts = _choose_monday(quarter, turn)
        ends, place = starts + timedelta(days=2), SESSION_PLACES[turn % len(SESSION_PLACES)]
        yield first_key + turn, programme, starts, ends, place, SEATS_PER_SESSION, 0, SessionStatus.OPEN


def _build_batch_row(province: Province, group: TrainingGroup, decided_by: int) -> Row:
    reason = VOLUNTEER_REASON if group.source is How.VOLUNTEER else LOTTERY_REASON
    size = (group.seated, len(group.people), group.seated)
    return (
        group.number,
        MAIN_PROGRAMME_KEY,
        group.number,
        group.source,
        *size,
        province.settings.seed,
        reason,
        decided_by,
        group.decided_at,
    )


def _build_eligibility_rows(frame: LoadFrame, training_groups: list[TrainingGroup]) -> Iterator[Row]:
    for one in training_groups:
        if one.source is How.LOTTERY:
            for draw, person in enumerate(one.people.tolist(), start=1):
                who = make_person_key(person), frame.unit_path[person], frame.appraiser_key[person]
                yield one.number, MAIN_PROGRAMME_KEY, *who, one.quarter.starts_on, 0, draw, draw <= one.seated


def _number_seats(training_groups: list[TrainingGroup]) -> Iterator[tuple[int, TrainingGroup, int, int]]:
    """Number the seats given: key, group, place in the draw and person."""
    key = 0
    for one in training_groups:
        for draw, person in enumerate(one.people[: one.seated].tolist(), start=1):
            key += 1
            yield key, one, draw, person


def _build_assignment_rows(frame: LoadFrame, training_groups: list[TrainingGroup], decided_by: int) -> Iterator[Row]:
    attended = frame.province.training.attended
    for key, one, draw, i in _number_seats(training_groups):
        came = attended[i, one.quarter.number]
        yield (
            key,
            one.number,
            MAIN_PROGRAMME_KEY,
            one.number,
            make_person_key(i),
            frame.unit_path[i],
            frame.appraiser_key[i],
            one.source,
            AssignmentStatus.ATTENDED if came else AssignmentStatus.ABSENT,
            draw,
            VOLUNTEER_REASON if one.source is How.VOLUNTEER else LOTTERY_REASON,
            decided_by,
            one.decided_at,
        )


def _build_training_record_rows(frame: LoadFrame, training_groups: list[TrainingGroup]) -> Iterator[Row]:
    attended = frame.province.training.attended
    for key, one, _, i in _number_seats(training_groups):
        if attended[i, one.quarter.number]:
            where = (frame.unit_path[i], frame.appraiser_key[i])
            done = (
                MAIN_PROGRAMME_KEY,
                one.number,
                key,
                one.ends_on,
                one.ends_on.year,
                MAIN_JP,
                Outcome.PASSED,
                ORGANISER,
            )
            yield make_person_key(i), *where, *done, f"BPSDM/{one.ends_on.year}/{key:06d}"
