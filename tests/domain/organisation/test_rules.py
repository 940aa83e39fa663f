"""Posts are consistent, or the rule that they break is named."""

import pytest

from domain.organisation import rules
from domain.organisation.facts import Eselon, ExecutorClass, Position, PositionLevel, PositionType

JPT, JA, JF = PositionType
LEVEL = PositionLevel


@pytest.mark.parametrize(
    ("position", "faults"),
    [
        (Position(JPT, LEVEL.JPT_PRATAMA, 15, Eselon.II_A), []),
        (Position(JPT, LEVEL.JPT_MADYA, 17, Eselon.I_A), []),
        (Position(JA, LEVEL.ADMINISTRATOR, 12, Eselon.III_B), []),
        (Position(JA, LEVEL.PELAKSANA, 5, executor_class=ExecutorClass.KLEREK), []),
        (Position(JF, LEVEL.AHLI_PERTAMA, 8), []),
        (Position(JF, LEVEL.PENGAWAS, 8), ["R-POS-01"]),
        (Position(JA, LEVEL.AHLI_MUDA, 8), ["R-POS-01"]),
        (Position(JPT, LEVEL.JPT_MADYA, 15, Eselon.II_A), ["R-POS-02"]),
        (Position(JA, LEVEL.PENGAWAS, 9, Eselon.III_A), ["R-POS-02"]),
        (Position(JA, LEVEL.PENGAWAS, 9, executor_class=ExecutorClass.TEKNISI), ["R-POS-03"]),
        (Position(JA, LEVEL.PELAKSANA, 0), ["R-POS-04"]),
        (Position(JF, LEVEL.AHLI_UTAMA, 18), ["R-POS-04"]),
    ],
)
def test_what_is_inconsistent_about_a_post_is_named(position: Position, faults: list[str]) -> None:
    assert list(rules.position_faults(position)) == faults


def test_every_level_belongs_to_exactly_one_type() -> None:
    assert sorted(level for levels in rules.LEVELS_BY_TYPE.values() for level in levels) == sorted(PositionLevel)


@pytest.mark.parametrize(("need", "holders", "gap"), [(5, 3, 2), (3, 3, 0), (1, 2, -1)])
def test_the_gap_is_positive_where_people_are_short(need: int, holders: int, gap: int) -> None:
    assert rules.staffing_gap(need, holders) == gap
