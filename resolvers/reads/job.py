"""Orders of jobs."""

from sqlmodel import col

from domain.job.tables import JobRow
from resolvers.graph.declarations import order

NEWEST = order(col(JobRow.id).desc())
