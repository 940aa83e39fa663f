"""The scalars of the API: how each is written, read and described, once for every executor."""

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


class Json(StrEnum):
    """How text stands in JSON."""

    BARE = "bare"
    """As it is: numbers, truth values."""
    QUOTED = "quoted"
    """In quotation marks; nothing in it needs an escape."""
    ESCAPED = "escaped"
    """In quotation marks, escaped."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf of the API.

    `encode` turns a value of Python into what JSON shows; `text` is the same as SQL, with `{}` where the
    column goes, and gives text, which stands in JSON as `json` says. `parse` reads what a client sent and raises
    ValueError with a sentence. `python` names the Python type that stands for it in declarations, None where
    only the mark does.
    """

    name: str
    description: str
    encode: Callable[[Any], Any]
    parse: Callable[[Any], Any]
    text: str
    json: Json = Json.ESCAPED
    specified_by: str | None = None
    python: type | None = None
    built_in: bool = False


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{value!r} is not text")


def _plain_text(value: Any) -> str:
    # PostgreSQL's text holds neither of the two, and the driver would fail halfway through a request.
    if "\x00" in _text(value) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("text may not hold NUL characters or lone surrogates")
    return str(value)


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -INT_LIMIT <= value < INT_LIMIT:
        return value
    raise ValueError(f"{value!r} is not a whole number of 32 bits")


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is neither true nor false")


def show_day(value: date) -> str:
    """A day as `2026-01-05`."""
    return value.isoformat()


def read_day(value: Any) -> date:
    """A day from `2026-01-05`. Raises ValueError for any other writing."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", _text(value), re.ASCII):
        raise ValueError(f"{value!r} is not a date like 2026-01-05")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no day of the calendar") from None


def show_instant(value: datetime) -> str:
    """A moment in UTC with microseconds, as `2026-01-05T03:04:05.678901Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def read_instant(value: Any) -> datetime:
    """A moment from ISO 8601 with a zone. Raises ValueError without one."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a moment like 2026-01-05T03:04:05.678901Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; end it with Z or an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value!r} lies outside the calendar") from None


def show_decimal(value: Decimal) -> str:
    """An exact number in its full scale, never with an exponent."""
    return format(value, "f")


def read_decimal(value: Any) -> Decimal:
    """An exact number from a string or a whole number; never from a float. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    try:
        number = Decimal(_text(value))
    except InvalidOperation:
        raise ValueError(f'{value!r} is not a number; write it as a string like "97.50"') from None
    if not number.is_finite() or number.adjusted() > 30 or len(number.as_tuple().digits) > 40:
        raise ValueError(f"{value!r} is not a number of ordinary size")
    return number


def read_nip(value: Any) -> str:
    """A civil servant's number: eighteen digits. Raises ValueError for anything else."""
    if not re.fullmatch(r"\d{18}", _text(value), re.ASCII):
        raise ValueError("a NIP has exactly eighteen digits")
    return str(value)


def show_period(first: date, last: date) -> str:
    """A period by its first and last day: `2026`, `2026-Q3`, `2026-09`, else `2026-01-05/2026-02-28`."""
    for text in (f"{first.year:04}", f"{first.year:04}-Q{(first.month + 2) // 3}", f"{first:%Y-%m}".zfill(7)):
        if days_of(text) == (first, last):
            return text
    return f"{show_day(first)}/{show_day(last)}"


def days_of(period: str) -> tuple[date, date]:
    """First and last day of `2026`, `2026-Q3`, `2026-09` or `2026-01-05/2026-02-28`. Raises ValueError."""
    if span := re.fullmatch(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", period, re.ASCII):
        return read_day(span[1]), read_day(span[2])
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


def read_period(value: Any) -> str:
    """A period in one of its writings. Raises ValueError for anything else."""
    days_of(_text(value))
    return str(value)


BOOLEAN = Scalar("Boolean", "", _truth, _truth, "({})::text", Json.BARE, python=bool, built_in=True)
INT = Scalar("Int", "", _whole, _whole, "({})::text", Json.BARE, python=int, built_in=True)
STRING = Scalar("String", "", _text, _plain_text, "({})", Json.ESCAPED, python=str, built_in=True)
GLOBAL_ID = Scalar("ID", "", _text, _text, "({})::text", Json.ESCAPED, built_in=True)
DATE = Scalar(
    "Date",
    "A calendar day in Asia/Jakarta (tanggal), as `2026-01-05`.",
    show_day,
    read_day,
    "({})::text",  # every session's DateStyle is ISO
    Json.QUOTED,
    "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
    python=date,
)
DATE_TIME = Scalar(
    "DateTime",
    "A moment in UTC with microseconds (waktu), as `2026-01-05T03:04:05.678901Z`.",
    show_instant,
    read_instant,
    """to_char(({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    Json.QUOTED,
    "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
    python=datetime,
)
DECIMAL = Scalar(
    "Decimal",
    'An exact number (bilangan desimal) as a string in its full scale, for example `"97.50"`.',
    show_decimal,
    read_decimal,
    "({})::text",
    Json.QUOTED,
    "https://www.rfc-editor.org/rfc/rfc8259#section-6",
    python=Decimal,
)
NIP = Scalar(
    "Nip",
    "A civil servant's number (Nomor Induk Pegawai): eighteen digits.",
    _text,
    read_nip,
    "({})",
    Json.ESCAPED,
    "https://id.wikipedia.org/wiki/Nomor_Induk_Pegawai",
)
PERIOD = Scalar(
    "Period",
    "A period of work (periode): a year `2026`, a quarter `2026-Q3` or a month `2026-09`, as in SDMX.",
    _text,
    read_period,
    "({})",
    Json.ESCAPED,
    "https://sdmx.org/",
)

ALL = (BOOLEAN, INT, STRING, GLOBAL_ID, DATE, DATE_TIME, DECIMAL, NIP, PERIOD)
BY_PYTHON: dict[Any, Scalar] = {scalar.python: scalar for scalar in ALL if scalar.python} | {ID: GLOBAL_ID}

Nip = Annotated[str, NIP]
"""Marks text as a NIP."""
Period = Annotated[str, PERIOD]
"""Marks text as a period."""
