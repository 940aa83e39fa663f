"""Advancing the synthetic province by one quarter.

Sessions are held, scores are generated, the business date moves on.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import col

from domain.business_date import commands as calendar
from domain.business_date.quarters import next_quarter_start, quarter_bounds
from domain.job import commands as jobs
from domain.job.facts import JobKind
from domain.job.requests import RequestJob
from domain.ports import CommandContext, Db, JobContext
from kinerja.demo.province_config import ProvinceConfig
from ml.synthetic import generator
from ml.synthetic.loading import frame, load
from ml.synthetic.parameters import COMPLIANCE
from ml.synthetic.province import Ints, Province, SeatSourceCode
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentRow
from training.attendance import commands as records
from training.session.facts import SessionStatus
from training.session.tables import SessionRow


@dataclass(frozen=True, slots=True)
class AdvanceQuarter:
    """The job `ADVANCE_QUARTER` of a configured province; `folder` holds its true effects."""

    folder: Path
    config: ProvinceConfig

    async def __call__(self, work: JobContext, params: Mapping[str, Any]) -> None:
        """Advance the quarter current at the time of the request.

        A retried job has its effect only once.
        """
        asked_on = date.fromisoformat(params["asked_on"])
        async with work.open_transaction() as act:
            if act.today != asked_on:
                return
            await work.report_progress(0, 3, "SESSIONS")
            await close_open_sessions(act, self.config.seed, asked_on)
            trained = await load_attendance(act.db, frame.build_quarter(self.config.quarters).starts_on)
            quarter = frame.find_quarter_number(asked_on)
            await work.report_progress(1, 3, "QUARTER")
            province = await asyncio.to_thread(self.draw_province, quarter, trained)
            await work.report_progress(2, 3, "RECORDS")
            await load.load_next_quarter(act.db, province, quarter)
            await calendar.set_business_date(act.db, next_quarter_start(quarter_bounds(asked_on)[0]))
            await jobs.request_job(act, RequestJob(kind=JobKind.SCORE_RISK))
            await jobs.request_job(act, RequestJob(kind=JobKind.ESTIMATE_EFFECTS))
            # Before the commit: a retry after a crash writes the same content again.
            write_true_effects(self.folder, province)

    def draw_province(self, quarter: int, trained: Mapping[int, Ints]) -> Province:
        """Generate the province up to a quarter.

        After the history only people assigned by users are trained.
        """
        nobody = np.zeros(0, dtype=np.int64)
        later = {each: trained.get(each, nobody) for each in range(self.config.quarters, quarter + 1)}
        return generator.generate_province(self.config.generator_settings(quarter + 1 - self.config.quarters), later)


async def close_open_sessions(act: CommandContext, seed: int, today: date) -> None:
    """Close the quarter's open sessions.

    Absence depends on the seed, the person and the session.
    """
    first, last = quarter_bounds(today)
    rows = await act.db.fetch_all(
        sa.select(col(SessionRow.id), sa.func.array_agg(col(AssignmentRow.person_id)))
        .outerjoin(
            AssignmentRow,
            (col(AssignmentRow.session_id) == col(SessionRow.id))
            & (col(AssignmentRow.status) == AssignmentStatus.ASSIGNED),
        )
        .where(col(SessionRow.status) == SessionStatus.OPEN, col(SessionRow.starts_on).between(first, last))
        .group_by(col(SessionRow.id))
    )
    for session, people in rows:
        absent = [person for person in people or [] if person and not attends_session(seed, person, session)]
        await records.close_session(act, session, absent)


def attends_session(seed: int, person: int, session: int) -> bool:
    """Return true if a person with a seat attends."""
    return bool(np.random.default_rng([seed, person, session]).random() < COMPLIANCE)


async def load_attendance(db: Db, since: date) -> dict[int, Ints]:
    """Load the indices of people with attended sessions since a day, by quarter."""
    rows = await db.fetch_all(
        sa.select(col(SessionRow.starts_on), col(AssignmentRow.person_id))
        .join(AssignmentRow, col(AssignmentRow.session_id) == col(SessionRow.id))
        .where(col(SessionRow.starts_on) >= since, col(AssignmentRow.status) == AssignmentStatus.ATTENDED)
    )
    found: dict[int, list[int]] = {}
    for starts_on, person in rows:
        found.setdefault(frame.find_quarter_number(starts_on), []).append(frame.find_person_index(person))
    return {quarter: np.array(sorted(set(people)), dtype=np.int64) for quarter, people in found.items()}


def write_true_effects(folder: Path, province: Province) -> None:
    """Write the true effects of training for the end of the walkthrough.

    In score points by quarter since training, over selected people and not volunteers, like the estimate. The file
    lies beside the database; no job reads it.
    """
    gain = province.truth.score - province.truth.score_untrained
    picked = np.isin(province.training.source, (SeatSourceCode.LOTTERY, SeatSourceCode.ASSIGNED))
    trained = np.flatnonzero((province.training.trained_in >= 0) & picked)
    since = np.arange(gain.shape[1]) - province.training.trained_in[trained, None]
    active = province.observed.active[trained]
    att = {
        str(period): round(float(gain[trained][(since == period) & active].mean()), 3)
        for period in range(int(since.max(initial=-1)) + 1)
    }
    (folder / "truth.json").write_text(json.dumps(att, indent=1) + "\n")
