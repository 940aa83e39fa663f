"""Effect study of each programme: estimate and store."""

import asyncio
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.ports import CommandContext, JobContext
from training.improvement import inference, rules, store
from training.improvement.facts import Estimate, PeriodEffect, Study
from training.improvement.history import TrainingHistory
from training.improvement.tables import EffectPeriodRow, EffectStudyRow

THOUSANDTH = Decimal("0.001")


async def estimate_effects(job: JobContext, _params: Mapping[str, Any]) -> None:
    """Estimate the effects of all programmes as of today: the new current studies.

    A job: reads in one transaction, computes beside the event loop, writes in another. A second run on a day replaces
    the first.
    """
    await job.report_progress(0, 3, "READ")
    async with job.open_transaction() as act:
        known = await store.load_training_history(act.db, act.today)
    await job.report_progress(1, 3, "ESTIMATE")
    studies = await asyncio.to_thread(study_programmes, known)
    await job.report_progress(2, 3, "WRITE")
    async with job.open_transaction() as act:
        for programme, study in studies.items():
            await write_study(act, programme, study)
    await job.report_progress(3, 3, "WRITE")


def study_programmes(history: TrainingHistory) -> dict[int, Study]:
    """The study of each programme, by its key."""
    return {programme: rules.study_effect(history.build_panel(programme)) for programme in history.programme_ids()}


async def write_study(context: CommandContext, programme: int, study: Study) -> int:
    """Write a programme's study as the current one of today; returns its key."""
    mine = col(EffectStudyRow.programme_id) == programme
    today = sa.select(col(EffectStudyRow.id)).where(mine, col(EffectStudyRow.as_of) == context.today)
    await context.db.execute(
        sa.delete(EffectPeriodRow).where(col(EffectPeriodRow.study_id) == today.scalar_subquery())
    )
    await context.db.execute(sa.delete(EffectStudyRow).where(mine, col(EffectStudyRow.as_of) == context.today))
    await context.db.execute(sa.update(EffectStudyRow).where(mine, col(EffectStudyRow.current)).values(current=False))
    written = await context.db.fetch_all(
        sa.insert(EffectStudyRow)
        .values(**build_study_row(context, programme, study))
        .returning(col(EffectStudyRow.id))
    )
    await context.db.execute_many(sa.insert(EffectPeriodRow), list(build_period_rows(written[0][0], study)))
    return written[0][0]


def build_study_row(context: CommandContext, programme: int, study: Study) -> dict[str, Any]:
    """The columns of an `effect_study` row; without a headline, no figures."""
    return {
        "programme_id": programme,
        "as_of": context.today,
        "current": True,
        "verdict": study.judgement.verdict,
        "grounds": explain_verdict(study),
        "treated": study.treated,
        "controls": study.controls,
        **(headline_columns(study.headline, study.placebo) if study.headline else {}),
        "estimated_at": context.now,
    }


def headline_columns(headline: PeriodEffect, placebo: PeriodEffect | None) -> dict[str, Decimal | None]:
    """The effect, its context, and the placebo with the interval of its judgement."""
    return {
        **interval_columns("effect", headline.unadjusted),
        "before_after": round_points(headline.change),
        "mean_before": round_points(headline.mean_before),
        "mean_after": round_points(headline.mean_after),
        "expected_after": round_points(headline.expected_after),
        **(interval_columns("placebo", placebo.unadjusted, rules.EQUIVALENCE_LEVEL) if placebo else {}),
    }


def explain_verdict(study: Study) -> dict[str, Any]:
    """Reasons of the verdict: codes, with the figures behind them."""
    shown = study.headline
    if shown is None:
        return {"reasons": list(study.judgement.reasons)}
    return {
        "reasons": list(study.judgement.reasons),
        "spread": format_points(study.spread),
        "margin": format_points(rules.PLACEBO_MARGIN * study.spread),
        "adjusted": format_points(shown.adjusted.value),
        "overlap": format_points(shown.support.overlap),
        "effective_controls": format_points(shown.effective),
        "clusters": shown.unadjusted.clusters,
    }


def build_period_rows(study_id: int, study: Study) -> Iterator[dict[str, Any]]:
    """The columns of the `effect_period` rows; none without a headline."""
    for effect in study.effects if study.headline else ():
        yield build_period_row(study_id, effect)


def build_period_row(study_id: int, effect: PeriodEffect) -> dict[str, Any]:
    """The columns of one `effect_period` row."""
    return {
        "study_id": study_id,
        "period": effect.period,
        "treated": effect.treated,
        "controls": effect.controls,
        **interval_columns("effect", effect.unadjusted),
    }


def interval_columns(
    name: str, figure: Estimate, level: float = inference.INTERVAL_LEVEL
) -> dict[str, Decimal | None]:
    """A figure and its interval as the columns `name`, `name_low` and `name_high`."""
    low, high = inference.confidence_interval(figure, level)
    return {name: round_points(figure.value), f"{name}_low": round_points(low), f"{name}_high": round_points(high)}


def round_points(figure: float) -> Decimal | None:
    """Points to three decimals; None without a bound."""
    return Decimal(figure).quantize(THOUSANDTH) if math.isfinite(figure) else None


def format_points(figure: float) -> str:
    """Points to three decimals as text, for JSON."""
    return str(round_points(figure))
