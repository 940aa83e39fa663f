"""What keeps the service from running, told to its operator in one line."""

from typing import ClassVar


class OperatorError(Exception):
    """The service cannot run, for a reason that its operator can mend; the message is one line."""

    exit_code: ClassVar[int] = 1
