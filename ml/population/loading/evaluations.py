"""Rows of a quarter's evaluations and of what was monitored in it."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from domain.evaluation import rules, store
from domain.evaluation.facts import RANKS, PeriodKind, Regulation
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.ports import Db
from ml.population import ratings
from ml.population.loading.frame import Frame, Quarter, Row, copy, counts, exact, person_key, plan_key
from ml.population.province import Ints

EVALUATION: Final = (
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
MONITORING: Final = (
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
EVIDENCE: Final = "Rekap realisasi indikator triwulan"
SOURCE: Final = "e-Kinerja"


async def load(db: Db, made: Frame, during: Quarter) -> int:
    """Write a quarter's evaluations and monitoring, all recorded on its last day; the number of evaluations.

    Score and indices are the province's; ratings, predikat and `low` follow by the regulation in force. The Sekda's
    own evaluation is the governor's, who is no civil servant, so it is not kept.
    """
    regulation = await store.regulation(db, during.ends_on)
    count = await copy(db, str(EvaluationRow.__tablename__), EVALUATION, _evaluations(made, during, regulation))
    await copy(db, str(MonitoringRow.__tablename__), MONITORING, _monitoring(made, during))
    return count


def derive(made: Frame, during: Quarter, regulation: Regulation, who: Ints) -> Iterator[Row]:
    """Of each person: ratings, predikat, its rank, low, and the rule that says so."""
    seen = made.province.observed
    results = ratings.rate(seen.results[who, during.number], regulation.results)
    behaviour = ratings.rate(seen.behaviour[who, during.number], regulation.behaviour)
    under = seen.score[who, during.number] < float(regulation.low_below)
    for first, second, below in zip(results.tolist(), behaviour.tolist(), under.tolist(), strict=True):
        pair = ratings.RATINGS[first], ratings.RATINGS[second]
        predikat = regulation.matrix[pair]
        low = below or pair[0] is ratings.RATINGS[-1]
        yield *pair, predikat, RANKS[predikat], low, f"{regulation.id}/{rules.CELLS[pair]}"


def _evaluations(made: Frame, during: Quarter, regulation: Regulation) -> Iterator[Row]:
    seen, t = made.province.observed, during.number
    n, year = len(made.province.people), during.starts_on.year
    who = np.flatnonzero(~np.isnan(seen.score[:, t]) & (seen.appraiser[:, t] >= 0))
    by = seen.appraiser[who, t].tolist()
    figures = zip(*(exact(index[who, t]) for index in (seen.results, seen.behaviour, seen.score)), strict=True)
    derived = derive(made, during, regulation, who)
    for i, above, indices, outcome in zip(who.tolist(), by, figures, derived, strict=True):
        yield (
            plan_key(n, year, i),
            person_key(i),
            made.unit_path[i],
            made.appraiser[i],
            PeriodKind.TRIWULAN,
            during.starts_on,
            during.ends_on,
            *indices,
            *outcome,
            1,
            True,
            EVIDENCE,
            SOURCE,
            person_key(above),
            during.ends_on,
            during.ends_on,
            during.recorded_at,
        )


def _monitoring(made: Frame, during: Quarter) -> Iterator[Row]:
    seen, t = made.province.observed, during.number
    who = np.flatnonzero(seen.active[:, t])
    days = (during.starts_on, during.ends_on)
    columns = zip(
        who.tolist(),
        exact(seen.progress[who, t]),
        counts(seen.late_days[who, t]),
        counts(seen.late_last_month[who, t]),
        counts(seen.absence[who, t]),
        exact(seen.activity[who, t]),
        exact(seen.activity_last_month[who, t]),
        strict=True,
    )
    for i, *measured in columns:
        yield person_key(i), made.unit_path[i], made.appraiser[i], *days, *measured, during.ends_on
