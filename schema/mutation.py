"""What may be done."""

from domain.evaluation import commands as evaluations
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.job import commands as jobs
from domain.job.requests import RequestJob
from resolvers.graph.words import command
from schema.evaluation import Evaluation
from schema.job import Job
from schema.training import AssignmentBatch
from training.assignment import commands as assignments
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed
from training.assignment.requests import AssignTraining


class Mutation:
    """What may be done, each by somebody who is signed in; what is refused says why in its result."""

    record_evaluation: Evaluation | PeriodClosed | AlreadyEvaluated = command(evaluations.record, RecordEvaluation)
    """Record an evaluation of somebody in your line for a period (evaluasi kinerja periodik)."""
    assign_training: AssignmentBatch | SessionClosed | SeatsTaken | NobodyEligible = command(
        assignments.assign, AssignTraining
    )
    """Fill seats of a session from the risk list; when there are more people than seats, by lottery."""
    request_job: Job = command(jobs.request, RequestJob)
    """Put a piece of long work on the queue."""
