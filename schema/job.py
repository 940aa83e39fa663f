"""Background jobs and their progress."""

from datetime import datetime
from typing import TYPE_CHECKING

from domain.job.facts import JobKind, JobStatus
from domain.job.tables import JobRow
from resolvers.graph.declarations import ID, Node, key_input, node, order_enum, single_row
from resolvers.reads import job as reads

if TYPE_CHECKING:
    from schema.people import Person


@key_input(JobRow)
class JobBy:
    """Key of a job."""

    id: ID | None
    """Global ID of the job."""


@order_enum(JobRow)
class JobOrder:
    """Orders of jobs."""

    NEWEST = reads.NEWEST
    """By time of the request, latest first."""


@node(JobRow, "jo")
class Job(Node):
    """Background job (pekerjaan latar belakang)."""

    kind: JobKind
    """Kind of job."""
    status: JobStatus
    """Status of the job."""
    step: str | None
    """Code of the current step."""
    done: int
    """Number of completed units of work."""
    total: int
    """Total number of units of work; 0 if unknown."""
    error: str | None
    """Error message of a failed job."""
    requested_at: datetime
    """Time of the request."""
    started_at: datetime | None
    """Time of the start in a worker."""
    finished_at: datetime | None
    """Time of the end."""
    requested_by: "Person | None" = single_row(JobRow.requested_by)
    """Person in charge of the request; null for a service, or outside your scope."""
