"""Who looked at whom, and what was done: for each person about himself, and for auditors."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from domain.audit import labels
from domain.audit.facts import Looked
from domain.audit.tables import AccessSummaryRow, AuditEntryRow
from resolvers.graph.declarations import (
    ID,
    MatchKind,
    Node,
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
class LookWhere:
    """Which looks to list; all that is given must hold."""

    person: ID | None = filter_field(AccessSummaryRow.person_id, MatchKind.REFERENCE)
    """At this person."""
    actor: ID | None = filter_field(AccessSummaryRow.actor_id, MatchKind.REFERENCE)
    """By this person."""
    looked: Looked | None = filter_field(AccessSummaryRow.looked, MatchKind.EQUALS)
    """Of this kind."""
    since: date | None = filter_field(AccessSummaryRow.seen_on, MatchKind.AT_LEAST)
    """On this day or later."""
    until: date | None = filter_field(AccessSummaryRow.seen_on, MatchKind.AT_MOST)
    """On this day or earlier."""


@order_enum(AccessSummaryRow)
class LookOrder:
    """Orders of looks."""

    NEWEST = reads.ACCESS_NEWEST
    """The latest day first."""


@node(AccessSummaryRow, "lo")
class Look(Node):
    """That somebody was shown something of a person on a day."""

    looked: Looked
    """What was shown."""
    office: str = computed_field(
        labels.office_label,
        AccessSummaryRow.role,
        arguments={"language": "The language in which the office is named."},
    )
    """The office that somebody looked from, in words."""
    seen_on: date
    """The day, in Asia/Jakarta."""
    first_at: datetime
    """When it was shown first on that day."""
    last_at: datetime
    """When it was shown last on that day."""
    times: int
    """In how many answers it was shown on that day."""
    actor: "Person | None" = single_row(AccessSummaryRow.actor_id)
    """Who looked, if it was a person and you may see him."""
    person: "Person | None" = single_row(AccessSummaryRow.person_id)
    """Who was looked at."""


@filter_input(AuditEntryRow)
class AuditWhere:
    """Which entries to list; all that is given must hold."""

    person: ID | None = filter_field(AuditEntryRow.person_id, MatchKind.REFERENCE)
    """Of what concerns this person."""
    actor: ID | None = filter_field(AuditEntryRow.actor_id, MatchKind.REFERENCE)
    """Of what this person did."""
    action: str | None = filter_field(AuditEntryRow.action, MatchKind.EQUALS)
    """Of this action."""
    since: date | None = filter_field(reads.ENTRY_DAY, MatchKind.AT_LEAST)
    """On this day or later, in Asia/Jakarta."""
    until: date | None = filter_field(reads.ENTRY_DAY, MatchKind.AT_MOST)
    """On this day or earlier, in Asia/Jakarta."""


@order_enum(AuditEntryRow)
class AuditOrder:
    """Orders of the audit trail."""

    NEWEST = reads.ENTRY_NEWEST
    """The latest first."""


@node(AuditEntryRow, "au")
class AuditEntry(Node):
    """Something that was done: who, what, to whom, why, from where."""

    at: datetime
    """When."""
    action: str
    """What, as a stable code such as `RECORD_EVALUATION`."""
    subject: str = computed_field(labels.subject_label, AuditEntryRow.subject, AuditEntryRow.subject_id)
    """What was changed: its kind and number."""
    office: str = computed_field(
        labels.principal_label,
        AuditEntryRow.principal,
        arguments={"language": "The language in which the office is named."},
    )
    """The office of who did it, in words."""
    reason: str | None
    """Why, in the words of who did it."""
    origin: str
    """The id of the request and the address that it came from; empty for what the service does by itself."""
    actor: "Person | None" = single_row(AuditEntryRow.actor_id)
    """Who did it, if it was a person and you may see him."""
    person: "Person | None" = single_row(AuditEntryRow.person_id)
    """Whom it concerns, if it concerns one person and you may see him."""
