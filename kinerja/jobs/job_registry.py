"""Job registry: the function for each entrypoint of the queue."""

from collections.abc import Mapping
from typing import Any, Final

from domain.job.facts import JobKind
from domain.ports import JobContext
from kinerja.jobs.job_worker import JobTask
from ml.pipeline import jobs
from training.improvement import commands as improvement
from training.summary import commands as summaries


async def score_and_publish(work: JobContext, params: Mapping[str, Any]) -> None:
    """Score everybody and publish the risk list.

    With the first list of a quarter, publish the units' summaries too.
    """
    await jobs.score_everybody(work, params)
    await summaries.publish_summaries(work)


TASK_BY_ENTRYPOINT: Final[Mapping[str, JobTask]] = {
    JobKind.TRAIN_MODEL.lower(): jobs.train_model,
    JobKind.SCORE_RISK.lower(): score_and_publish,
    JobKind.ESTIMATE_EFFECTS.lower(): improvement.estimate_effects,
}
"""Entrypoint to task; `domain.job.commands.request_job` enqueues by the kind's name.

The demo adds its own.
"""
