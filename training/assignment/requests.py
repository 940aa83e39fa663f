"""What may be asked about assignments."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.references import RowReference


class PreviewAssignment(BaseModel):
    """Who would be considered for the seats of a session, from the published risk list; nothing is written."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")

    session: Annotated[int, RowReference("session")] = Field(description="The session whose seats are filled.")
    unit: Annotated[int | None, RowReference("unit")] = Field(
        default=None, description="Only people of this unit and below; otherwise of all your units."
    )
    seats: int = Field(ge=1, le=5000, description="How many seats to fill.")
    considered: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="How many people from the top of the list take part in the lottery for the seats; "
        "twice the seats when left out. They count as equals: the rest wait, and are the comparison.",
    )


class AssignTraining(PreviewAssignment):
    """Fill seats of a session from the risk list, in one transaction, by a named human with a reason."""

    reason: str = Field(
        min_length=10, max_length=2000, description="Why this training for these people; they can read it."
    )
