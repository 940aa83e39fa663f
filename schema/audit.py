"""Who looked at whom, and what was done: for each person about himself, and for auditors."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from domain.audit import sentences
from domain.audit.facts import Looked
from domain.audit.tables import LookRow
from domain.journal.tables import AuditEntryRow
from resolvers.graph.words import ID, Match, Node, computed, matches, node, one, orders, where
from resolvers.reads import audit as reads

if TYPE_CHECKING:
    from schema.people import Person


@where(LookRow)
class LookWhere:
    """Which looks to list; all that is given must hold."""

    person: ID | None = matches(LookRow.person_id, Match.REFERENCE)
    """At this person."""
    actor: ID | None = matches(LookRow.actor_id, Match.REFERENCE)
    """By this person."""
    looked: Looked | None = matches(LookRow.looked, Match.EQUALS)
    """Of this kind."""
    since: date | None = matches(LookRow.seen_on, Match.AT_LEAST)
    """On this day or later."""
    until: date | None = matches(LookRow.seen_on, Match.AT_MOST)
    """On this day or earlier."""


@orders(LookRow)
class LookOrder:
    """Orders of looks."""

    NEWEST = reads.LOOK_NEWEST
    """The latest day first."""


@node(LookRow, "lo")
class Look(Node):
    """That somebody was shown something of a person on a day."""

    looked: Looked
    """What was shown."""
    office: str = computed(
        sentences.office, LookRow.role, arguments={"language": "The language in which the office is named."}
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
    actor: "Person | None" = one(LookRow.actor_id)
    """Who looked, if it was a person and you may see him."""
    person: "Person | None" = one(LookRow.person_id)
    """Who was looked at."""


@where(AuditEntryRow)
class AuditWhere:
    """Which entries to list; all that is given must hold."""

    person: ID | None = matches(AuditEntryRow.person_id, Match.REFERENCE)
    """Of what concerns this person."""
    actor: ID | None = matches(AuditEntryRow.actor_id, Match.REFERENCE)
    """Of what this person did."""
    action: str | None = matches(AuditEntryRow.action, Match.EQUALS)
    """Of this action."""
    since: date | None = matches(reads.DAY, Match.AT_LEAST)
    """On this day or later, in Asia/Jakarta."""
    until: date | None = matches(reads.DAY, Match.AT_MOST)
    """On this day or earlier, in Asia/Jakarta."""


@orders(AuditEntryRow)
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
    subject: str = computed(sentences.subject, AuditEntryRow.subject, AuditEntryRow.subject_id)
    """What was changed: its kind and number."""
    office: str = computed(
        sentences.office_of,
        AuditEntryRow.principal,
        arguments={"language": "The language in which the office is named."},
    )
    """The office of who did it, in words."""
    reason: str | None
    """Why, in the words of who did it."""
    origin: str
    """The id of the request and the address that it came from; empty for what the service does by itself."""
    actor: "Person | None" = one(AuditEntryRow.actor_id)
    """Who did it, if it was a person and you may see him."""
    person: "Person | None" = one(AuditEntryRow.person_id)
    """Whom it concerns, if it concerns one person and you may see him."""
