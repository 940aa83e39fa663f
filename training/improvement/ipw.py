"""Inverse probability weights: untrained people replace those trained meanwhile."""

import numpy as np

from training.improvement.facts import UNTRAINED, Booleans, Floats, Integers, TrialPanel


def stay_probabilities(panel: TrialPanel) -> Floats:
    """Probability (n × q, 0…1) of staying untrained in each period, given untrained before.

    It is counted among those at risk, by period and lottery; people in none are counted together. It is 1 for those
    trained earlier, at risk no more.
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
    """Shrink the treatment rates of a period's small lotteries to the common rate.

    `number` people were in each lottery and `leaving` of them were trained. By the raw count, a lottery of three with
    all three seated leaves nobody a chance to stay; their weight would be lost, and that of the weakest, present in
    many lotteries, most often. The real difference between lotteries is the intraclass correlation of a
    beta-binomial, by moments (Kleinman 1973): at 0 all have the same chance, at 1 each has its own.
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
    """Inverse probability (n) of staying untrained after the period `trial` through `column`.

    It is 1 if `column` is not later, and 0 if nobody could stay: such a person is not among the controls.
    """
    chance: Floats = stay[:, trial + 1 : max(column, trial) + 1].prod(axis=1)
    return np.divide(1.0, chance, out=np.zeros_like(chance), where=chance > 0)


def odds_weights(treated: Booleans, counted: Booleans, lottery: Integers) -> Floats:
    """Odds weights (n) of each lottery: untrained weighted to its trained, before anybody leaves.

    Per person of one period: `treated` or not, `counted` or not (has the outcome), their `lottery`. Treated people
    weigh 1, untrained ones the treated counted per untrained of their lottery (Hirano, Imbens & Ridder 2003, the
    chance of a seat counted within the draw). Treated people of a lottery without others weigh 0: it gives no
    comparison.
    """
    untrained = np.bincount(lottery, weights=~treated)[lottery]
    wanted = np.bincount(lottery, weights=treated & counted)[lottery]
    share = np.divide(wanted, untrained, out=np.zeros(len(lottery)), where=untrained > 0)
    return np.where(treated, untrained > 0, share)


def balance_weights(weight: Floats, treated: Floats, trial: Integers) -> Floats:
    """Scale the row weights: controls of each trial count as many as its treated.

    Rows of a trial lacking one of the two groups weigh 0. The scale is set by trial and not by lottery: in a lottery
    with one control left that control would count for all, however healthy one has to be to be left.
    """
    controls = weight * (1 - treated)
    here = np.bincount(trial, weights=controls)[trial]
    wanted = np.bincount(trial, weights=weight * treated)[trial]
    both = (here > 0) & (wanted > 0)
    scaled = np.divide(controls * wanted, here, out=np.zeros_like(weight), where=both)
    return np.where(both, weight * treated + scaled, 0.0)
