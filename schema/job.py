"""Long work and how far it is."""

from datetime import datetime
from typing import TYPE_CHECKING

from domain.job.facts import JobKind, JobStatus
from domain.job.tables import JobRow
from resolvers.graph.declarations import Node, node, order_enum, single_row
from resolvers.reads import job as reads

if TYPE_CHECKING:
    from schema.people import Person


@order_enum(JobRow)
class JobOrder:
    """Orders of a list of jobs."""

    NEWEST = reads.NEWEST
    """The latest first."""


@node(JobRow, "jo")
class Job(Node):
    """A piece of long work."""

    kind: JobKind
    """What it does."""
    status: JobStatus
    """Where it stands."""
    step: str | None
    """What it is doing now, as a short code."""
    done: int
    """How much of it is done."""
    total: int
    """How much there is to do; 0 while that is not known."""
    error: str | None
    """Why it was given up."""
    requested_at: datetime
    """When it was asked for."""
    started_at: datetime | None
    """When a worker took it up."""
    finished_at: datetime | None
    """When it ended."""
    requested_by: "Person | None" = single_row(JobRow.requested_by)
    """Who asked for it, if you may see him."""
