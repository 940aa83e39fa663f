"""Access log and audit trail of personal data, for the person concerned and for auditors."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from domain.audit import labels
from domain.audit.facts import ViewKind
from domain.audit.tables import AccessSummaryRow, AuditEntryRow
from resolvers.graph.declarations import (
    ID,
    MatchKind,
    Node,
    column,
    computed_field,
    filter_field,
    filter_input,
    node,
    order_enum,
    single_row,
)
from resolvers.reads import audit as reads

if TYPE_CHECKING:
    from schema.people import Person


@filter_input(AccessSummaryRow)
class AccessSummaryWhere:
    """Filter of the access log; all given conditions must hold."""

    person: ID | None = filter_field(AccessSummaryRow.person_id, MatchKind.REFERENCE)
    """Person with the data shown."""
    actor: ID | None = filter_field(AccessSummaryRow.actor_id, MatchKind.REFERENCE)
    """Person with access to the data."""
    kind: ViewKind | None = filter_field(AccessSummaryRow.looked, MatchKind.EQUALS)
    """Kind of data shown."""
    since: date | None = filter_field(AccessSummaryRow.seen_on, MatchKind.AT_LEAST)
    """First day of the access, inclusive."""
    until: date | None = filter_field(AccessSummaryRow.seen_on, MatchKind.AT_MOST)
    """Last day of the access, inclusive."""


@order_enum(AccessSummaryRow)
class AccessSummaryOrder:
    """Orders of the access log."""

    NEWEST = reads.ACCESS_NEWEST
    """By day of the access, latest first."""


@node(AccessSummaryRow, "lo")
class AccessSummary(Node):
    """Access of one actor to one person's data on one day (log akses)."""

    kind: ViewKind = column(AccessSummaryRow.looked)
    """Kind of data shown."""
    office: str = computed_field(
        labels.office_label, AccessSummaryRow.role, arguments={"language": "Language of the office's name."}
    )
    """Office of the actor, in words (jabatan pengakses)."""
    viewed_on: date = column(AccessSummaryRow.seen_on)
    """Day of the access, in Asia/Jakarta (tanggal akses)."""
    first_at: datetime
    """Time of the first access on the day."""
    last_at: datetime
    """Time of the last access on the day."""
    view_count: int = column(AccessSummaryRow.times)
    """Number of responses with the data on the day."""
    actor: "Person | None" = single_row(AccessSummaryRow.actor_id)
    """Person with access to the data; null for a service, or outside your scope."""
    person: "Person | None" = single_row(AccessSummaryRow.person_id)
    """Person with the data shown; null outside your scope."""


@filter_input(AuditEntryRow)
class AuditWhere:
    """Filter of the audit trail; all given conditions must hold."""

    person: ID | None = filter_field(AuditEntryRow.person_id, MatchKind.REFERENCE)
    """Person concerned by the action."""
    actor: ID | None = filter_field(AuditEntryRow.actor_id, MatchKind.REFERENCE)
    """Person in charge of the action."""
    action: str | None = filter_field(AuditEntryRow.action, MatchKind.EQUALS)
    """Code of the action, such as `RECORD_EVALUATION`."""
    since: date | None = filter_field(reads.ENTRY_DAY, MatchKind.AT_LEAST)
    """First day of the action in Asia/Jakarta, inclusive."""
    until: date | None = filter_field(reads.ENTRY_DAY, MatchKind.AT_MOST)
    """Last day of the action in Asia/Jakarta, inclusive."""


@order_enum(AuditEntryRow)
class AuditOrder:
    """Orders of the audit trail."""

    NEWEST = reads.ENTRY_NEWEST
    """By time of the action, latest first."""


@node(AuditEntryRow, "au")
class AuditEntry(Node):
    """Entry of the audit trail: actor, action, subject, reason and origin (jejak audit)."""

    at: datetime
    """Time of the action."""
    action: str
    """Code of the action, such as `RECORD_EVALUATION`; stable."""
    subject: str = computed_field(labels.subject_label, AuditEntryRow.subject, AuditEntryRow.subject_id)
    """Kind and number of the changed object."""
    office: str = computed_field(
        labels.principal_label,
        AuditEntryRow.principal,
        arguments={"language": "Language of the office's name."},
    )
    """Office of the actor, in words (jabatan pelaku)."""
    reason: str | None
    """Reason given by the actor (alasan)."""
    origin: str
    """Request ID and network address; empty for actions of the service itself."""
    actor: "Person | None" = single_row(AuditEntryRow.actor_id)
    """Person in charge of the action; null for a service, or outside your scope."""
    person: "Person | None" = single_row(AuditEntryRow.person_id)
    """Person concerned by the action; null for none or several, or outside your scope."""
