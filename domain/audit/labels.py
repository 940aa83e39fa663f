"""Labels of viewers: the office of a role, for readers without access to the name."""

from collections.abc import Mapping
from typing import Final

from domain.actor import SYSTEM_ACTOR, Role
from domain.exhaustive_mapping import ExhaustiveMapping
from domain.language import Language

_OFFICE_LABELS: Final[Mapping[Role, Mapping[Language, str]]] = ExhaustiveMapping(
    "domain.audit.labels._OFFICE_LABELS",
    {
        Role.EMPLOYEE: {Language.ID: "Pegawai", Language.EN: "An employee"},
        Role.SUPERVISOR: {
            Language.ID: "Pejabat penilai kinerja",
            Language.EN: "A supervisor (pejabat penilai kinerja)",
        },
        Role.HR: {Language.ID: "Pengelola kepegawaian (BKD)", Language.EN: "Human resources (BKD)"},
        Role.LEADER: {Language.ID: "Pimpinan", Language.EN: "A leader of the agency"},
        Role.AUDITOR: {Language.ID: "Auditor (Inspektorat)", Language.EN: "An auditor (Inspektorat)"},
        Role.ADMIN: {Language.ID: "Administrator sistem", Language.EN: "A system administrator"},
        Role.CHANGE_AGENT: {Language.ID: "Agen perubahan", Language.EN: "A change agent"},
        Role.SERVICE: {Language.ID: "Sistem lain pemerintah provinsi", Language.EN: "Another system of the province"},
        Role.UNIT_SERVICE: {Language.ID: "Sistem lain perangkat daerah", Language.EN: "Another system of the agency"},
    },
    Role,
    Language,
)
_SYSTEM_LABEL: Final[Mapping[Language, str]] = {
    Language.ID: "Kinerja sendiri, atau operatornya",
    Language.EN: "Kinerja itself, or its operator",
}


def office_label(role: Role, *, language: Language = Language.ID) -> str:
    """The office of a viewer's role."""
    return _OFFICE_LABELS[role][language]


def principal_label(principal: str, *, language: Language = Language.ID) -> str:
    """The office of a principal such as `hr:412`."""
    if principal == SYSTEM_ACTOR.principal:
        return _SYSTEM_LABEL[language]
    return office_label(Role(principal.partition(":")[0]), language=language)


def subject_label(table: str, number: int) -> str:
    """The changed row: its table and number, for example `evaluation 412`."""
    return f"{table} {number}"
