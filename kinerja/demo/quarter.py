"""Letting a quarter pass in the made-up province: sessions are held, scores appear, the business date moves."""

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

from domain.calendar import commands as calendar
from domain.calendar.rules import next_quarter, quarter_of
from domain.job import commands as jobs
from domain.job.facts import JobKind
from domain.job.requests import RequestJob
from domain.ports import Act, Db, Work
from kinerja.demo.wish import Wish
from ml.population import generator, load
from ml.population.loading import frame
from ml.population.parameters import COMPLIANCE
from ml.population.province import Ints, Province, Source
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentRow
from training.record import commands as records
from training.session.facts import SessionStatus
from training.session.tables import SessionRow


@dataclass(frozen=True, slots=True)
class Passing:
    """The job `PASS_QUARTER` of the province of a wish, whose truth is kept in a folder."""

    folder: Path
    wish: Wish

    async def __call__(self, work: Work, params: Mapping[str, Any]) -> None:
        """Let the quarter that was current when this was asked for pass; a job taken up again does it once."""
        asked_on = date.fromisoformat(params["asked_on"])
        async with work.write() as act:
            if act.today != asked_on:
                return
            await work.progress(0, 3, "SESSIONS")
            await hold_sessions(act, self.wish.seed, asked_on)
            trained = await attended(act.db, frame.quarter(self.wish.quarters).starts_on)
            quarter = frame.number_of(asked_on)
            await work.progress(1, 3, "QUARTER")
            province = await asyncio.to_thread(self.draw, quarter, trained)
            await work.progress(2, 3, "RECORDS")
            await load.extend(act.db, province, quarter)
            await calendar.set_day(act.db, next_quarter(quarter_of(asked_on)[0]))
            await jobs.request(act, RequestJob(kind=JobKind.SCORE_RISK))
            await jobs.request(act, RequestJob(kind=JobKind.ESTIMATE_EFFECTS))
            # Before the commit: taken up again after a crash, the job writes the same once more.
            write_truth(self.folder, province)

    def draw(self, quarter: int, trained: Mapping[int, Ints]) -> Province:
        """The province up to a quarter, in which after the history only those are trained whom people assigned."""
        nobody = np.zeros(0, dtype=np.int64)
        later = {each: trained.get(each, nobody) for each in range(self.wish.quarters, quarter + 1)}
        return generator.draw(self.wish.settings(quarter + 1 - self.wish.quarters), later)


async def hold_sessions(act: Act, seed: int, today: date) -> None:
    """Hold the open sessions of the quarter; who stays away depends on the seed, the person and the session."""
    first, last = quarter_of(today)
    rows = await act.db.fetch(
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
        absent = [person for person in people or [] if person and not comes(seed, person, session)]
        await records.close(act, session, absent)


def comes(seed: int, person: int, session: int) -> bool:
    """Whether somebody with a seat comes."""
    return bool(np.random.default_rng([seed, person, session]).random() < COMPLIANCE)


async def attended(db: Db, since: date) -> dict[int, Ints]:
    """The people (indices) who attended sessions since a day, by quarter."""
    rows = await db.fetch(
        sa.select(col(SessionRow.starts_on), col(AssignmentRow.person_id))
        .join(AssignmentRow, col(AssignmentRow.session_id) == col(SessionRow.id))
        .where(col(SessionRow.starts_on) >= since, col(AssignmentRow.status) == AssignmentStatus.ATTENDED)
    )
    found: dict[int, list[int]] = {}
    for starts_on, person in rows:
        found.setdefault(frame.number_of(starts_on), []).append(frame.person_index(person))
    return {quarter: np.array(sorted(set(people)), dtype=np.int64) for quarter, people in found.items()}


def write_truth(folder: Path, province: Province) -> None:
    """Keep what training truly changed for the end of the walk: points by quarter since training.

    Of those who were picked, not of volunteers, as the estimate is. It lies beside the database; no job reads it.
    """
    gain = province.truth.score - province.truth.score_untrained
    picked = np.isin(province.training.source, (Source.LOTTERY, Source.ASSIGNED))
    trained = np.flatnonzero((province.training.trained_in >= 0) & picked)
    since = np.arange(gain.shape[1]) - province.training.trained_in[trained, None]
    active = province.observed.active[trained]
    att = {
        str(period): round(float(gain[trained][(since == period) & active].mean()), 3)
        for period in range(int(since.max(initial=-1)) + 1)
    }
    (folder / "truth.json").write_text(json.dumps(att, indent=1) + "\n")
