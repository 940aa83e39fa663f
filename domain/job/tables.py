"""The table of long work."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import document, instant, key, number, one_of, ref, scope, text
from domain.job.facts import JobKind, JobStatus


class JobRow(SQLModel, table=True):
    """A piece of long work: who asked for it, how far it is, how it ended."""

    __tablename__ = "job"
    __table_args__ = (
        one_of("kind", JobKind),
        one_of("status", JobStatus),
        sa.CheckConstraint("done BETWEEN 0 AND total", name="done"),
        scope("job"),
    )

    id: int = key()
    kind: JobKind = text()
    status: JobStatus = text()
    step: str | None = text(null=True)
    done: int = number(default=0)
    total: int = number(default=0)
    params: Any = document()
    error: str | None = text(null=True)
    requested_by: int | None = ref("person.id", null=True)
    requested_at: datetime = instant()
    started_at: datetime | None = instant(null=True)
    finished_at: datetime | None = instant(null=True)
