"""What may be asked about where people work and who appraises them."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.references import RowReference

PersonId = Annotated[int, RowReference("person")]
ReasonText = Annotated[str, Field(min_length=3, max_length=500)]

_STRICT = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")


class AssignAppraiser(BaseModel):
    """Assign an appraiser to a person from a day on (pejabat penilai kinerja).

    The previous assignment ends the day before.
    """

    model_config = _STRICT

    person: PersonId = Field(description="Person to be appraised (pegawai yang dinilai).")
    appraiser: PersonId = Field(description="New appraiser (pejabat penilai kinerja).")
    starts_on: date = Field(description="First day of the new appraiser.")
    reason: ReasonText = Field(description="Reason for the audit trail (alasan).")


class MovePerson(BaseModel):
    """Move a person to another position from a day on (mutasi jabatan); the previous position ends the day before."""

    model_config = _STRICT

    person: PersonId = Field(description="Person to move (pegawai).")
    position: Annotated[int, RowReference("position")] = Field(description="Position to hold definitively (jabatan).")
    starts_on: date = Field(description="First day in the position (TMT).")
    decree: str = Field(min_length=3, max_length=100, description="Number of the decree (nomor SK).")
    reason: ReasonText = Field(description="Reason for the audit trail (alasan).")


class DelegateLine(BaseModel):
    """Delegate an appraiser's line to another person for a period (pelaksana harian, Plh)."""

    model_config = _STRICT

    appraiser: PersonId | None = Field(
        default=None,
        description="Appraiser with the line to delegate; the actor if omitted (pejabat penilai kinerja).",
    )
    delegate: PersonId = Field(description="Person to act as appraiser (Plh).")
    starts_on: date = Field(description="First day of the delegation; today or later.")
    ends_on: date = Field(description="Last day of the delegation.")
    reason: ReasonText = Field(description="Reason for the audit trail, such as leave or duty elsewhere (alasan).")


class EndDelegation(BaseModel):
    """End a delegation before its last day, with immediate effect."""

    model_config = _STRICT

    delegation: Annotated[int, RowReference("delegation")] = Field(description="Delegation to end.")
    version: int = Field(ge=1, description="Version of the delegation, as last read.")
