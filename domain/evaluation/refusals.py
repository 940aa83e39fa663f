"""The ways in which an evaluation is refused."""

from domain.refusals import Refusal


class PeriodClosed(Refusal):
    """The period has not ended, or its deadline for recording has passed (periode ditutup)."""

    code = "PERIOD_CLOSED"


class AlreadyEvaluated(Refusal):
    """The period already has an evaluation in force; only an objection changes it (R-EVAL-17)."""

    code = "ALREADY_EVALUATED"
