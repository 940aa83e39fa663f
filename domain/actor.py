"""Actor: a person or service in one role, and the roles."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The role that a request acts in; a token carries exactly one."""

    EMPLOYEE = "employee"
    """Their own records (pegawai)."""
    SUPERVISOR = "supervisor"
    """Those whom they appraise today, or for whose appraiser they stand in (pejabat penilai kinerja)."""
    HR = "hr"
    """The people of their part of the tree (pengelola kepegawaian)."""
    LEADER = "leader"
    """Sums over their part of the tree, never a person (pimpinan)."""
    AUDITOR = "auditor"
    """Reads what HR reads, and who looked (auditor, inspektorat)."""
    ADMIN = "admin"
    """Sets up: the register, imports, accounts; no scores of persons (administrator)."""
    CHANGE_AGENT = "change_agent"
    """Their own campaign (agen perubahan)."""
    SERVICE = "service"
    """Another system, for the whole province."""
    UNIT_SERVICE = "unit_service"
    """Another system, for a part of the tree."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A principal in one role, with its line and unit as of today.

    Attributes:
        person_id: the person; None for a service.
        role: the role of the request.
        unit_path: the materialised path above the units visible to HR, leaders, auditors and services of a unit; None
            makes nobody visible.
        appraiser_id: their appraiser today: the only superior visible to them by name.
        delegator_ids: appraisers with their line delegated to them today.
        wide: True for a wide scope: too many people below `unit_path` for reading and sorting them all.
        service_name: the name of a service account.
    """

    person_id: int | None
    role: Role
    unit_path: str | None = None
    appraiser_id: int | None = None
    delegator_ids: tuple[int, ...] = ()
    wide: bool = False
    service_name: str | None = None

    @property
    def line(self) -> tuple[int, ...]:
        """The person themselves, and the appraisers with their line delegated to them today."""
        return self.delegator_ids if self.person_id is None else (self.person_id, *self.delegator_ids)

    @property
    def principal(self) -> str:
        """The principal of their actions on record, for example `hr:412`."""
        return f"{self.role}:{self.person_id if self.service_name is None else self.service_name}"


SYSTEM_ACTOR = Actor(person_id=None, role=Role.SERVICE, service_name="kinerja")
"""The actor of the service itself, for scheduled jobs and the loading of a province."""
