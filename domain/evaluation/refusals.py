"""The ways in which an evaluation is refused."""

from domain.refusals import Refusal


class PeriodClosed(Refusal):
    """The period is not over yet, or its window for recording has passed."""

    code = "PERIOD_CLOSED"


class AlreadyEvaluated(Refusal):
    """The period has an evaluation in force, which stands unless an objection changes it (R-EVAL-17)."""

    code = "ALREADY_EVALUATED"
