"""Table of background jobs."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    json_column,
    table_scope,
    text_column,
    timestamp_column,
)
from domain.job.facts import JobKind, JobStatus


class JobRow(SQLModel, table=True):
    """A background job: requester, progress and outcome."""

    __tablename__ = "job"
    __table_args__ = (
        enum_check("kind", JobKind),
        enum_check("status", JobStatus),
        sa.CheckConstraint("done BETWEEN 0 AND total", name="done"),
        table_scope("job"),
    )

    id: int = id_column()
    kind: JobKind = text_column()
    status: JobStatus = text_column()
    step: str | None = text_column(null=True)
    done: int = integer_column(default=0)
    total: int = integer_column(default=0)
    params: Any = json_column()
    error: str | None = text_column(null=True)
    requested_by: int | None = foreign_key_column("person.id", null=True)
    requested_at: datetime = timestamp_column()
    started_at: datetime | None = timestamp_column(null=True)
    finished_at: datetime | None = timestamp_column(null=True)
