"""Estimating what each programme changed, and writing it down."""

import asyncio
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.ports import Act, Work
from training.improvement import inference, rules, store
from training.improvement.facts import Estimate, PeriodEffect, Study
from training.improvement.history import History
from training.improvement.tables import EffectPeriodRow, EffectStudyRow

THOUSANDTH = Decimal("0.001")


async def estimate(work: Work, _params: Mapping[str, Any]) -> None:
    """Estimate the effect of all programmes as of today, and make these the current studies.

    A job: reads in one transaction, computes beside the event loop, writes in another. Twice on a day, the second
    replaces the first.
    """
    await work.progress(0, 3, "READ")
    async with work.write() as act:
        known = await store.history(act.db, act.today)
    await work.progress(1, 3, "ESTIMATE")
    studies = await asyncio.to_thread(study_all, known)
    await work.progress(2, 3, "WRITE")
    async with work.write() as act:
        for programme, study in studies.items():
            await record(act, programme, study)
    await work.progress(3, 3, "WRITE")


def study_all(known: History) -> dict[int, Study]:
    """The study of each programme, by its key."""
    return {programme: rules.study(known.panel(programme)) for programme in known.programmes()}


async def record(act: Act, programme: int, study: Study) -> int:
    """Write a programme's study as the current one of today; the key of its row."""
    mine = col(EffectStudyRow.programme_id) == programme
    today = sa.select(col(EffectStudyRow.id)).where(mine, col(EffectStudyRow.as_of) == act.today)
    await act.db.execute(sa.delete(EffectPeriodRow).where(col(EffectPeriodRow.study_id) == today.scalar_subquery()))
    await act.db.execute(sa.delete(EffectStudyRow).where(mine, col(EffectStudyRow.as_of) == act.today))
    await act.db.execute(sa.update(EffectStudyRow).where(mine, col(EffectStudyRow.current)).values(current=False))
    written = await act.db.fetch(
        sa.insert(EffectStudyRow).values(**study_row(act, programme, study)).returning(col(EffectStudyRow.id))
    )
    await act.db.execute_many(sa.insert(EffectPeriodRow), list(period_rows(written[0][0], study)))
    return written[0][0]


def study_row(act: Act, programme: int, study: Study) -> dict[str, Any]:
    """The columns of an `effect_study` row; those of figures are left out where there is no headline to show."""
    return {
        "programme_id": programme,
        "as_of": act.today,
        "current": True,
        "verdict": study.judgement.verdict,
        "grounds": grounds(study),
        "treated": study.treated,
        "controls": study.controls,
        **(figures(study.headline, study.placebo) if study.headline else {}),
        "estimated_at": act.now,
    }


def figures(headline: PeriodEffect, placebo: PeriodEffect | None) -> dict[str, Decimal | None]:
    """The effect, what stands beside it, and the placebo with the interval by which it is judged."""
    return {
        **bounded("effect", headline.plain),
        "before_after": points(headline.change),
        "mean_before": points(headline.before),
        "mean_after": points(headline.after),
        "expected_after": points(headline.expected),
        **(bounded("placebo", placebo.plain, rules.EQUIVALENCE) if placebo else {}),
    }


def grounds(study: Study) -> dict[str, Any]:
    """Why the verdict is what it is: codes, and the figures that they were weighed by."""
    shown = study.headline
    if shown is None:
        return {"reasons": list(study.judgement.reasons)}
    return {
        "reasons": list(study.judgement.reasons),
        "spread": text(study.spread),
        "margin": text(rules.MARGIN * study.spread),
        "adjusted": text(shown.adjusted.value),
        "overlap": text(shown.support.overlap),
        "effective_controls": text(shown.effective),
        "clusters": shown.plain.clusters,
    }


def period_rows(study_id: int, study: Study) -> Iterator[dict[str, Any]]:
    """The columns of the `effect_period` rows; none when there is no headline, for then nothing is shown."""
    for effect in study.effects if study.headline else ():
        yield period_row(study_id, effect)


def period_row(study_id: int, effect: PeriodEffect) -> dict[str, Any]:
    """The columns of one `effect_period` row."""
    return {
        "study_id": study_id,
        "period": effect.period,
        "treated": effect.treated,
        "controls": effect.controls,
        **bounded("effect", effect.plain),
    }


def bounded(name: str, figure: Estimate, level: float = inference.INTERVAL) -> dict[str, Decimal | None]:
    """A figure and its interval as the columns `name`, `name_low` and `name_high`."""
    low, high = inference.interval(figure, level)
    return {name: points(figure.value), f"{name}_low": points(low), f"{name}_high": points(high)}


def points(figure: float) -> Decimal | None:
    """Points to three decimals; None for what has no bound."""
    return Decimal(figure).quantize(THOUSANDTH) if math.isfinite(figure) else None


def text(figure: float) -> str:
    """The same as text, for JSON."""
    return str(points(figure))
