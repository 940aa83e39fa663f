"""What may be done."""

from domain.evaluation import commands as evaluations
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.job import commands as jobs
from domain.job.requests import RequestJob
from domain.people import commands as people
from domain.people.refusals import PostHeld
from domain.people.requests import AssignAppraiser, DelegateLine, EndDelegation, MovePerson
from resolvers.graph.declarations import command
from schema.evaluation import Evaluation
from schema.job import Job
from schema.people import Delegation, Person
from schema.training import AssignmentBatch
from training.assignment import commands as assignments
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed
from training.assignment.requests import AssignTraining


class Mutation:
    """What may be done, each by somebody who is signed in; what is refused says why in its result."""

    record_evaluation: Evaluation | PeriodClosed | AlreadyEvaluated = command(evaluations.record, RecordEvaluation)
    """Record an evaluation of somebody in your line for a period (evaluasi kinerja periodik)."""
    assign_training: AssignmentBatch | SessionClosed | SeatsTaken | NobodyEligible = command(
        assignments.assign_training, AssignTraining
    )
    """Fill seats of a session from the risk list; when there are more people than seats, by lottery."""
    request_job: Job = command(jobs.request_job, RequestJob)
    """Put a piece of long work on the queue."""
    assign_appraiser: Person = command(people.assign_appraiser, AssignAppraiser)
    """Say who appraises a person from a day on (pejabat penilai kinerja)."""
    move_person: Person | PostHeld = command(people.move_person, MovePerson)
    """Give a person another post from a day on (mutasi jabatan); his unit, and who sees him, follow on that day."""
    delegate_line: Delegation = command(people.delegate_line, DelegateLine)
    """Give your line to another for a period (pelaksana harian, Plh), or as HR that of somebody in your units."""
    end_delegation: Delegation = command(people.end_delegation, EndDelegation)
    """End a delegation before its last day, at once (Plh berakhir)."""
