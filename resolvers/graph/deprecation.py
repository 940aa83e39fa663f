"""Deprecations as clients read them."""

from datetime import date

from domain.deprecation import Deprecated


class Unsaid(Exception):
    """A deprecation without its reason, or without the day of removal."""


def text(why: Deprecated | None) -> str | None:
    """Reason and day of removal; None for what stays. Raises Unsaid without one of the two."""
    if why is None:
        return None
    if not why.reason.strip().endswith(".") or not isinstance(why.removed_on, date):
        raise Unsaid(
            "is deprecated, and says not in a sentence what to use instead, or not on which day it is removed"
        )
    return f"{why.reason.strip()} Removed on {why.removed_on.isoformat()}."
