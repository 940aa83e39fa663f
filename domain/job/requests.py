"""What may be asked about jobs."""

from pydantic import BaseModel, ConfigDict, Field

from domain.job.facts import JobKind


class RequestJob(BaseModel):
    """Request a background job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: JobKind = Field(description="Kind of job to run.")
