"""Operator errors: reasons for stopping the process, reported in one line."""

from typing import ClassVar


class OperatorError(Exception):
    """The service cannot run, for a reason its operator can correct.

    The message is one line.
    """

    exit_code: ClassVar[int] = 1
