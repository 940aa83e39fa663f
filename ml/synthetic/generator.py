"""Generator of a synthetic province: people and hidden states, then quarter by quarter.

Each quarter has its observed data and its training.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.synthetic import optimal_bounds
from ml.synthetic import parameters as p
from ml.synthetic.people import appraisal_lines, population
from ml.synthetic.people.population import Population
from ml.synthetic.province import (
    Codes,
    Flags,
    Floats,
    HiddenTruth,
    Ints,
    ObservedRecords,
    Province,
    SeatSourceCode,
    SyntheticPeople,
    TrainingOutcomes,
)
from ml.synthetic.quarter import appraiser_scores, hidden_states, training_lottery, work_signals
from ml.synthetic.quarter.hidden_states import FixedStates, TransientStates
from ml.synthetic.settings import GeneratorSettings


def generate_province(settings: GeneratorSettings, assigned: Mapping[int, Ints] | None = None) -> Province:
    """Generate the province of these settings; equal arguments give equal bytes.

    `assigned` names for some quarters the people (indices) to be trained then, if active and untrained, instead of
    that quarter's lottery and volunteers. Raises ValueError for a nonexistent quarter or person.
    """
    named = _check_assigned(settings, assigned or {})
    made = population.generate_people(settings)
    run = _ProvinceRun.prepare_run(settings, made)
    for quarter in range(settings.quarters):
        run.simulate_quarter(quarter, named.get(quarter))
    return run.build_province()


def _check_assigned(settings: GeneratorSettings, assigned: Mapping[int, Ints]) -> dict[int, Ints]:
    for quarter, people in assigned.items():
        if not 0 <= quarter < settings.quarters:
            raise ValueError(f"people are assigned in quarter {quarter}, but there are {settings.quarters} quarters")
        if np.any((np.asarray(people) < 0) | (np.asarray(people) >= settings.employees)):
            raise ValueError(f"quarter {quarter} assigns people outside 0…{settings.employees - 1}")
    return {quarter: np.asarray(people, dtype=np.int64) for quarter, people in assigned.items()}


def compute_rating_bias(people: SyntheticPeople) -> Floats:
    """Bias of ratings (never of performance) per person, centred over all."""
    bias = (
        p.BIAS_WOMEN * people.female
        + p.BIAS_PPPK * people.pppk
        + p.BIAS_OLDER * (people.age >= p.BIAS_OLDER_FROM)
        + p.BIAS_DISABILITY * people.disability
    )
    return np.asarray(bias - bias.mean())


@dataclass(frozen=True, slots=True)
class _ProvinceRun:
    """Province under construction; its arrays are filled quarter by quarter."""

    settings: GeneratorSettings
    population: Population
    fixed_states: FixedStates
    transient_states: TransientStates
    bias: Floats
    observed: ObservedRecords
    training: TrainingOutcomes
    truth: HiddenTruth
    last_score: Floats

    @classmethod
    def prepare_run(cls, settings: GeneratorSettings, initial_population: Population) -> "_ProvinceRun":
        """Draw everything independent of history."""
        people, n, q = initial_population.people, len(initial_population.people), settings.quarters
        fixed = hidden_states.draw_fixed_states(settings.seed, people.unit, people.subunit)
        passing = hidden_states.draw_transient_states(settings.seed, n, q)
        season = hidden_states.compute_season_effects(q, settings.drift)
        lasting = fixed.ability + fixed.unit[people.unit] + fixed.subunit[people.subunit]
        bias = compute_rating_bias(people) if settings.rating_bias else np.zeros(n)
        return cls(
            settings=settings,
            population=initial_population,
            fixed_states=fixed,
            transient_states=passing,
            bias=bias,
            observed=_allocate_observed(initial_population, settings),
            training=_allocate_training(people, q),
            truth=_allocate_truth(fixed, passing, bias, season, lasting[:, None] + passing.mood + passing.shock),
            last_score=np.full(n, np.nan),
        )

    def simulate_quarter(self, quarter: int, assigned: Ints | None) -> None:
        """Simulate one quarter: training first, for it already helps a little, then the observed data."""
        self._simulate_training(quarter, assigned)
        self.truth.effect[:, quarter] = self._compute_effect(quarter)
        self._simulate_evaluation(quarter)
        self._simulate_work_signals(quarter)
        self._forecast_oracle_risk(quarter)

    def _simulate_training(self, quarter: int, assigned: Ints | None) -> None:
        running = self.settings.training and quarter >= p.FIRST_TRAINING
        if not running and assigned is None:
            return
        seed, training = self.settings.seed, self.training
        open_ = self.observed.active[:, quarter] & (training.trained_in < 0)
        may = (
            training_lottery.select_eligible(self.last_score, open_, seed, quarter)
            if running
            else np.zeros_like(open_)
        )
        if assigned is None:
            trouble = self.transient_states.mood[:, quarter] + self.transient_states.shock[:, quarter]
            odds = training_lottery.compute_seat_probability(trouble, self.settings.hunch)
            drawn = training_lottery.run_lottery(open_, may, odds, self.fixed_states.ability, seed, quarter)
        else:
            drawn = training_lottery.assign_people(open_, may, assigned)
        training.eligible[:, quarter] = drawn.eligible
        training.draw[:, quarter] = drawn.draw
        training.seat[:, quarter] = drawn.seat
        training.attended[:, quarter] = drawn.attended
        training.trained_in[drawn.attended] = quarter
        training.source[drawn.attended] = drawn.seat[drawn.attended]

    def _compute_effect(self, quarter: int) -> Floats:
        since = quarter - self.training.trained_in
        path = np.array(p.EFFECT_PATH)[np.clip(since, 0, len(p.EFFECT_PATH) - 1)]
        crisis = np.where(self.transient_states.shock[:, quarter] < p.CRISIS, p.CRISIS_SHARE, 1.0)
        trained = (self.training.trained_in >= 0) & self.settings.effect
        return np.where(trained, self.fixed_states.gain * path * crisis, 0.0)

    def _simulate_evaluation(self, quarter: int) -> None:
        seen, truth, settings = self.observed, self.truth, self.settings
        base = truth.base[:, quarter]
        performance = base + truth.effect[:, quarter]
        lens = appraiser_scores.build_appraisal_model(settings, quarter, self._select_leniency(quarter), self.bias)
        truth.score[:, quarter] = appraiser_scores.compute_appraised_score(performance, lens)
        truth.score_untrained[:, quarter] = appraiser_scores.compute_appraised_score(base, lens)
        hidden = ~seen.active[:, quarter]
        if settings.missing:
            hidden = hidden | work_signals.draw_missing_scores(base, settings.seed, quarter)
        seen.score[:, quarter] = _hide_values(truth.score[:, quarter], hidden)
        seen.results[:, quarter] = _hide_values(appraiser_scores.compute_results_index(performance, lens), hidden)
        seen.behaviour[:, quarter] = _hide_values(appraiser_scores.compute_behaviour_index(performance, lens), hidden)
        np.copyto(self.last_score, seen.score[:, quarter], where=~np.isnan(seen.score[:, quarter]))

    def _select_leniency(self, quarter: int) -> Floats:
        appraiser = self.observed.appraiser[:, quarter]
        return np.where(appraiser >= 0, self.fixed_states.leniency[appraiser], 0.0)

    def _simulate_work_signals(self, quarter: int) -> None:
        seen, seed, people = self.observed, self.settings.seed, self.population.people
        mood, shock = self.transient_states.mood[:, quarter], self.transient_states.shock[:, quarter]
        ability, habit = self.fixed_states.ability, self.fixed_states.habit[people.subunit]
        lead = work_signals.compute_leading_mood(self.transient_states, quarter)
        gone = ~seen.active[:, quarter]
        unsent = gone
        if self.settings.missing:
            unsent = gone | work_signals.draw_missing_attendance(people.subunit, self.fixed_states, seed, quarter)
        seen.late_days[:, quarter] = _hide_values(work_signals.draw_late_days(mood, habit, seed, quarter), unsent)
        seen.late_last_month[:, quarter] = _hide_values(
            work_signals.draw_late_days_last_month(lead, habit, seed, quarter), unsent
        )
        seen.absence[:, quarter] = _hide_values(work_signals.draw_absence_days(mood, shock, seed, quarter), unsent)
        seen.activity[:, quarter] = _hide_values(
            work_signals.draw_activity(mood, ability, habit, seed, quarter), gone
        )
        month = work_signals.draw_activity_last_month(lead, ability, habit, seed, quarter)
        seen.activity_last_month[:, quarter] = _hide_values(month, gone)
        state = ability + mood + shock + self.truth.effect[:, quarter]
        seen.progress[:, quarter] = _hide_values(work_signals.draw_progress(state, seed, quarter), gone)

    def _forecast_oracle_risk(self, quarter: int) -> None:
        """Oracle forecast with the current appraiser, and with the fading effect of training.

        It knows of neither a drift of scale nor a break of policy.
        """
        people, season = self.population.people, self.truth.season
        shock = p.SHOCK_MEMORY * self.transient_states.shock[:, quarter]
        mood = p.MOOD_MEMORY * self.transient_states.mood[:, quarter] + self.transient_states.early[:, quarter]
        lasting = (
            self.fixed_states.ability
            + self.fixed_states.unit[people.unit]
            + self.fixed_states.subunit[people.subunit]
        )
        since = quarter + 1 - self.training.trained_in
        path = np.array(p.EFFECT_PATH)[np.clip(since, 0, len(p.EFFECT_PATH) - 1)]
        helped = (self.training.trained_in >= 0) & self.settings.effect
        effect = np.where(
            helped, self.fixed_states.gain * path * np.where(shock < p.CRISIS, p.CRISIS_SHARE, 1.0), 0.0
        )
        performance = lasting + mood + shock + season[quarter + 1] + effect
        expected = p.SCORE_PERFORMANCE * performance + p.SCORE_LENIENCY * self._select_leniency(quarter) + self.bias
        self.truth.oracle[:, quarter] = optimal_bounds.forecast_from_latents(100 + p.POINTS * expected)

    def build_province(self) -> Province:
        """The finished province."""
        return Province(
            self.settings,
            self.population.organisation,
            self.population.people,
            self.observed,
            self.training,
            self.truth,
        )


def _hide_values(value: Floats, hidden: Flags) -> Floats:
    return np.where(hidden, np.nan, value.round(2))


def _allocate_observed(initial_population: Population, settings: GeneratorSettings) -> ObservedRecords:
    people, seed, q = initial_population.people, settings.seed, settings.quarters
    lines = appraisal_lines.simulate_appraiser_changes(
        initial_population.lines, people.subunit, ~people.appraiser, seed, q
    )
    score, results, behaviour, late, month, absence, activity, recent, progress = (
        hidden_states.allocate_by_quarter(len(people), q) for _ in range(9)
    )
    return ObservedRecords(
        score=score,
        results=results,
        behaviour=behaviour,
        late_days=late,
        late_last_month=month,
        absence=absence,
        activity=activity,
        activity_last_month=recent,
        progress=progress,
        active=work_signals.draw_active_service(people.appraiser, seed, q),
        appraiser=np.stack(list(lines)).T,
    )


def _allocate_training(people: SyntheticPeople, quarters: int) -> TrainingOutcomes:
    shape = (quarters, len(people))
    seat: Codes = np.zeros(shape, dtype=np.int8).T
    return TrainingOutcomes(
        eligible=np.zeros(shape, dtype=np.bool_).T,
        draw=np.full(shape, np.nan).T,
        seat=seat,
        attended=np.zeros(shape, dtype=np.bool_).T,
        trained_in=np.full(len(people), -1, dtype=np.int64),
        source=np.full(len(people), SeatSourceCode.NONE, dtype=np.int8),
        stratum=people.unit,
    )


def _allocate_truth(
    fixed_states: FixedStates, transient_states: TransientStates, bias: Floats, season: Floats, unseasoned: Floats
) -> HiddenTruth:
    n, q = transient_states.mood.shape
    effect, score, untrained, oracle = (hidden_states.allocate_by_quarter(n, q) for _ in range(4))
    return HiddenTruth(
        ability=fixed_states.ability,
        unit_effect=fixed_states.unit,
        subunit_effect=fixed_states.subunit,
        habit=fixed_states.habit,
        leniency=fixed_states.leniency,
        bias=bias,
        gain=fixed_states.gain,
        season=season,
        mood=transient_states.mood,
        early=transient_states.early,
        shock=transient_states.shock,
        base=unseasoned + season[:q],
        effect=effect,
        score=score,
        score_untrained=untrained,
        oracle=oracle,
    )
