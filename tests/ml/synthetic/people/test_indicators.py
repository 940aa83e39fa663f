"""The catalogue is whole, and each field's results cascade."""

import pytest

from domain.indicator.facts import Aggregation
from ml.synthetic.people import indicators
from ml.synthetic.people.organisations import UNIT_BLUEPRINTS


def test_every_result_has_indicators_from_the_catalogue() -> None:
    used = {
        code
        for work in indicators.RESULTS_BY_SECTOR.values()
        for result in (*work.leader_results, *work.staff_results, *indicators.CLERICAL_RESULTS)
        for code in result.indicators
    }
    assert used <= set(indicators.INDICATORS_BY_CODE)
    assert len(indicators.INDICATORS_BY_CODE) == len(indicators.INDICATOR_CATALOGUE)


@pytest.mark.parametrize("sector", sorted({plan.unit.sector for plan in UNIT_BLUEPRINTS}))
def test_staff_support_as_many_results_as_their_leader_has(sector: str) -> None:
    lead = indicators.select_planned_results(sector, leads=True, clerical=False)
    for staff in (
        indicators.select_planned_results(sector, leads=False, clerical=False),
        indicators.select_planned_results(sector, leads=False, clerical=True),
    ):
        assert len(staff) == len(lead)
        assert 3 <= sum(len(result.indicators) for result in staff) <= 6


def test_targets_are_positive_and_sums_split_into_quarters() -> None:
    for indicator in indicators.INDICATOR_CATALOGUE:
        assert indicator.target > 0
        if indicator.aggregation is Aggregation.SUM and indicator.target >= 4:
            assert indicator.target % 4 == 0
