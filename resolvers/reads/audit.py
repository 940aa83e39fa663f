"""Orders and filters of the audit trail and of access summaries."""

import sqlalchemy as sa
from sqlmodel import col

from domain.audit.tables import AccessSummaryRow, AuditEntryRow
from resolvers.graph.declarations import order

ENTRY_NEWEST = order(col(AuditEntryRow.id).desc())
ACCESS_NEWEST = order(col(AccessSummaryRow.seen_on).desc(), col(AccessSummaryRow.id).desc())

ENTRY_DAY = sa.cast(sa.func.timezone("Asia/Jakarta", col(AuditEntryRow.at)), sa.Date)
"""The day of an audit entry, in Asia/Jakarta."""
