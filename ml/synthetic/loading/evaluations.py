"""Rows of a quarter's evaluations and monitoring records."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from domain.evaluation import rules, store
from domain.evaluation.facts import PREDIKAT_RANKS, PeriodKind, Regulation
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.ports import Db
from ml.synthetic.loading.frame import (
    LoadFrame,
    NumberedQuarter,
    Row,
    convert_to_counts,
    convert_to_decimals,
    copy_rows,
    make_person_key,
    make_plan_key,
)
from ml.synthetic.province import Ints
from ml.synthetic.quarter import ratings

EVALUATION_COLUMNS: Final = (
    "plan_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "kind",
    "starts_on",
    "ends_on",
    "results_index",
    "behaviour_index",
    "score",
    "results_rating",
    "behaviour_rating",
    "predikat",
    "predikat_rank",
    "low",
    "rule",
    "version",
    "current",
    "evidence",
    "evidence_source",
    "evaluated_by",
    "evaluated_on",
    "recorded_on",
    "recorded_at",
)
MONITORING_COLUMNS: Final = (
    "person_id",
    "unit_path",
    "appraiser_id",
    "starts_on",
    "ends_on",
    "progress_percent",
    "late_days",
    "late_days_last_month",
    "absent_days",
    "activity",
    "activity_last_month",
    "recorded_on",
)
EVIDENCE_TEXT: Final = "Rekap realisasi indikator triwulan"
EVIDENCE_SOURCE: Final = "e-Kinerja"


async def load_quarter_evaluations(db: Db, frame: LoadFrame, quarter: NumberedQuarter) -> int:
    """Write a quarter's evaluations and monitoring; returns the number of evaluations.

    All are recorded on the quarter's last day. Score and indices are the province's; ratings, predikat and `low`
    follow by the regulation in force. The Sekda's own evaluation is left out: it is the governor's, no civil servant.
    """
    regulation = await store.load_regulation(db, quarter.ends_on)
    count = await copy_rows(
        db, str(EvaluationRow.__tablename__), EVALUATION_COLUMNS, _build_evaluation_rows(frame, quarter, regulation)
    )
    await copy_rows(db, str(MonitoringRow.__tablename__), MONITORING_COLUMNS, _build_monitoring_rows(frame, quarter))
    return count


def derive_quarter_outcomes(
    frame: LoadFrame, quarter: NumberedQuarter, regulation: Regulation, people: Ints
) -> Iterator[Row]:
    """Derive each person's ratings, predikat, its rank, low, and the rule behind it."""
    seen = frame.province.observed
    results = ratings.rate_indices(seen.results[people, quarter.number], regulation.results)
    behaviour = ratings.rate_indices(seen.behaviour[people, quarter.number], regulation.behaviour)
    under = seen.score[people, quarter.number] < float(regulation.low_below)
    for first, second, below in zip(results.tolist(), behaviour.tolist(), under.tolist(), strict=True):
        pair = ratings.RATING_CODES[first], ratings.RATING_CODES[second]
        predikat = regulation.matrix[pair]
        low = below or pair[0] is ratings.RATING_CODES[-1]
        yield *pair, predikat, PREDIKAT_RANKS[predikat], low, f"{regulation.id}/{rules.MATRIX_RULES[pair]}"


def _build_evaluation_rows(frame: LoadFrame, quarter: NumberedQuarter, regulation: Regulation) -> Iterator[Row]:
    seen, t = frame.province.observed, quarter.number
    n, year = len(frame.province.people), quarter.starts_on.year
    who = np.flatnonzero(~np.isnan(seen.score[:, t]) & (seen.appraiser[:, t] >= 0))
    by = seen.appraiser[who, t].tolist()
    figures = zip(
        *(convert_to_decimals(index[who, t]) for index in (seen.results, seen.behaviour, seen.score)), strict=True
    )
    derived = derive_quarter_outcomes(frame, quarter, regulation, who)
    for i, above, indices, outcome in zip(who.tolist(), by, figures, derived, strict=True):
        yield (
            make_plan_key(n, year, i),
            make_person_key(i),
            frame.unit_path[i],
            frame.appraiser_key[i],
            PeriodKind.TRIWULAN,
            quarter.starts_on,
            quarter.ends_on,
            *indices,
            *outcome,
            1,
            True,
            EVIDENCE_TEXT,
            EVIDENCE_SOURCE,
            make_person_key(above),
            quarter.ends_on,
            quarter.ends_on,
            quarter.recorded_at,
        )


def _build_monitoring_rows(frame: LoadFrame, quarter: NumberedQuarter) -> Iterator[Row]:
    seen, t = frame.province.observed, quarter.number
    who = np.flatnonzero(seen.active[:, t])
    days = (quarter.starts_on, quarter.ends_on)
    columns = zip(
        who.tolist(),
        convert_to_decimals(seen.progress[who, t]),
        convert_to_counts(seen.late_days[who, t]),
        convert_to_counts(seen.late_last_month[who, t]),
        convert_to_counts(seen.absence[who, t]),
        convert_to_decimals(seen.activity[who, t]),
        convert_to_decimals(seen.activity_last_month[who, t]),
        strict=True,
    )
    for i, *measured in columns:
        yield make_person_key(i), frame.unit_path[i], frame.appraiser_key[i], *days, *measured, quarter.ends_on
