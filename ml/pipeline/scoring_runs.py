"""Scoring runs: scores and reasons written by COPY, published by one pointer.

The pointer makes a run the risk list.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain.audit import trail
from domain.business_date.quarters import next_quarter_start
from domain.event import commands as events
from domain.event.facts import EventTopic
from domain.people.tables import PersonRow
from domain.ports import CommandContext, Db
from domain.risk.drivers import BASE_REASON, DRIVER_MEANINGS, REST_REASON
from domain.risk.tables import PublishedRunRow, RiskReasonRow, RiskScoreRow, ScoringRunRow
from ml import panel_store
from ml.model.scoring import PanelScores
from ml.panel_store import PanelQuarters
from ml.pipeline.model_registry import PREDICTED_LABEL

COPY_CHUNK = 20_000
"""Rows per COPY."""
SCORE_COLUMNS = (
    "run_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "rank",
    "probability",
    "low",
    "high",
    "logit",
    "band",
    "hindered",
    "evaluations_known",
    "abstained",
)
REASON_COLUMNS = (
    "score_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "ordinal",
    "code",
    "term",
    "help",
    "changeable",
    "params",
)


def derive_lottery_seed(day: date) -> int:
    """Seed of a day's lottery: its date as a number.

    Nobody can choose it, everybody can repeat it.
    """
    return int(day.strftime("%Y%m%d"))


async def write_scoring_run(
    act: CommandContext, model_id: int, quarters: PanelQuarters, scores: PanelScores, inputs_sha256: str
) -> int:
    """Write the run of this model, day and data, or find it; returns its key.

    A new run is written with all its rows.
    """
    starts_on = next_quarter_start(quarters.starts[-1])
    abstained = sum(reason is not None for reason in scores.abstentions)
    made = await act.db.fetch_one(
        insert(ScoringRunRow)
        .values(
            model_id=model_id,
            label=PREDICTED_LABEL,
            cutoff_on=quarters.recorded_by,
            starts_on=starts_on,
            ends_on=next_quarter_start(starts_on) - timedelta(days=1),
            people=len(scores.person),
            scored=len(scores.person) - abstained,
            abstained=abstained,
            seed=derive_lottery_seed(quarters.recorded_by),
            inputs_sha256=inputs_sha256,
            finished_at=act.now,
        )
        .on_conflict_do_nothing(index_elements=["model_id", "cutoff_on", "inputs_sha256"])
        .returning(col(ScoringRunRow.id))
    )
    if made is None:
        return await _fetch_run_id(act.db, model_id, quarters.recorded_by, inputs_sha256)
    places = await _load_scope_columns(act.db)
    await _copy_in_chunks(act.db, RiskScoreRow, SCORE_COLUMNS, _build_score_rows(made[0], scores, places))
    keys = await _load_score_ids(act.db, made[0])
    await _copy_in_chunks(act.db, RiskReasonRow, REASON_COLUMNS, _build_reason_rows(scores, keys, places))
    return made[0]


async def _fetch_run_id(db: Db, model_id: int, day: date, inputs_sha256: str) -> int:
    found = await db.fetch_one(
        sa.select(col(ScoringRunRow.id)).where(
            col(ScoringRunRow.model_id) == model_id,
            col(ScoringRunRow.cutoff_on) == day,
            col(ScoringRunRow.inputs_sha256) == inputs_sha256,
        )
    )
    assert found is not None  # noqa: S101 - the conflict was with this row, and runs are never deleted
    return found[0]


async def _load_scope_columns(db: Db) -> dict[int, tuple[str | None, int | None]]:
    """Load today's unit path and appraiser of each person."""
    statement = sa.select(col(PersonRow.id), col(PersonRow.unit_path), col(PersonRow.appraiser_id))
    places: dict[int, tuple[str | None, int | None]] = {}
    async for chunk in db.stream(statement, panel_store.STREAM_CHUNK):
        places.update((person, (path, appraiser)) for person, path, appraiser in chunk)
    return places


async def _load_score_ids(db: Db, run_id: int) -> dict[int, int]:
    """Load the key of each person's score in a run."""
    statement = sa.select(col(RiskScoreRow.person_id), col(RiskScoreRow.id)).where(col(RiskScoreRow.run_id) == run_id)
    keys: dict[int, int] = {}
    async for chunk in db.stream(statement, panel_store.STREAM_CHUNK):
        keys.update(chunk)
    return keys


def _build_score_rows(
    run_id: int, scores: PanelScores, places: Mapping[int, tuple[str | None, int | None]]
) -> Iterator[tuple[Any, ...]]:
    hindered = scores.explanation.select_hindered().tolist()
    figures = [array.tolist() for array in (scores.probability, scores.low, scores.high, scores.explanation.logit)]
    rows = zip(
        scores.person.tolist(),
        scores.rank.tolist(),
        zip(*figures, strict=True),
        scores.band,
        hindered,
        scores.evaluation_counts.tolist(),
        scores.abstentions,
        strict=True,
    )
    for person, rank, values, band, stuck, evaluated, abstained in rows:
        known = abstained is None
        shown = [_micros_to_decimal(value) if known else None for value in values]
        yield run_id, person, *places[person], rank, *shown, band, known and stuck, evaluated, abstained


def _build_reason_rows(
    scores: PanelScores, keys: Mapping[int, int], places: Mapping[int, tuple[str | None, int | None]]
) -> Iterator[tuple[Any, ...]]:
    """Build the reasons of each score: named drivers, greatest first, rest and base.

    Together they are its logit.
    """
    why = scores.explanation
    order = np.argsort(-np.where(why.select_named_drivers(), np.abs(why.terms), 0), axis=1, kind="stable")
    count = why.select_named_drivers().sum(axis=1).tolist()
    helps = [DRIVER_MEANINGS[driver] for driver in why.drivers]
    for i, (person, abstained) in enumerate(zip(scores.person.tolist(), scores.abstentions, strict=True)):
        if abstained is not None:
            continue
        whose, rest = (keys[person], person, *places[person]), int(why.terms[i].sum())
        for ordinal, place in enumerate(order[i, : count[i]].tolist(), start=1):
            term = int(why.terms[i, place])
            rest -= term
            figures = {
                "own": round(float(why.own_figures[i, place]), 2),
                "peers": round(float(why.peer_figures[i, place]), 2),
            }
            meaning = helps[place]
            yield (
                *whose,
                ordinal,
                str(why.drivers[place]),
                _micros_to_decimal(term),
                meaning.help,
                meaning.changeable,
                json.dumps(figures),
            )
        yield *whose, count[i] + 1, REST_REASON, _micros_to_decimal(rest), None, False, "{}"
        yield *whose, count[i] + 2, BASE_REASON, _micros_to_decimal(int(why.base[i])), None, False, "{}"


def _micros_to_decimal(micro: int) -> Decimal:
    return Decimal(micro).scaleb(-6)


async def _copy_in_chunks(
    db: Db, row: type[Any], columns: tuple[str, ...], records: Iterable[tuple[Any, ...]]
) -> None:
    remaining = iter(records)
    while chunk := list(islice(remaining, COPY_CHUNK)):
        await db.copy(str(row.__tablename__), columns, chunk)


async def publish_scoring_run(act: CommandContext, run_id: int) -> None:
    """Publish a run as the risk list, by one pointer."""
    published = insert(PublishedRunRow).values(label=PREDICTED_LABEL, run_id=run_id, published_at=act.now)
    await act.db.execute(
        published.on_conflict_do_update(index_elements=["label"], set_={"run_id": run_id, "published_at": act.now})
    )
    trail.write_audit_entry(act, "PUBLISH_RISK_LIST", ("scoring_run", run_id))
    events.publish_event(act.db, EventTopic.RISK_LIST_PUBLISHED, run_id, act.now)
