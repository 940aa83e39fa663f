"""The panel of one programme, made from what is known of all."""

import numpy as np

from training.improvement.history import LotteryDraws, TrainingEvents, TrainingHistory

OURS, OTHER = 11, 22


def integer_array(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def six_people() -> TrainingHistory:
    """Two programmes and six people.

    0 wins ours in 1; 1 loses it; 2 loses it and wins the other in 2; 3 won the other in 0 and ours in 1; 4 stands in
    both in 1 and wins the other; 5 stands in the other's alone.
    """
    return TrainingHistory(
        score=np.full((6, 4), 95.0),
        cluster=integer_array(0, 0, 1, 1, 2, 2),
        draws=LotteryDraws(
            programme=integer_array(OURS, OURS, OURS, OURS, OURS, OTHER, OTHER, OTHER, OTHER),
            person=integer_array(0, 1, 2, 3, 4, 2, 3, 4, 5),
            column=integer_array(1, 1, 1, 1, 1, 2, 0, 1, 1),
            lottery=integer_array(1, 1, 1, 1, 1, 3, 2, 4, 4),
        ),
        trainings=TrainingEvents(
            programme=integer_array(OURS, OTHER, OTHER, OURS, OTHER),
            person=integer_array(0, 2, 3, 3, 4),
            column=integer_array(1, 2, 0, 1, 1),
        ),
    )


def test_every_programme_that_had_a_lottery_is_studied() -> None:
    assert six_people().programme_ids() == [OURS, OTHER]


def test_who_is_trained_elsewhere_later_leaves_and_who_was_before_stays() -> None:
    assert six_people().build_panel(OURS).trained.tolist() == [1, -1, 2, 1, 1, -1]
    assert six_people().build_panel(OTHER).trained.tolist() == [1, -1, 2, 0, 1, -1]


def test_who_is_trained_elsewhere_in_the_same_period_is_on_neither_side() -> None:
    assert six_people().build_panel(OURS).eligible[:, 1].tolist() == [True, True, True, True, False, False]
    assert six_people().build_panel(OTHER).eligible[:, 1].tolist() == [False, False, False, False, True, True]


def test_draws_are_numbered_apart_and_those_in_two_stand_together() -> None:
    lottery = six_people().build_panel(OURS).lottery
    assert len(set(lottery[[0, 1, 2, 3], 1])) == 1
    assert len({lottery[0, 1], lottery[4, 1], lottery[5, 1]}) == 3
    assert np.all(
        (lottery > 0)
        == (
            six_people().build_panel(OURS).eligible
            | six_people().build_panel(OTHER).eligible
            | ((np.arange(6)[:, None] == 4) & (np.arange(4) == 1))
        )
    )


def test_without_lotteries_there_is_nothing_to_study() -> None:
    empty = integer_array()
    bare = TrainingHistory(
        np.full((2, 3), 90.0),
        integer_array(0, 1),
        LotteryDraws(empty, empty, empty, empty),
        TrainingEvents(empty, empty, empty),
    )
    assert bare.programme_ids() == []
