"""Draws a province: people and hidden states, then quarter by quarter what is seen and who is trained."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.population import bounds, hierarchy, inhabitants, lottery, scores, states, traces
from ml.population import parameters as p
from ml.population.inhabitants import Inhabitants
from ml.population.province import (
    Codes,
    Flags,
    Floats,
    Ints,
    Observed,
    People,
    Province,
    Source,
    Training,
    Truth,
)
from ml.population.settings import Settings
from ml.population.states import Fixed, Passing


def draw(settings: Settings, assigned: Mapping[int, Ints] | None = None) -> Province:
    """Draw the province of these settings; equal arguments give equal bytes.

    `assigned` names for some quarters the people (indices) who are trained then, if active and untrained, instead of
    that quarter's lottery and volunteers. Raises ValueError for a quarter or a person that does not exist.
    """
    named = _checked(settings, assigned or {})
    made = inhabitants.draw(settings)
    run = _Run.prepared(settings, made)
    for quarter in range(settings.quarters):
        run.step(quarter, named.get(quarter))
    return run.province()


def _checked(settings: Settings, assigned: Mapping[int, Ints]) -> dict[int, Ints]:
    for quarter, people in assigned.items():
        if not 0 <= quarter < settings.quarters:
            raise ValueError(f"people are assigned in quarter {quarter}, but there are {settings.quarters} quarters")
        if np.any((np.asarray(people) < 0) | (np.asarray(people) >= settings.employees)):
            raise ValueError(f"quarter {quarter} assigns people outside 0…{settings.employees - 1}")
    return {quarter: np.asarray(people, dtype=np.int64) for quarter, people in assigned.items()}


def rating_bias(people: People) -> Floats:
    """The bias of ratings (never of performance) per person, centred over all."""
    bias = (
        p.BIAS_WOMEN * people.female
        + p.BIAS_PPPK * people.pppk
        + p.BIAS_OLDER * (people.age >= p.BIAS_OLDER_FROM)
        + p.BIAS_DISABILITY * people.disability
    )
    return np.asarray(bias - bias.mean())


@dataclass(frozen=True, slots=True)
class _Run:
    """A province in the making; its arrays are filled quarter by quarter."""

    settings: Settings
    made: Inhabitants
    fixed: Fixed
    passing: Passing
    bias: Floats
    observed: Observed
    training: Training
    truth: Truth
    last_score: Floats

    @classmethod
    def prepared(cls, settings: Settings, made: Inhabitants) -> "_Run":
        """Draw everything that needs no history."""
        people, n, q = made.people, len(made.people), settings.quarters
        fixed = states.fixed(settings.seed, people.unit, people.subunit)
        passing = states.passing(settings.seed, n, q)
        season = states.season(q, settings.drift)
        lasting = fixed.ability + fixed.unit[people.unit] + fixed.subunit[people.subunit]
        bias = rating_bias(people) if settings.rating_bias else np.zeros(n)
        return cls(
            settings=settings,
            made=made,
            fixed=fixed,
            passing=passing,
            bias=bias,
            observed=_blank_observed(made, settings),
            training=_blank_training(people, q),
            truth=_blank_truth(fixed, passing, bias, season, lasting[:, None] + passing.mood + passing.shock),
            last_score=np.full(n, np.nan),
        )

    def step(self, quarter: int, named: Ints | None) -> None:
        """Play one quarter: training first, for it already helps a little, then what is seen."""
        self._train(quarter, named)
        self.truth.effect[:, quarter] = self._effect(quarter)
        self._evaluate(quarter)
        self._trace(quarter)
        self._foresee(quarter)

    def _train(self, quarter: int, named: Ints | None) -> None:
        running = self.settings.training and quarter >= p.FIRST_TRAINING
        if not running and named is None:
            return
        seed, training = self.settings.seed, self.training
        open_ = self.observed.active[:, quarter] & (training.trained_in < 0)
        may = lottery.eligible(self.last_score, open_, seed, quarter) if running else np.zeros_like(open_)
        if named is None:
            trouble = self.passing.mood[:, quarter] + self.passing.shock[:, quarter]
            odds = lottery.chance(trouble, self.settings.hunch)
            drawn = lottery.hold(open_, may, odds, self.fixed.ability, seed, quarter)
        else:
            drawn = lottery.assign(open_, may, named)
        training.eligible[:, quarter] = drawn.eligible
        training.draw[:, quarter] = drawn.draw
        training.seat[:, quarter] = drawn.seat
        training.attended[:, quarter] = drawn.attended
        training.trained_in[drawn.attended] = quarter
        training.source[drawn.attended] = drawn.seat[drawn.attended]

    def _effect(self, quarter: int) -> Floats:
        since = quarter - self.training.trained_in
        path = np.array(p.EFFECT_PATH)[np.clip(since, 0, len(p.EFFECT_PATH) - 1)]
        crisis = np.where(self.passing.shock[:, quarter] < p.CRISIS, p.CRISIS_SHARE, 1.0)
        trained = (self.training.trained_in >= 0) & self.settings.effect
        return np.where(trained, self.fixed.gain * path * crisis, 0.0)

    def _evaluate(self, quarter: int) -> None:
        seen, truth, settings = self.observed, self.truth, self.settings
        base = truth.base[:, quarter]
        performance = base + truth.effect[:, quarter]
        lens = scores.lens(settings, quarter, self._leniency(quarter), self.bias)
        truth.score[:, quarter] = scores.score(performance, lens)
        truth.score_untrained[:, quarter] = scores.score(base, lens)
        hidden = ~seen.active[:, quarter]
        if settings.missing:
            hidden = hidden | traces.score_missing(base, settings.seed, quarter)
        seen.score[:, quarter] = _shown(truth.score[:, quarter], hidden)
        seen.results[:, quarter] = _shown(scores.results(performance, lens), hidden)
        seen.behaviour[:, quarter] = _shown(scores.behaviour(performance, lens), hidden)
        np.copyto(self.last_score, seen.score[:, quarter], where=~np.isnan(seen.score[:, quarter]))

    def _leniency(self, quarter: int) -> Floats:
        appraiser = self.observed.appraiser[:, quarter]
        return np.where(appraiser >= 0, self.fixed.leniency[appraiser], 0.0)

    def _trace(self, quarter: int) -> None:
        seen, seed, people = self.observed, self.settings.seed, self.made.people
        mood, shock = self.passing.mood[:, quarter], self.passing.shock[:, quarter]
        ability, habit = self.fixed.ability, self.fixed.habit[people.subunit]
        lead = traces.lead(self.passing, quarter)
        gone = ~seen.active[:, quarter]
        unsent = gone
        if self.settings.missing:
            unsent = gone | traces.attendance_missing(people.subunit, self.fixed, seed, quarter)
        seen.late_days[:, quarter] = _shown(traces.late_days(mood, habit, seed, quarter), unsent)
        seen.late_last_month[:, quarter] = _shown(traces.late_last_month(lead, habit, seed, quarter), unsent)
        seen.absence[:, quarter] = _shown(traces.absence(mood, shock, seed, quarter), unsent)
        seen.activity[:, quarter] = _shown(traces.activity(mood, ability, habit, seed, quarter), gone)
        month = traces.activity_last_month(lead, ability, habit, seed, quarter)
        seen.activity_last_month[:, quarter] = _shown(month, gone)
        state = ability + mood + shock + self.truth.effect[:, quarter]
        seen.progress[:, quarter] = _shown(traces.progress(state, seed, quarter), gone)

    def _foresee(self, quarter: int) -> None:
        """The oracle's forecast, with the appraiser of now, and for the trained with their effect fading.

        It knows of neither a drift of scale nor a break of policy.
        """
        people, season = self.made.people, self.truth.season
        shock = p.SHOCK_MEMORY * self.passing.shock[:, quarter]
        mood = p.MOOD_MEMORY * self.passing.mood[:, quarter] + self.passing.early[:, quarter]
        lasting = self.fixed.ability + self.fixed.unit[people.unit] + self.fixed.subunit[people.subunit]
        since = quarter + 1 - self.training.trained_in
        path = np.array(p.EFFECT_PATH)[np.clip(since, 0, len(p.EFFECT_PATH) - 1)]
        helped = (self.training.trained_in >= 0) & self.settings.effect
        effect = np.where(helped, self.fixed.gain * path * np.where(shock < p.CRISIS, p.CRISIS_SHARE, 1.0), 0.0)
        performance = lasting + mood + shock + season[quarter + 1] + effect
        expected = p.SCORE_PERFORMANCE * performance + p.SCORE_LENIENCY * self._leniency(quarter) + self.bias
        self.truth.oracle[:, quarter] = bounds.oracle(100 + p.POINTS * expected)

    def province(self) -> Province:
        """The finished province."""
        return Province(
            self.settings, self.made.organisation, self.made.people, self.observed, self.training, self.truth
        )


def _shown(value: Floats, hidden: Flags) -> Floats:
    return np.where(hidden, np.nan, value.round(2))


def _blank_observed(made: Inhabitants, settings: Settings) -> Observed:
    people, seed, q = made.people, settings.seed, settings.quarters
    lines = hierarchy.quarters(made.line, people.subunit, ~people.appraiser, seed, q)
    score, results, behaviour, late, month, absence, activity, recent, progress = (
        states.by_quarter(len(people), q) for _ in range(9)
    )
    return Observed(
        score=score,
        results=results,
        behaviour=behaviour,
        late_days=late,
        late_last_month=month,
        absence=absence,
        activity=activity,
        activity_last_month=recent,
        progress=progress,
        active=traces.active(people.appraiser, seed, q),
        appraiser=np.stack(list(lines)).T,
    )


def _blank_training(people: People, quarters: int) -> Training:
    shape = (quarters, len(people))
    seat: Codes = np.zeros(shape, dtype=np.int8).T
    return Training(
        eligible=np.zeros(shape, dtype=np.bool_).T,
        draw=np.full(shape, np.nan).T,
        seat=seat,
        attended=np.zeros(shape, dtype=np.bool_).T,
        trained_in=np.full(len(people), -1, dtype=np.int64),
        source=np.full(len(people), Source.NONE, dtype=np.int8),
        stratum=people.unit,
    )


def _blank_truth(fixed: Fixed, passing: Passing, bias: Floats, season: Floats, unseasoned: Floats) -> Truth:
    n, q = passing.mood.shape
    effect, score, untrained, oracle = (states.by_quarter(n, q) for _ in range(4))
    return Truth(
        ability=fixed.ability,
        unit_effect=fixed.unit,
        subunit_effect=fixed.subunit,
        habit=fixed.habit,
        leniency=fixed.leniency,
        bias=bias,
        gain=fixed.gain,
        season=season,
        mood=passing.mood,
        early=passing.early,
        shock=passing.shock,
        base=unseasoned + season[:q],
        effect=effect,
        score=score,
        score_untrained=untrained,
        oracle=oracle,
    )
