"""Risk panel of a synthetic province: its observed data, and nothing of its truth."""

import numpy as np

from ml.panel import Bools, Floats, Ints, RiskPanel
from ml.synthetic import parameters as p
from ml.synthetic.province import Province


def build_generated_panel(province: Province) -> RiskPanel:
    """Build the risk model's panel of a province; a person's number is their index."""
    seen, people = province.observed, province.people
    quarters = seen.score.shape[1]
    own = np.broadcast_to(np.arange(quarters), seen.score.shape)
    return RiskPanel(
        person=np.arange(len(people)),
        first=(p.FIRST_DAY.year, (p.FIRST_DAY.month + 2) // 3),
        score=seen.score,
        results=seen.results,
        behaviour=seen.behaviour,
        work_below=_mask_missing(seen.results, seen.results < p.RESULTS_BELOW),
        below_baik=_mask_missing(
            seen.results, (seen.results < p.RESULTS_BELOW) | (seen.behaviour < p.BEHAVIOUR_BELOW)
        ),
        late_days=seen.late_days,
        late_last_month=seen.late_last_month,
        absence=seen.absence,
        activity=seen.activity,
        activity_last_month=seen.activity_last_month,
        progress=seen.progress,
        in_position=np.floor(people.time_in_position * 4)[:, None] + own,
        evaluated=own,
        monitored=own,
        appraiser=seen.appraiser,
        unit=_repeat_by_quarter(people.unit, quarters),
        subunit=_repeat_by_quarter(people.subunit, quarters),
        active=seen.active,
        trained=province.training.trained_in,
        position_kind=people.kind.astype(np.int64),
    )


def _mask_missing(index: Floats, flag: Bools) -> Floats:
    return np.where(np.isnan(index), np.nan, flag)


def _repeat_by_quarter(code: Ints, quarters: int) -> Ints:
    return np.broadcast_to(code[:, None], (len(code), quarters))
