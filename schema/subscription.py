"""Subscriptions of the API."""

from domain.event.facts import EventTopic
from resolvers.graph.declarations import EventStream, event_stream
from schema.evaluation import Evaluation
from schema.job import Job
from schema.risk import ScoringRun
from schema.training import AssignmentBatch


class Subscription:
    """Events on objects in your scope at the time of delivery.

    Each event has a cursor. To resume after a disconnect, pass the last cursor as `after`: no event is lost or
    repeated. Cursors are valid for seven days.
    """

    evaluation_recorded: EventStream[Evaluation] = event_stream(EventTopic.EVALUATION_RECORDED)
    """Recording of an evaluation (evaluasi kinerja)."""
    risk_list_published: EventStream[ScoringRun] = event_stream(EventTopic.RISK_LIST_PUBLISHED)
    """Publication of a scoring run as the risk list (daftar risiko)."""
    assignment_changed: EventStream[AssignmentBatch] = event_stream(EventTopic.ASSIGNMENT_CHANGED)
    """Assignment of seats in a session (penugasan pelatihan)."""
    job_progressed: EventStream[Job] = event_stream(EventTopic.JOB_PROGRESSED, subject_argument=True)
    """Request, start, progress or end of a background job."""
