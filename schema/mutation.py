"""Mutations of the API."""

from domain.evaluation import commands as evaluations
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.job import commands as jobs
from domain.job.requests import RequestJob
from domain.people import commands as people
from domain.people.refusals import PositionOccupied
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
    """Commands of the API; each needs an access token, and returns the changed object or a refusal."""

    record_evaluation: Evaluation | PeriodClosed | AlreadyEvaluated = command(evaluations.record, RecordEvaluation)
    """Record the evaluation of a person in your line for a period (evaluasi kinerja periodik)."""
    assign_training: AssignmentBatch | SessionClosed | SeatsTaken | NobodyEligible = command(
        assignments.assign_training, AssignTraining
    )
    """Assign seats of a session from the risk list, by lottery if there are too few seats (penugasan pelatihan)."""
    request_job: Job = command(jobs.request_job, RequestJob)
    """Request a background job."""
    assign_appraiser: Person = command(people.assign_appraiser, AssignAppraiser)
    """Assign an appraiser to a person from a day on (pejabat penilai kinerja)."""
    move_person: Person | PositionOccupied = command(people.move_person, MovePerson)
    """Move a person to another position from a day on, with their unit and scope (mutasi jabatan)."""
    delegate_line: Delegation = command(people.delegate_line, DelegateLine)
    """Delegate your line for a period, or as HR the line of an appraiser in your units (pelaksana harian, Plh)."""
    end_delegation: Delegation = command(people.end_delegation, EndDelegation)
    """End a delegation before its last day, with immediate effect (Plh berakhir)."""
