"""What may be asked about assignments."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.references import RowReference


class PreviewAssignment(BaseModel):
    """Preview the assignment of seats of a session from the published risk list; nothing is written."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")

    session: Annotated[int, RowReference("session")] = Field(description="Session with the seats to fill (angkatan).")
    unit: Annotated[int | None, RowReference("unit")] = Field(
        default=None, description="Unit of the candidates, with all units below; all units in your scope if omitted."
    )
    seats: int = Field(ge=1, le=5000, description="Number of seats to fill.")
    lottery_size: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="Number of eligible people from the top of the risk list in the lottery for the seats; "
        "twice the seats if omitted. Those without a seat are the comparison group.",
    )


class AssignTraining(PreviewAssignment):
    """Assign seats of a session from the published risk list, with a reason (penugasan pelatihan)."""

    reason: str = Field(
        min_length=10,
        max_length=2000,
        description="Reason for the decision, readable by the people assigned (alasan).",
    )
