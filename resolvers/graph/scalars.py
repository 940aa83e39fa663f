"""Scalars of the API: encoding, parsing and description, one definition for all executors."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, NewType

ID = NewType("ID", str)
"""An opaque global ID: the code of a type and a number."""

INT_LIMIT = 2**31


class JsonForm(StrEnum):
    """How text stands in JSON."""

    BARE = "bare"
    """As it is: numbers, truth values."""
    QUOTED = "quoted"
    """In quotation marks; nothing in it needs an escape."""
    ESCAPED = "escaped"
    """In quotation marks, escaped."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar type of the API.

    `encode` turns a Python value into its JSON form; `sql_template` is the same as SQL, with `{}` for the column, and
    gives text to be placed in JSON by `json_form`. `parse` reads a client's value and raises ValueError with a
    sentence. `python_type` is the Python type of the scalar in declarations, None for a scalar declared only by its
    marker.
    """

    name: str
    description: str
    encode: Callable[[Any], Any]
    parse: Callable[[Any], Any]
    sql_template: str
    json_form: JsonForm = JsonForm.ESCAPED
    specification_url: str | None = None
    python_type: type | None = None
    built_in: bool = False


def _require_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{value!r} is not text")


def _require_storable_text(value: Any) -> str:
    # PostgreSQL's text stores neither of the two, and the driver would fail in the middle of a request.
    if "\x00" in _require_text(value) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("text may not hold NUL characters or lone surrogates")
    return str(value)


def _require_int32(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -INT_LIMIT <= value < INT_LIMIT:
        return value
    raise ValueError(f"{value!r} is not a whole number of 32 bits")


def _require_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is neither true nor false")


def format_date(value: date) -> str:
    """A day as `2026-01-05`."""
    return value.isoformat()


def parse_date(value: Any) -> date:
    """A day from `2026-01-05`. Raises ValueError for any other notation."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", _require_text(value), re.ASCII):
        raise ValueError(f"{value!r} is not a date like 2026-01-05")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no day of the calendar") from None


def format_instant(value: datetime) -> str:
    """A moment in UTC with microseconds, as `2026-01-05T03:04:05.678901Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def parse_instant(value: Any) -> datetime:
    """A moment from ISO 8601 with a zone. Raises ValueError without one."""
    try:
        moment = datetime.fromisoformat(_require_text(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a moment like 2026-01-05T03:04:05.678901Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; end it with Z or an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value!r} lies outside the calendar") from None


def format_decimal(value: Decimal) -> str:
    """An exact number in its full scale, never with an exponent."""
    return format(value, "f")


def parse_decimal(value: Any) -> Decimal:
    """An exact number from a string or a whole number, never a float. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    try:
        number = Decimal(_require_text(value))
    except InvalidOperation:
        raise ValueError(f'{value!r} is not a number; write it as a string like "97.50"') from None
    if not number.is_finite() or number.adjusted() > 30 or len(number.as_tuple().digits) > 40:
        raise ValueError(f"{value!r} is not a number of ordinary size")
    return number


def parse_nip(value: Any) -> str:
    """A civil servant's number: eighteen digits. Raises ValueError for anything else."""
    if not re.fullmatch(r"\d{18}", _require_text(value), re.ASCII):
        raise ValueError("a NIP has exactly eighteen digits")
    return str(value)


def format_period(first: date, last: date) -> str:
    """A period by its first and last day: `2026`, `2026-Q3`, `2026-09`, else `2026-01-05/2026-02-28`."""
    for text in (f"{first.year:04}", f"{first.year:04}-Q{(first.month + 2) // 3}", f"{first:%Y-%m}".zfill(7)):
        if parse_period_days(text) == (first, last):
            return text
    return f"{format_date(first)}/{format_date(last)}"


def parse_period_days(period: str) -> tuple[date, date]:
    """First and last day of `2026`, `2026-Q3`, `2026-09` or `2026-01-05/2026-02-28`. Raises ValueError."""
    if span := re.fullmatch(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", period, re.ASCII):
        return parse_date(span[1]), parse_date(span[2])
    found = re.fullmatch(r"([1-9]\d{3})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", period, re.ASCII)
    if found is None:
        raise ValueError(f"{period!r} is not a period like 2026, 2026-Q3 or 2026-09")
    year = int(found[1])
    first, last = (1, 12)
    if found[2]:
        first, last = int(found[2]) * 3 - 2, int(found[2]) * 3
    elif found[3]:
        first = last = int(found[3])
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def parse_period(value: Any) -> str:
    """A period in one of its notations. Raises ValueError for anything else."""
    parse_period_days(_require_text(value))
    return str(value)


BOOLEAN = Scalar(
    "Boolean", "", _require_boolean, _require_boolean, "({})::text", JsonForm.BARE, python_type=bool, built_in=True
)
INT = Scalar("Int", "", _require_int32, _require_int32, "({})::text", JsonForm.BARE, python_type=int, built_in=True)
STRING = Scalar(
    "String", "", _require_text, _require_storable_text, "({})", JsonForm.ESCAPED, python_type=str, built_in=True
)
GLOBAL_ID = Scalar("ID", "", _require_text, _require_text, "({})::text", JsonForm.ESCAPED, built_in=True)
DATE = Scalar(
    "Date",
    "Calendar day in Asia/Jakarta, as `2026-01-05` (tanggal).",
    format_date,
    parse_date,
    "({})::text",  # every session's DateStyle is ISO
    JsonForm.QUOTED,
    "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
    python_type=date,
)
DATE_TIME = Scalar(
    "DateTime",
    "Time in UTC with microseconds, as `2026-01-05T03:04:05.678901Z` (waktu).",
    format_instant,
    parse_instant,
    """to_char(({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    JsonForm.QUOTED,
    "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
    python_type=datetime,
)
DECIMAL = Scalar(
    "Decimal",
    'Exact decimal number as a string in its full scale, as `"97.50"` (bilangan desimal).',
    format_decimal,
    parse_decimal,
    "({})::text",
    JsonForm.QUOTED,
    "https://www.rfc-editor.org/rfc/rfc8259#section-6",
    python_type=Decimal,
)
NIP = Scalar(
    "Nip",
    "Civil service number, eighteen digits (Nomor Induk Pegawai).",
    _require_text,
    parse_nip,
    "({})",
    JsonForm.ESCAPED,
    "https://id.wikipedia.org/wiki/Nomor_Induk_Pegawai",
)
PERIOD = Scalar(
    "Period",
    "Period in SDMX notation: a year `2026`, a quarter `2026-Q3` or a month `2026-09` (periode).",
    _require_text,
    parse_period,
    "({})",
    JsonForm.ESCAPED,
    "https://sdmx.org/",
)

ALL_SCALARS = (BOOLEAN, INT, STRING, GLOBAL_ID, DATE, DATE_TIME, DECIMAL, NIP, PERIOD)
SCALARS_BY_TYPE: dict[Any, Scalar] = {scalar.python_type: scalar for scalar in ALL_SCALARS if scalar.python_type} | {
    ID: GLOBAL_ID
}

Nip = Annotated[str, NIP]
"""Marks text as a NIP."""
Period = Annotated[str, PERIOD]
"""Marks text as a period."""
