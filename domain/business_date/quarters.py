"""Calendar quarters (triwulan)."""

from datetime import date, timedelta


def quarter_bounds(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter (triwulan) of a day."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return first, next_quarter_start(first) - timedelta(days=1)


def next_quarter_start(first: date) -> date:
    """The first day of the quarter after the one beginning on `first`."""
    return date(first.year + 1, 1, 1) if first.month == 10 else date(first.year, first.month + 3, 1)


def last_finished_quarter(day: date) -> tuple[date, date]:
    """The first and the last day of the last quarter ended before a day."""
    return quarter_bounds(quarter_bounds(day)[0] - timedelta(days=1))
