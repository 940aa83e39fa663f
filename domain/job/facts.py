"""Facts of background jobs: kind and status."""

from enum import StrEnum


class JobKind(StrEnum):
    """Kind of background job (jenis pekerjaan)."""

    TRAIN_MODEL = "TRAIN_MODEL"
    """Train the risk model on all recorded data."""
    SCORE_RISK = "SCORE_RISK"
    """Score all people and publish the risk list."""
    ESTIMATE_EFFECTS = "ESTIMATE_EFFECTS"
    """Estimate the effect of each programme."""
    ADVANCE_QUARTER = "ADVANCE_QUARTER"
    """Advance the demo by one quarter; in the demo only."""


class JobStatus(StrEnum):
    """Status of a background job."""

    QUEUED = "QUEUED"
    """Waiting for a worker."""
    RUNNING = "RUNNING"
    """Running in a worker."""
    DONE = "DONE"
    """Completed."""
    FAILED = "FAILED"
    """Failed; the reason is in `error`."""
