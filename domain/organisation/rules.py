"""Organisation rules: consistency of a position, and its staffing gap."""

from collections.abc import Iterator

from domain.organisation.facts import Eselon, Position, PositionLevel, PositionType

LEVELS_BY_TYPE = {
    PositionType.PIMPINAN_TINGGI: {
        PositionLevel.JPT_UTAMA,
        PositionLevel.JPT_MADYA,
        PositionLevel.JPT_PRATAMA,
    },
    PositionType.ADMINISTRASI: {
        PositionLevel.ADMINISTRATOR,
        PositionLevel.PENGAWAS,
        PositionLevel.PELAKSANA,
    },
    PositionType.FUNGSIONAL: {
        PositionLevel.AHLI_UTAMA,
        PositionLevel.AHLI_MADYA,
        PositionLevel.AHLI_MUDA,
        PositionLevel.AHLI_PERTAMA,
        PositionLevel.PENYELIA,
        PositionLevel.MAHIR,
        PositionLevel.TERAMPIL,
        PositionLevel.PEMULA,
    },
}

LEVELS_BY_ESELON = {
    Eselon.I_A: {PositionLevel.JPT_UTAMA, PositionLevel.JPT_MADYA},
    Eselon.I_B: {PositionLevel.JPT_MADYA},
    Eselon.II_A: {PositionLevel.JPT_PRATAMA},
    Eselon.II_B: {PositionLevel.JPT_PRATAMA},
    Eselon.III_A: {PositionLevel.ADMINISTRATOR},
    Eselon.III_B: {PositionLevel.ADMINISTRATOR},
    Eselon.IV_A: {PositionLevel.PENGAWAS},
    Eselon.IV_B: {PositionLevel.PENGAWAS},
}


def position_faults(position: Position) -> Iterator[str]:
    """The rules violated by a position, as rule ids.

    R-POS-01 level and type (UU 20/2023) · R-POS-02 eselon and level (SIASN) · R-POS-03 executor class (PermenPANRB
    45/2022 art. 4) · R-POS-04 job class 1…17 (PermenPANRB 34/2011).
    """
    if position.level not in LEVELS_BY_TYPE[position.type]:
        yield "R-POS-01"
    if position.eselon and position.level not in LEVELS_BY_ESELON[position.eselon]:
        yield "R-POS-02"
    if position.executor_class and position.level is not PositionLevel.PELAKSANA:
        yield "R-POS-03"
    if not 1 <= position.job_class <= 17:
        yield "R-POS-04"


def staffing_gap(need: int, holders: int) -> int:
    """Staffing gap: need minus definitive holders (R-POS-05).

    A positive gap is a shortage (kurang), a negative one a surplus.
    """
    return need - holders
