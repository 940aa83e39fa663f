"""History of all programmes, and the panel of one."""

from dataclasses import dataclass

import numpy as np

from training.improvement.facts import UNTRAINED, Booleans, Floats, Integers, TrialPanel


@dataclass(frozen=True, slots=True)
class LotteryDraws:
    """Lottery entries: one for each person, programme and period.

    `person` indexes the history's people and `column` its periods; `lottery` numbers batch and stratum together,
    from 1. `programme` is the key of a row.
    """

    programme: Integers
    person: Integers
    column: Integers
    lottery: Integers


@dataclass(frozen=True, slots=True)
class TrainingEvents:
    """Trainings: one entry for each person and programme, in the period of the lottery won."""

    programme: Integers
    person: Integers
    column: Integers


@dataclass(frozen=True, slots=True)
class TrainingHistory:
    """Everybody's scores (people × periods, NaN missing) and clusters, all lotteries and all trainings."""

    score: Floats
    cluster: Integers
    draws: LotteryDraws
    trainings: TrainingEvents

    def programme_ids(self) -> list[int]:
        """The keys of the programmes with a lottery."""
        return [int(key) for key in np.unique(self.draws.programme)]

    def build_panel(self, programme: int) -> TrialPanel:
        """The panel of one programme.

        Treated are people trained in any programme, from the period of their first lottery of this one on: earlier
        training is history, later training ends the comparison. People trained elsewhere in the very period of a
        lottery are on neither of its sides.
        """
        return TrialPanel(
            self.score,
            self._eligible_matrix(programme),
            self._first_training(programme),
            self.cluster,
            self._lottery_numbers(),
        )

    def _eligible_matrix(self, programme: int) -> Booleans:
        mine = self.draws.programme == programme
        eligible = np.zeros(self.score.shape, bool)
        eligible[self.draws.person[mine], self.draws.column[mine]] = True
        here, elsewhere = np.zeros_like(eligible), np.zeros_like(eligible)
        mine = self.trainings.programme == programme
        here[self.trainings.person[mine], self.trainings.column[mine]] = True
        elsewhere[self.trainings.person[~mine], self.trainings.column[~mine]] = True
        return eligible & (here | ~elsewhere)

    def _first_training(self, programme: int) -> Integers:
        never = self.score.shape[1]
        first = np.zeros(len(self.score), np.int64)
        mine = self.draws.programme == programme
        stood = np.full(len(self.score), never)
        np.minimum.at(stood, self.draws.person[mine], self.draws.column[mine])
        first[stood < never] = stood[stood < never]
        counts = self.trainings.column >= first[self.trainings.person]
        trained = np.full(len(self.score), never)
        np.minimum.at(trained, self.trainings.person[counts], self.trainings.column[counts])
        return np.where(trained < never, trained, UNTRAINED)

    def _lottery_numbers(self) -> Integers:
        """The draw of each person (people × periods), 0 for none.

        People in several draws of a period are grouped with those in the same draws.
        """
        number = np.zeros(self.score.shape, np.int64)
        fresh, lotteries = 1, int(self.draws.lottery.max(initial=0)) + 1
        for programme in self.programme_ids():
            mine = self.draws.programme == programme
            where = self.draws.person[mine], self.draws.column[mine]
            together = number[where] * lotteries + self.draws.lottery[mine]
            names, place = np.unique(together, return_inverse=True)
            number[where] = fresh + place
            fresh += len(names)
        return number
