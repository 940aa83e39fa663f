"""Jobs as commands know them."""

from enum import StrEnum


class JobKind(StrEnum):
    """What a job does."""

    TRAIN_MODEL = "TRAIN_MODEL"
    """Train the risk model on all that is known."""
    SCORE_RISK = "SCORE_RISK"
    """Score everybody and publish the risk list."""
    ESTIMATE_EFFECTS = "ESTIMATE_EFFECTS"
    """Estimate what each programme changed."""
    PASS_QUARTER = "PASS_QUARTER"  # noqa: S105 - a quarter, not a password
    """Let a quarter pass; in the demo alone."""


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "QUEUED"
    """Waits for a worker."""
    RUNNING = "RUNNING"
    """Under way."""
    DONE = "DONE"
    """Finished."""
    FAILED = "FAILED"
    """Given up; `error` says why."""
