"""Actor: one person or service in one role."""

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
    """One principal in one role, as things stand today.

    Attributes:
        person_id: the person; None for a service.
        role: the role of the request.
        unit_path: the materialised path below which the scope of HR, leaders, auditors and services of a unit lies;
            None lets them see nobody.
        appraiser_id: their appraiser today: the one name above them in their sight.
        delegator_ids: appraisers having delegated their line to them today.
        wide: too many people below `unit_path` for reading and sorting them all.
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
        """Themselves, and the appraisers with their line given to them today."""
        return self.delegator_ids if self.person_id is None else (self.person_id, *self.delegator_ids)

    @property
    def principal(self) -> str:
        """The name of their actions on record, for example `hr:412`."""
        return f"{self.role}:{self.person_id if self.service_name is None else self.service_name}"


SYSTEM_ACTOR = Actor(person_id=None, role=Role.SERVICE, service_name="kinerja")
"""The service itself: scheduled jobs and the loading of a province."""
