"""The made-up province as an effect study sees it, beside the truth that only the generator knows."""

from dataclasses import dataclass

import numpy as np

from ml.synthetic import generator
from ml.synthetic.province import Province, SeatSourceCode
from ml.synthetic.settings import GeneratorSettings
from training.improvement import group_time, rules
from training.improvement.facts import Study, TrialPanel


@dataclass(frozen=True, slots=True)
class StudyEvidence:
    """One province studied: the study, the true effect on those drawn, and what the textbooks would have said."""

    study: Study
    truth: dict[int, float]
    textbook: float

    def headline_figures(self) -> tuple[float, float, float, float]:
        """Effect and error, plain and adjusted, one period after the training."""
        shown = self.study.headline
        assert shown is not None
        return shown.unadjusted.value, shown.unadjusted.error, shown.adjusted.value, shown.adjusted.error


def observed_panel(province: Province) -> TrialPanel:
    """What HR has on record: the lottery's strata are the units, as they were drawn."""
    training = province.training
    return TrialPanel(
        np.ascontiguousarray(province.observed.score),
        np.ascontiguousarray(training.eligible),
        training.trained_in,
        province.people.subunit,
        np.where(training.eligible, 1 + training.stratum[:, None], 0),
    )


def true_effect(province: Province, period: int) -> float:
    """The mean of the score with training minus the score without, same noise, among those drawn."""
    training, hidden = province.training, province.truth
    drawn = np.flatnonzero(
        (training.source == SeatSourceCode.LOTTERY) & (training.trained_in + period < province.settings.quarters)
    )
    column = training.trained_in[drawn] + period
    return float((hidden.score[drawn, column] - hidden.score_untrained[drawn, column]).mean())


def study_province(settings: GeneratorSettings) -> StudyEvidence:
    """Draw a province, study it, and hold it against its truth."""
    province = generator.generate_province(settings)
    seen = observed_panel(province)
    textbook = group_time.dynamic_effects(group_time.group_time_effects(seen.score, seen.trained, seen.cluster))[1]
    return StudyEvidence(
        rules.study_effect(seen), {period: true_effect(province, period) for period in range(8)}, textbook
    )
