"""Inverse probability weights: the still untrained stand for those trained meanwhile."""

import numpy as np

from training.improvement.facts import UNTRAINED, Booleans, Floats, Integers, TrialPanel


def stay_probabilities(panel: TrialPanel) -> Floats:
    """The chance (n × q, 0…1) of not being trained in each period, given untrained until then.

    It is counted among those at risk, by period and lottery; people in none are counted together. It is 1
    for those trained earlier, at risk no more.
    """
    stay = np.ones_like(panel.score)
    for period in range(panel.periods):
        at_risk = (panel.trained == UNTRAINED) | (panel.trained >= period)
        lottery = panel.lottery[at_risk, period]
        number = np.bincount(lottery, minlength=1).astype(np.float64)
        leaving = np.bincount(lottery[panel.trained[at_risk] == period], minlength=len(number)).astype(np.float64)
        share = np.concatenate([leaving[:1] / max(number[0], 1), shrink_to_common(leaving[1:], number[1:])])
        stay[at_risk, period] = 1 - share[lottery]
    return stay


def shrink_to_common(leaving: Floats, number: Floats) -> Floats:
    """The chance of leaving in each of a period's lotteries, small ones drawn to the chance of all.

    `number` stood in each and `leaving` of them were trained. Counted raw, a lottery of three whose three were all
    seated says that nobody could stay; their weight would be lost, and that of the weakest, who stand in many
    lotteries, most often. How far the lotteries really differ is the intraclass correlation of a beta-binomial, by
    moments (Kleinman 1973): at 0 all have the same chance, at 1 each has its own.
    """
    filled = number > 0
    total = max(float(number.sum()), 1.0)
    common = float(leaving.sum()) / total
    own: Floats = np.divide(leaving, number, out=np.full(len(number), common), where=filled)
    noise = common * (1 - common)
    room = float(((number - 1) * (1 - number / total))[filled].sum())
    if noise <= 0 or room <= 0:
        return own
    excess = float((number * (own - common) ** 2).sum()) / noise - (int(filled.sum()) - 1)
    alike = min(max(excess / room, 0.0), 1.0)
    trust = number * alike / np.maximum(number * alike + 1 - alike, 1e-12)
    chance: Floats = common + trust * (own - common)
    return chance


def inverse_stay_weights(stay: Floats, trial: int, column: int) -> Floats:
    """The inverse of the chance (n) of staying untrained after the period `trial` through `column`; 1 if not later.

    0 if nobody could stay: such a person is not among the controls.
    """
    chance: Floats = stay[:, trial + 1 : max(column, trial) + 1].prod(axis=1)
    return np.divide(1.0, chance, out=np.zeros_like(chance), where=chance > 0)


def odds_weights(treated: Booleans, counted: Booleans, lottery: Integers) -> Floats:
    """Weights (n): each lottery's untrained stand for its trained, before anybody leaves.

    Per person of one period: whether they were `treated`, whether they are `counted` (has the outcome), their
    `lottery`. Treated people weigh 1, untrained ones the treated counted per untrained of their lottery (Hirano,
    Imbens & Ridder 2003, the chance of a seat counted within the draw). Where a lottery has treated people alone they
    weigh 0: it says nothing.
    """
    untrained = np.bincount(lottery, weights=~treated)[lottery]
    wanted = np.bincount(lottery, weights=treated & counted)[lottery]
    share = np.divide(wanted, untrained, out=np.zeros(len(lottery)), where=untrained > 0)
    return np.where(treated, untrained > 0, share)


def balance_weights(weight: Floats, treated: Floats, trial: Integers) -> Floats:
    """Row weights scaled so that the controls of each trial count as many as its treated.

    Rows of a trial that lacks one of the two groups weigh 0. The scale is set by trial and not by lottery: in a
    lottery with one control left that control would count for all, however healthy one has to be to be left.
    """
    controls = weight * (1 - treated)
    here = np.bincount(trial, weights=controls)[trial]
    wanted = np.bincount(trial, weights=weight * treated)[trial]
    both = (here > 0) & (wanted > 0)
    scaled = np.divide(controls * wanted, here, out=np.zeros_like(weight), where=both)
    return np.where(both, weight * treated + scaled, 0.0)
