"""Jobs of the risk model: train it, and score everybody.

The arithmetic runs beside the event loop.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from domain.evaluation import store as evaluations
from domain.ports import Db, JobContext
from domain.risk.facts import ModelKind, ModelStatus
from ml import panel_store
from ml.model.artefact import Artefact
from ml.model.scoring import score_panel
from ml.panel_store import DatedPanel, TooLittleHistory
from ml.pipeline import model_registry, scoring_runs
from ml.pipeline.model_registry import ModelCandidate
from ml.validation import model_card, publication_check, rolling_origin
from ml.validation.publication_check import PublicationAllowed
from ml.validation.rolling_origin import ValidationReport

SEAT_CAPACITY = 0.05
"""Share of the people with a seat in a quarter: the capacity in metrics."""


async def train_model(work: JobContext, params: Mapping[str, Any]) -> None:
    """Train the risk model on all records as of today, and register the outcome.

    It takes no `params`. A model that passes the publication check is champion if there is none yet, else a shadow,
    for a human to promote. One that fails is stored as refused, and without a champion the better of the two rules
    serves.
    """
    del params
    await work.report_progress(0, 3, "READ_HISTORY")
    async with work.open_transaction() as act:
        known = await panel_store.load_risk_panel(act.db, act.today)
        threshold = float((await evaluations.load_regulation(act.db, act.today)).low_below)
    await work.report_progress(1, 3, "FIT_AND_TEST")
    made = await asyncio.to_thread(fit_candidates, known, threshold)
    await work.report_progress(2, 3, "REGISTER")
    async with work.open_transaction() as act:
        for one in made:
            await model_registry.record_model(act, one, await choose_model_status(act.db, one))
    await work.report_progress(3, 3, "DONE")


async def choose_model_status(db: Db, candidate: ModelCandidate) -> ModelStatus:
    """Choose the status of a newly trained model.

    Champion only without another, refused by the publication check, else shadow.
    """
    stopped = isinstance(candidate.verdict, publication_check.PublicationRefused)
    if stopped and candidate.model.kind == ModelKind.LOGISTIC:
        return ModelStatus.REFUSED
    return ModelStatus.SHADOW if await model_registry.has_champion(db) else ModelStatus.CHAMPION


def fit_candidates(history: DatedPanel, threshold: float) -> list[ModelCandidate]:
    """Fit the champion's kind of model, and the better rule if it fails.

    It fails by not passing the publication check. Raises `TooLittleHistory` if not even a rule can be learnt.
    """
    made = []
    try:
        report = rolling_origin.validate_rolling_origin(history.panel, threshold, SEAT_CAPACITY)
        first = _fit_candidate(history, threshold, report)
    except ValueError:
        kind = ModelKind.LAST_SCORE
    else:
        made.append(first)
        kind, _ = rolling_origin.find_best_rule(report)
    if made and isinstance(made[0].verdict, PublicationAllowed):
        return made
    return [*made, _fit_rule_candidate(history, threshold, kind)]


def _fit_candidate(history: DatedPanel, threshold: float, report: ValidationReport) -> ModelCandidate:
    model = rolling_origin.fit_final_model(history.panel, threshold, report)
    return _describe_candidate(history, threshold, model, report)


def _fit_rule_candidate(history: DatedPanel, threshold: float, kind: ModelKind) -> ModelCandidate:
    """Fit a rule with calibrated probabilities: ranking by one score alone."""
    try:
        return _fit_candidate(
            history, threshold, rolling_origin.validate_rolling_origin(history.panel, threshold, SEAT_CAPACITY, kind)
        )
    except ValueError:
        pass
    try:
        return _describe_candidate(
            history, threshold, rolling_origin.fit_untested_model(history.panel, threshold, kind), None
        )
    except ValueError as error:
        raise TooLittleHistory(str(error)) from error


def _describe_candidate(
    history: DatedPanel, threshold: float, model: Artefact, report: ValidationReport | None
) -> ModelCandidate:
    window = (history.quarters.starts[0], history.quarters.ends[-1])
    return ModelCandidate(
        model=model,
        report=report,
        verdict=None if report is None else publication_check.check_publication(report),
        card=model_card.build_model_card(model, report, threshold, SEAT_CAPACITY, window),
        data_from=window[0],
        data_to=window[1],
        data_sha256=history.panel.content_hash(),
    )


async def score_everybody(work: JobContext, params: Mapping[str, Any]) -> None:
    """Score everybody as of today with the champion, and publish the list.

    It takes no `params`. The same model on the same data on the same day is the same run: nothing is written twice.
    """
    del params
    await work.report_progress(0, 4, "READ_HISTORY")
    async with work.open_transaction() as act:
        model_id, model = await model_registry.load_champion(act.db)
        known = await panel_store.load_risk_panel(act.db, act.today)
    await work.report_progress(1, 4, "SCORE")
    column = len(known.quarters) - 1
    inputs_sha256 = await asyncio.to_thread(known.panel.content_hash)
    scores = await asyncio.to_thread(
        score_panel,
        model,
        known.panel,
        column,
        SEAT_CAPACITY,
        scoring_runs.derive_lottery_seed(known.quarters.recorded_by),
    )
    await work.report_progress(2, 4, "WRITE")
    async with work.open_transaction() as act:
        run_id = await scoring_runs.write_scoring_run(act, model_id, known.quarters, scores, inputs_sha256)
        await work.report_progress(3, 4, "PUBLISH")
        await scoring_runs.publish_scoring_run(act, run_id)
    await work.report_progress(4, 4, "DONE")
