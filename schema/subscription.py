"""What is told as it happens."""

from domain.event.facts import Topic
from resolvers.graph.words import Live, live
from schema.evaluation import Evaluation
from schema.job import Job
from schema.risk import ScoringRun
from schema.training import AssignmentBatch


class Subscription:
    """What is told as it happens, of things that you may see at that moment.

    Each event has a cursor. Whoever connects again gives the last one as `after`, and misses nothing and is told
    nothing twice; cursors are good for seven days.
    """

    evaluation_recorded: Live[Evaluation] = live(Topic.EVALUATION_RECORDED)
    """An evaluation was recorded (evaluasi kinerja)."""
    risk_list_published: Live[ScoringRun] = live(Topic.RISK_LIST_PUBLISHED)
    """Another scoring run became the risk list."""
    assignment_changed: Live[AssignmentBatch] = live(Topic.ASSIGNMENT_CHANGED)
    """Training was assigned (penugasan pelatihan)."""
    job_progressed: Live[Job] = live(Topic.JOB_PROGRESSED, chosen=True)
    """A job was asked for, began, came further or ended."""
