"""The made-up province: the truth, the eligible trials, and the usual answers, which are false."""

import time
from collections.abc import Iterator

import pytest

from ml.synthetic import generator
from ml.synthetic.settings import GeneratorSettings
from tests.training.improvement import province_evidence
from tests.training.improvement.province_evidence import StudyEvidence
from training.improvement import inference, rules
from training.improvement.facts import Verdict, VerdictReason

SEEDS = (7, 11, 23)
LARGE = 70_000
WORLDS = {"effect": {}, "null": {"effect": False}, "hunch": {"hunch": 1.5}}


def is_within(found: StudyEvidence, errors: float) -> bool:
    """Whether plain and adjusted effect both lie within so many of their errors of the truth."""
    plain, plain_error, adjusted, adjusted_error = found.headline_figures()
    true = found.truth[1]
    return abs(plain - true) < errors * plain_error and abs(adjusted - true) < errors * adjusted_error


@pytest.fixture(scope="module")
def small_evidence() -> StudyEvidence:
    return province_evidence.study_province(GeneratorSettings(employees=10_000, seed=7))


def test_ten_thousand_people_show_the_effect_within_its_error(small_evidence: StudyEvidence) -> None:
    assert 4 < small_evidence.truth[1] < 5
    assert is_within(small_evidence, 3)
    assert small_evidence.headline_figures()[1] < 0.3


def test_before_and_after_and_the_textbook_are_false_in_a_small_province_too(small_evidence: StudyEvidence) -> None:
    shown = small_evidence.study.headline
    assert shown is not None
    assert shown.change > small_evidence.truth[1] + 4
    assert small_evidence.textbook > small_evidence.truth[1] + 3.5


def test_a_small_province_without_effect_shows_none() -> None:
    found = province_evidence.study_province(GeneratorSettings(employees=10_000, seed=11, effect=False))
    assert found.truth[1] == 0
    assert is_within(found, 3)
    shown = found.study.headline
    assert shown is not None
    assert shown.change > 4


def test_nomination_by_hunch_is_flagged_in_a_small_province() -> None:
    found = province_evidence.study_province(GeneratorSettings(employees=10_000, seed=7, hunch=1.5))
    assert found.study.judgement.verdict is Verdict.NOT_CREDIBLE
    assert not is_within(found, 3)


@pytest.fixture(scope="module")
def evidence_table() -> Iterator[dict[tuple[str, int], StudyEvidence]]:
    """Three worlds for three seeds at full size, printed as one table when all is done."""
    found = {
        (world, seed): province_evidence.study_province(GeneratorSettings(employees=LARGE, seed=seed, **changes))  # type: ignore[arg-type]  # switches of one world
        for world, changes in WORLDS.items()
        for seed in SEEDS
    }
    yield found
    print(f"\n{LARGE:,} people × 12 quarters, one period after training, points of score")
    print("world   seed  truth  trials       adjusted     before/after  textbook  placebo -2   verdict")
    for (world, seed), each in found.items():
        print(format_evidence(world, seed, each))


def format_evidence(world: str, seed: int, found: StudyEvidence) -> str:
    """One row of the table."""
    plain, plain_error, adjusted, adjusted_error = found.headline_figures()
    shown, placebo = found.study.headline, found.study.placebo
    assert shown is not None
    assert placebo is not None
    return (
        f"{world:7} {seed:4} {found.truth[1]:6.2f}"
        f"  {plain:5.2f} ± {plain_error:.2f} {adjusted:6.2f} ± {adjusted_error:.2f}"
        f" {shown.change:12.2f} {found.textbook:9.2f}"
        f"  {placebo.unadjusted.value:5.2f} ± {placebo.unadjusted.error:.2f}"
        f"  {found.study.judgement.verdict}"
    )


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_the_effect_lies_within_three_errors_of_the_truth(
    evidence_table: dict[tuple[str, int], StudyEvidence], seed: int
) -> None:
    found = evidence_table["effect", seed]
    assert is_within(found, 3)
    assert found.headline_figures()[1] < 0.1
    assert found.study.judgement.verdict is Verdict.CREDIBLE
    assert found.headline_figures()[0] == pytest.approx(found.truth[1], rel=0.06)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("period", [0, 2, 3, 4, 5, 6, 7])
def test_the_whole_event_study_follows_the_truth(
    evidence_table: dict[tuple[str, int], StudyEvidence], seed: int, period: int
) -> None:
    found = evidence_table["effect", seed]
    effect = next(each for each in found.study.effects if each.period == period)
    assert effect.unadjusted.value == pytest.approx(found.truth[period], abs=3.5 * effect.unadjusted.error)
    assert effect.adjusted.value == pytest.approx(found.truth[period], abs=3.5 * effect.adjusted.error)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_the_usual_answers_are_off_by_more_than_four_points(
    evidence_table: dict[tuple[str, int], StudyEvidence], seed: int
) -> None:
    found = evidence_table["effect", seed]
    assert found.study.headline is not None
    assert found.study.headline.change > found.truth[1] + 4
    assert found.textbook > found.truth[1] + 4


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_the_null_world_shows_nothing(evidence_table: dict[tuple[str, int], StudyEvidence], seed: int) -> None:
    found = evidence_table["null", seed]
    assert is_within(found, 3)
    assert found.study.headline is not None
    assert found.study.headline.change > 4


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_the_hunch_is_flagged(evidence_table: dict[tuple[str, int], StudyEvidence], seed: int) -> None:
    found = evidence_table["hunch", seed]
    assert found.study.judgement.verdict is Verdict.NOT_CREDIBLE
    assert found.study.judgement.reasons == (VerdictReason.PLACEBO_FAR_FROM_ZERO,)
    assert found.study.placebo is not None
    low, _ = inference.confidence_interval(found.study.placebo.unadjusted, rules.EQUIVALENCE_LEVEL)
    assert low > rules.PLACEBO_MARGIN * found.study.spread


@pytest.mark.long
def test_a_study_of_seventy_thousand_takes_seconds() -> None:
    seen = province_evidence.observed_panel(generator.generate_province(GeneratorSettings(employees=LARGE, seed=7)))
    started = time.perf_counter()
    rules.study_effect(seen)
    took = time.perf_counter() - started
    print(f"\nstudy of {LARGE:,} × 12: {took:.2f} s (at most 5)")
    assert took < 5
