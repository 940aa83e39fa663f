"""What may be asked about accounts."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.actor import Role

LoginName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9._-]{2,63}$", description="3 to 64 of a-z, 0-9, dot, underscore and hyphen."),
]
ServiceName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$", description="2 to 63 of a-z, 0-9 and hyphen.")
]
UnitCode = Annotated[str, Field(min_length=1, max_length=64)]


class AddAccount(BaseModel):
    """Make an account for a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: LoginName
    person: Annotated[int, Field(ge=1)]


class GrantRole(BaseModel):
    """Let an account act in a role, on the days from `starts_on` to `ends_on`, both with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: LoginName
    role: Role
    unit: UnitCode | None = Field(default=None, description="Code of the unit, for hr, leader and auditor.")
    starts_on: date
    ends_on: date | None = None


class AddServiceAccount(BaseModel):
    """Make an account for another system, for a part of the tree or, without a unit, for the whole province."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ServiceName
    unit: UnitCode | None = None
    expires_on: date
