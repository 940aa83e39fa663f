"""Facts of training records: the outcome of a participant."""

from enum import StrEnum


class Outcome(StrEnum):
    """Result of a participant (hasil pelatihan)."""

    PASSED = "PASSED"
    """Passed (lulus)."""
    FAILED = "FAILED"
    """Did not pass (tidak lulus)."""
    WITHDRAWN = "WITHDRAWN"
    """Withdrew (mengundurkan diri)."""
    DEFERRED = "DEFERRED"
    """Deferred to a later session (ditunda)."""
