"""Orders and filters of programmes, sessions, assignments, records and effects."""

from sqlmodel import col

from resolvers.graph.declarations import order
from training.assignment.tables import AssignmentBatchRow, AssignmentRow
from training.catalogue.tables import ProgrammeRow
from training.improvement.tables import EffectPeriodRow, EffectStudyRow
from training.record.tables import TrainingRecordRow
from training.session.tables import SessionRow

PROGRAMME_NAME = order(ProgrammeRow.name, ProgrammeRow.id)
SESSION_NEXT = order(SessionRow.starts_on, SessionRow.id)
SESSION_NEWEST = order(col(SessionRow.starts_on).desc(), col(SessionRow.id).desc())
BATCH_NEWEST = order(col(AssignmentBatchRow.decided_at).desc(), col(AssignmentBatchRow.id).desc())
DRAW_ORDER = order(AssignmentRow.draw, AssignmentRow.id)
ASSIGNMENT_NEWEST = order(col(AssignmentRow.decided_at).desc(), col(AssignmentRow.id).desc())
RECORD_NEWEST = order(col(TrainingRecordRow.completed_on).desc(), col(TrainingRecordRow.id).desc())
STUDY_NEWEST = order(col(EffectStudyRow.as_of).desc(), col(EffectStudyRow.id).desc())
EFFECT_PERIODS = order(EffectPeriodRow.period, EffectPeriodRow.id)

CURRENT_STUDY = col(EffectStudyRow.current)
"""The latest effect estimate of a programme."""
