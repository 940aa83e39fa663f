"""The jobs that there are: which function each entrypoint of the queue runs."""

from collections.abc import Mapping
from typing import Final

from domain.job.facts import JobKind
from kinerja.jobs import Task
from ml import jobs
from training.improvement import commands as improvement

TASKS: Final[Mapping[str, Task]] = {
    JobKind.TRAIN_MODEL.lower(): jobs.train,
    JobKind.SCORE_RISK.lower(): jobs.score,
    JobKind.ESTIMATE_EFFECTS.lower(): improvement.estimate,
}
"""Entrypoint to task; `domain.job.commands.request` enqueues by the kind's name. The demo adds its own."""
