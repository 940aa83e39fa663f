"""Facts of events: topic, subject and position."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventTopic(StrEnum):
    """What kind of thing happened."""

    EVALUATION_RECORDED = "EVALUATION_RECORDED"
    """An evaluation was recorded; the subject is the evaluation."""
    RISK_LIST_PUBLISHED = "RISK_LIST_PUBLISHED"
    """A scoring run became the risk list; the subject is the run."""
    ASSIGNMENT_CHANGED = "ASSIGNMENT_CHANGED"
    """Training was assigned; the subject is the batch."""
    JOB_PROGRESSED = "JOB_PROGRESSED"
    """A job was asked for, began, came further or ended; the subject is the job."""


@dataclass(frozen=True, slots=True, order=True)
class EventPosition:
    """Position of an event: its transaction, then its number within.

    Numbers alone give no order of delivery: of two transactions the one with the lower number may commit last.
    """

    xid: int
    number: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event about the row `subject` of the topic's table."""

    position: EventPosition
    topic: EventTopic
    subject: int
    at: datetime
