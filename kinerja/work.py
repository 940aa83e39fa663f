"""The jobs that there are: which function each entrypoint of the queue runs."""

from collections.abc import Mapping
from typing import Any, Final

from domain.job.facts import JobKind
from domain.ports import Work
from kinerja.jobs import Task
from ml import jobs
from training.improvement import commands as improvement
from training.summary import commands as summaries


async def score(work: Work, params: Mapping[str, Any]) -> None:
    """Score everybody and publish the risk list; with the first list of a quarter, publish the units' summaries."""
    await jobs.score(work, params)
    await summaries.publish(work)


TASKS: Final[Mapping[str, Task]] = {
    JobKind.TRAIN_MODEL.lower(): jobs.train,
    JobKind.SCORE_RISK.lower(): score,
    JobKind.ESTIMATE_EFFECTS.lower(): improvement.estimate,
}
"""Entrypoint to task; `domain.job.commands.request` enqueues by the kind's name. The demo adds its own."""
