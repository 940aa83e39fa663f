"""Scalars: Python and PostgreSQL write the same text, and what is written can be read again."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja.postgres import database
from resolvers.graph import global_ids, scalars

DECIMALS = st.decimals(-999, 999, places=2, allow_nan=False)
VALUES: list[tuple[scalars.Scalar, str, list[Any]]] = [
    (scalars.DATE, "date", [date(2026, 1, 5), date(999, 12, 31), date(1, 1, 2), date(9999, 12, 30)]),
    (
        scalars.DATE_TIME,
        "timestamptz",
        [
            datetime(2026, 1, 5, 3, 4, 5, 678901, UTC),
            datetime(2026, 1, 5, tzinfo=UTC),
            datetime(999, 1, 1, tzinfo=UTC),
        ],
    ),
    (scalars.DECIMAL, "numeric", [Decimal("97.50"), Decimal("0.0000001"), Decimal("-0.10"), Decimal(10) ** 20]),
    (scalars.INT, "bigint", [0, -5, 2**31 - 1]),
    (scalars.STRING, "text", ['a "b" \\ \n 🙂', ""]),
]


@pytest.mark.parametrize(("scalar", "kind", "values"), VALUES)
async def test_postgresql_writes_what_python_writes(
    mini: database.Database, scalar: scalars.Scalar, kind: str, values: list[Any]
) -> None:
    text = scalar.sql_template.format("v.v")
    rows = await mini.fetch_without_snapshot(
        f"SELECT {text} FROM unnest($1::{kind}[]) WITH ORDINALITY AS v(v, n) ORDER BY n", [values]
    )
    assert [row[0] for row in rows] == [str(scalar.encode(value)) for value in values]


async def test_postgresql_writes_truth_as_json_does(mini: database.Database) -> None:
    text = scalars.BOOLEAN.sql_template.format("v.v")
    rows = await mini.fetch_without_snapshot(f"SELECT {text} FROM (VALUES (true), (false)) AS v(v)", [])
    assert [row[0] for row in rows] == ["true", "false"]


@given(st.dates())
def test_a_day_reads_back(day: date) -> None:
    assert scalars.parse_date(scalars.format_date(day)) == day


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_reads_back(moment: datetime) -> None:
    shown = scalars.format_instant(moment)
    assert scalars.parse_instant(shown) == moment
    assert len(shown) == len("2026-01-05T03:04:05.678901Z")


@given(DECIMALS)
def test_a_decimal_keeps_its_scale(number: Decimal) -> None:
    shown = scalars.format_decimal(number)
    assert shown == f"{number:.2f}"
    assert scalars.parse_decimal(shown) == number


@given(st.integers(1000, 9999), st.integers(1, 12))
def test_periods_read_back(year: int, month: int) -> None:
    for text in (f"{year}", f"{year}-Q{(month + 2) // 3}", f"{year}-{month:02}"):
        assert scalars.format_period(*scalars.parse_period_days(text)) == text


@given(st.dates(), st.dates())
def test_any_two_days_are_a_period_that_reads_back(first: date, last: date) -> None:
    if first.year >= 1000 and last.year >= 1000:
        assert scalars.parse_period_days(scalars.format_period(first, last)) == (first, last)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (scalars.parse_date, "2026-1-5"),
        (scalars.parse_date, "2026-02-30"),
        (scalars.parse_date, 20260105),
        (scalars.parse_date, "२०२६-01-05"),
        (scalars.parse_instant, "2026-01-05T03:04:05"),
        (scalars.parse_instant, "yesterday"),
        (scalars.parse_instant, "0001-01-01T00:00:00+14:00"),
        (scalars.parse_decimal, "NaN"),
        (scalars.parse_decimal, "Infinity"),
        (scalars.parse_decimal, "1e100"),
        (scalars.parse_decimal, "1" * 50),
        (scalars.parse_decimal, 0.5),
        (scalars.parse_decimal, True),
        (scalars.parse_decimal, "12,5"),
        (scalars.parse_nip, "1234"),
        (scalars.parse_nip, "1" * 19),
        (scalars.parse_nip, 10**17),
        (scalars.parse_period, "2026-Q0"),
        (scalars.parse_period, "2026-13"),
        (scalars.parse_period, "26"),
        (scalars.parse_period, 2026),
        (scalars.INT.parse, 2**31),
        (scalars.INT.parse, True),
        (scalars.INT.parse, "1"),
        (scalars.STRING.parse, "\x00"),
        (scalars.STRING.parse, "\ud800"),
        (scalars.STRING.parse, 1),
        (scalars.BOOLEAN.parse, 1),
    ],
)
def test_what_is_no_value_is_refused(read: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(value)


@given(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(1, global_ids.MAX_KEY))
def test_an_id_reads_back(code: str, key: int) -> None:
    assert global_ids.parse_global_id(global_ids.format_global_id(code, key)) == (code, key)


@pytest.mark.parametrize(
    "text", ["", "pe", "12", "pe0", "pe01", "pe-1", "pe1 ", "PE1", f"pe{2**63}", "pe1\n", "pe१", "p" * 9 + "1"]
)
def test_what_is_no_id_reads_as_none(text: str) -> None:
    assert global_ids.parse_global_id(text) is None
