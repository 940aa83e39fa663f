"""What may be asked about where people work and who appraises them."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.references import RowReference

PersonId = Annotated[int, RowReference("person")]
ReasonText = Annotated[str, Field(min_length=3, max_length=500)]

_STRICT = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")


class AssignAppraiser(BaseModel):
    """Say who appraises a person from a day on (pejabat penilai kinerja); the line until then ends the day before."""

    model_config = _STRICT

    person: PersonId = Field(description="Who is appraised.")
    appraiser: PersonId = Field(description="Who appraises him.")
    starts_on: date = Field(description="First day.")
    reason: ReasonText = Field(description="Why, for the record.")


class MovePerson(BaseModel):
    """Give a person another post from a day on (mutasi); the post until then ends the day before."""

    model_config = _STRICT

    person: PersonId = Field(description="Who moves.")
    position: Annotated[int, RowReference("position")] = Field(description="The post to hold definitively (jabatan).")
    starts_on: date = Field(description="First day in the post (TMT).")
    decree: str = Field(min_length=3, max_length=100, description="Number of the decree (nomor SK).")
    reason: ReasonText = Field(description="Why, for the record.")


class DelegateLine(BaseModel):
    """Give an appraiser's line to another person for a period (pelaksana harian, Plh)."""

    model_config = _STRICT

    appraiser: PersonId | None = Field(default=None, description="Whose line it is; yours when left out.")
    delegate: PersonId = Field(description="Who stands in for him.")
    starts_on: date = Field(description="First day; not before today.")
    ends_on: date = Field(description="Last day.")
    reason: ReasonText = Field(description="Why, for the record: leave, duty elsewhere, …")


class EndDelegation(BaseModel):
    """End a delegation before its last day, at once."""

    model_config = _STRICT

    delegation: Annotated[int, RowReference("delegation")] = Field(description="The delegation.")
    version: int = Field(ge=1, description="Its version as you read it.")
