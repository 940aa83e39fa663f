"""The two jobs of the risk model: train it, and score everybody; the arithmetic runs beside the event loop."""

import asyncio
from collections.abc import Mapping
from typing import Any

from domain.evaluation import store as evaluations
from domain.ports import Db, Work
from domain.risk.facts import ModelKind, ModelStatus
from ml import card, evaluate, gate, history, registry, runs
from ml.artefact import Artefact
from ml.evaluate import Report
from ml.gate import Passed
from ml.history import History, TooLittleHistory
from ml.registry import Trained
from ml.score import score as score_panel

CAPACITY = 0.05
"""Share of the people for whom there are seats in a quarter: what a list is judged by."""


async def train(work: Work, params: Mapping[str, Any]) -> None:
    """Train on all that is on record today, and register the outcome; it takes no `params`.

    A model that passes its gate is champion if there is none yet, else a shadow, for a human to promote. One that
    does not is kept as refused, and where there is no champion the better of the two rules serves.
    """
    del params
    await work.progress(0, 3, "READ_HISTORY")
    async with work.write() as act:
        known = await history.read(act.db, act.today)
        threshold = float((await evaluations.regulation(act.db, act.today)).low_below)
    await work.progress(1, 3, "FIT_AND_TEST")
    made = await asyncio.to_thread(candidates, known, threshold)
    await work.progress(2, 3, "REGISTER")
    async with work.write() as act:
        for one in made:
            await registry.register(act, one, await status_of(act.db, one))
    await work.progress(3, 3, "DONE")


async def status_of(db: Db, made: Trained) -> ModelStatus:
    """What a newly trained model becomes: champion only where there is none, refused when its gate stopped it."""
    stopped = isinstance(made.verdict, gate.Stopped)
    if stopped and made.model.kind == ModelKind.LOGISTIC:
        return ModelStatus.REFUSED
    return ModelStatus.SHADOW if await registry.in_use(db) else ModelStatus.CHAMPION


def candidates(known: History, threshold: float) -> list[Trained]:
    """The champion's kind of model, followed by the better rule if that model does not pass its gate.

    Raises `TooLittleHistory` when not even a rule can be learnt.
    """
    made = []
    try:
        report = evaluate.rolling(known.panel, threshold, CAPACITY)
        first = _trained(known, threshold, report)
    except ValueError:
        kind = ModelKind.LAST_SCORE
    else:
        made.append(first)
        kind, _ = evaluate.best_rule(report)
    if made and isinstance(made[0].verdict, Passed):
        return made
    return [*made, _rule(known, threshold, kind)]


def _trained(known: History, threshold: float, report: Report) -> Trained:
    model = evaluate.final(known.panel, threshold, report)
    return _described(known, threshold, model, report)


def _rule(known: History, threshold: float, kind: ModelKind) -> Trained:
    """A rule with calibrated probabilities: it ranks people by one score and by nothing else."""
    try:
        return _trained(known, threshold, evaluate.rolling(known.panel, threshold, CAPACITY, kind))
    except ValueError:
        pass
    try:
        return _described(known, threshold, evaluate.untested(known.panel, threshold, kind), None)
    except ValueError as error:
        raise TooLittleHistory(str(error)) from error


def _described(known: History, threshold: float, model: Artefact, report: Report | None) -> Trained:
    window = (known.quarters.starts[0], known.quarters.ends[-1])
    return Trained(
        model=model,
        report=report,
        verdict=None if report is None else gate.judge(report),
        card=card.card(model, report, threshold, CAPACITY, window),
        data_from=window[0],
        data_to=window[1],
        data_sha256=known.panel.sha256(),
    )


async def score(work: Work, params: Mapping[str, Any]) -> None:
    """Score everybody as of today with the model in use, and publish the list; it takes no `params`.

    The same model on the same data on the same day is the same run: nothing is written twice.
    """
    del params
    await work.progress(0, 4, "READ_HISTORY")
    async with work.write() as act:
        model_id, model = await registry.champion(act.db)
        known = await history.read(act.db, act.today)
    await work.progress(1, 4, "SCORE")
    column = len(known.quarters) - 1
    inputs_sha256 = await asyncio.to_thread(known.panel.sha256)
    scores = await asyncio.to_thread(
        score_panel, model, known.panel, column, CAPACITY, runs.seed_of(known.quarters.known_by)
    )
    await work.progress(2, 4, "WRITE")
    async with work.write() as act:
        run_id = await runs.write(act, model_id, known.quarters, scores, inputs_sha256)
        await work.progress(3, 4, "PUBLISH")
        await runs.publish(act, run_id)
    await work.progress(4, 4, "DONE")
