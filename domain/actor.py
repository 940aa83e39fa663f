"""Who acts: one person or service in one role."""

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
        role: what they act as.
        unit_path: the materialised path below which the scope of HR, leaders, auditors and services of a unit lies;
            None lets them see nobody.
        appraiser_id: who appraises them today: the one name above them that they may see.
        delegator_ids: appraisers who have delegated their line to them today.
        wide: whether so many people are below `unit_path` that reading them all to sort them would take long.
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
        """The appraisers whose line is theirs today: themselves, and those for whom they stand in."""
        return self.delegator_ids if self.person_id is None else (self.person_id, *self.delegator_ids)

    @property
    def principal(self) -> str:
        """The name under which what they do is recorded, for example `hr:412`."""
        return f"{self.role}:{self.person_id if self.service_name is None else self.service_name}"


SYSTEM_ACTOR = Actor(person_id=None, role=Role.SERVICE, service_name="kinerja")
"""The service itself: scheduled jobs and the loading of a province."""
