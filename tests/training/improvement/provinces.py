"""The made-up province as an effect study sees it, beside the truth that only the generator knows."""

from dataclasses import dataclass

import numpy as np

from ml.population import generator
from ml.population.province import Province, Source
from ml.population.settings import Settings
from training.improvement import group_time, rules
from training.improvement.facts import Panel, Study


@dataclass(frozen=True, slots=True)
class Evidence:
    """One province studied: the study, the true effect on those drawn, and what the textbooks would have said."""

    study: Study
    truth: dict[int, float]
    textbook: float

    def headline(self) -> tuple[float, float, float, float]:
        """Effect and error, plain and adjusted, one period after the training."""
        shown = self.study.headline
        assert shown is not None
        return shown.plain.value, shown.plain.error, shown.adjusted.value, shown.adjusted.error


def panel(province: Province) -> Panel:
    """What HR has on record: the lottery's strata are the units, as they were drawn."""
    training = province.training
    return Panel(
        np.ascontiguousarray(province.observed.score),
        np.ascontiguousarray(training.eligible),
        training.trained_in,
        province.people.subunit,
        np.where(training.eligible, 1 + training.stratum[:, None], 0),
    )


def truth(province: Province, period: int) -> float:
    """The mean of the score with training minus the score without, same noise, among those drawn."""
    training, hidden = province.training, province.truth
    drawn = np.flatnonzero(
        (training.source == Source.LOTTERY) & (training.trained_in + period < province.settings.quarters)
    )
    column = training.trained_in[drawn] + period
    return float((hidden.score[drawn, column] - hidden.score_untrained[drawn, column]).mean())


def evidence(settings: Settings) -> Evidence:
    """Draw a province, study it, and hold it against its truth."""
    province = generator.draw(settings)
    seen = panel(province)
    textbook = group_time.dynamic(group_time.effects(seen.score, seen.trained, seen.cluster))[1]
    return Evidence(rules.study(seen), {period: truth(province, period) for period in range(8)}, textbook)
