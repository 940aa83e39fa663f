"""Deprecation reasons in the form shown to clients."""

from datetime import date

from domain.deprecation import Deprecated


class IncompleteDeprecation(Exception):
    """A deprecation without its reason or without its day of removal."""


def format_deprecation(deprecation: Deprecated | None) -> str | None:
    """Reason and day of removal; None without deprecation.

    Raises IncompleteDeprecation if one of the two is missing.
    """
    if deprecation is None:
        return None
    if not deprecation.reason.strip().endswith(".") or not isinstance(deprecation.removed_on, date):
        raise IncompleteDeprecation(
            "is deprecated, and says not in a sentence what to use instead, or not on which day it is removed"
        )
    return f"{deprecation.reason.strip()} Removed on {deprecation.removed_on.isoformat()}."
