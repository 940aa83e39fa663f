"""The catalogue is whole, and each field's results cascade."""

import pytest

from domain.indicator.facts import Aggregation
from ml.population import indicators
from ml.population.units import PLANS


def test_every_result_is_measured_by_known_indicators() -> None:
    used = {
        code
        for work in indicators.FIELDS.values()
        for result in (*work.lead, *work.staff, *indicators.CLERICAL)
        for code in result.indicators
    }
    assert used <= set(indicators.BY_CODE)
    assert len(indicators.BY_CODE) == len(indicators.CATALOGUE)


@pytest.mark.parametrize("sector", sorted({plan.unit.sector for plan in PLANS}))
def test_staff_support_as_many_results_as_their_leader_has(sector: str) -> None:
    lead = indicators.results(sector, leads=True, clerical=False)
    for staff in (
        indicators.results(sector, leads=False, clerical=False),
        indicators.results(sector, leads=False, clerical=True),
    ):
        assert len(staff) == len(lead)
        assert 3 <= sum(len(result.indicators) for result in staff) <= 6


def test_targets_are_positive_and_sums_split_into_quarters() -> None:
    for indicator in indicators.CATALOGUE:
        assert indicator.target > 0
        if indicator.aggregation is Aggregation.SUM and indicator.target >= 4:
            assert indicator.target % 4 == 0
