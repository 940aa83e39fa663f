"""What may be asked about jobs."""

from pydantic import BaseModel, ConfigDict, Field

from domain.job.facts import JobKind


class RequestJob(BaseModel):
    """Put a piece of long work on the queue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: JobKind = Field(description="What is to be done.")
