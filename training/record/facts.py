"""Training records as rules know them."""

from enum import StrEnum


class Outcome(StrEnum):
    """How a participant ended."""

    PASSED = "PASSED"
    """Passed (lulus)."""
    FAILED = "FAILED"
    """Did not pass (tidak lulus)."""
    WITHDRAWN = "WITHDRAWN"
    """Withdrew (mengundurkan diri)."""
    DEFERRED = "DEFERRED"
    """Put off to a later session (ditunda)."""
