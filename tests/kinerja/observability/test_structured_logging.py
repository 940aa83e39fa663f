"""The log: lines of JSON, without what people wrote."""

import json
from collections.abc import Iterator

import pytest
import structlog

from kinerja.observability import structured_logging


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def fail() -> None:
    try:
        int("NIP 198001012005011001")
    except ValueError as cause:
        raise RuntimeError("Siti Aminah") from cause


def test_an_error_is_told_by_kind_and_place_alone(capsys: pytest.CaptureFixture[str]) -> None:
    structured_logging.configure_logging("info")
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("field_failed", request="abc")
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event["error"] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert event["where"][-1].endswith(" fail")
    assert (event["event"], event["request"], event["level"]) == ("field_failed", "abc", "error")
    assert event["at"].endswith("Z")
    assert not {"1980", "Siti"} & set(line.split())
    assert "198001012005011001" not in line


def test_the_least_level_counts(capsys: pytest.CaptureFixture[str]) -> None:
    structured_logging.configure_logging("warning")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["loud"]
