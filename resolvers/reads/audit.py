"""Orders and filters of the audit trail and of looks."""

import sqlalchemy as sa
from sqlmodel import col

from domain.audit.tables import LookRow
from domain.journal.tables import AuditEntryRow
from resolvers.graph.words import order

ENTRY_NEWEST = order(col(AuditEntryRow.id).desc())
LOOK_NEWEST = order(col(LookRow.seen_on).desc(), col(LookRow.id).desc())

DAY = sa.cast(sa.func.timezone("Asia/Jakarta", col(AuditEntryRow.at)), sa.Date)
"""The day on which something was done, in Asia/Jakarta."""
