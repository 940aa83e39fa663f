"""What is told as it happens."""

from domain.event.facts import EventTopic
from resolvers.graph.declarations import EventStream, event_stream
from schema.evaluation import Evaluation
from schema.job import Job
from schema.risk import ScoringRun
from schema.training import AssignmentBatch


class Subscription:
    """What is told as it happens, of things that you may see at that moment.

    Each event has a cursor. Whoever connects again gives the last one as `after`, and misses nothing and is told
    nothing twice; cursors are good for seven days.
    """

    evaluation_recorded: EventStream[Evaluation] = event_stream(EventTopic.EVALUATION_RECORDED)
    """An evaluation was recorded (evaluasi kinerja)."""
    risk_list_published: EventStream[ScoringRun] = event_stream(EventTopic.RISK_LIST_PUBLISHED)
    """Another scoring run became the risk list."""
    assignment_changed: EventStream[AssignmentBatch] = event_stream(EventTopic.ASSIGNMENT_CHANGED)
    """Training was assigned (penugasan pelatihan)."""
    job_progressed: EventStream[Job] = event_stream(EventTopic.JOB_PROGRESSED, subject_argument=True)
    """A job was asked for, began, came further or ended."""
