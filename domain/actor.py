"""Who acts: one person or service in one role."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The role that a request acts in; a token carries exactly one."""

    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    HR = "hr"
    LEADER = "leader"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """One principal in one role.

    `unit_path` is the materialised path below which an HR officer's, leader's or auditor's scope lies;
    None for roles whose scope is not a part of the unit tree.
    """

    person_id: int | None
    role: Role
    unit_path: str | None = None

    @property
    def principal(self) -> str:
        """The name under which what he does is recorded, for example `hr:412`."""
        return f"{self.role}:{self.person_id}"


SYSTEM = Actor(person_id=None, role=Role.SERVICE)
"""The service itself: scheduled jobs and the loading of a province."""
