"""How suites of clients are run: what breaks off is never taken for what passed."""

import sys
from pathlib import Path

import pytest

from tests.clients import __main__ as command
from tests.clients import suites
from tests.clients.suites import Check, Suite

PASSED = '{"name": "it works", "state": "pass", "why": ""}'
FAILED = '{"name": "it works not", "state": "fail", "why": "one line\\nand another"}'
SKIPPED = '{"name": "later", "state": "skip", "why": ""}'


def build_suite(tmp_path: Path, program: str) -> Suite:
    return Suite("made", [sys.executable, "-c", program], tmp_path)


def run_program(tmp_path: Path, *lines: str, code: int = 0) -> list[Check]:
    program = f"import sys; print({chr(10).join(lines)!r}); print('why', file=sys.stderr); sys.exit({code})"
    return suites.run_suite(build_suite(tmp_path, program), {})


def test_checks_are_read_from_lines_among_others(tmp_path: Path) -> None:
    checks = run_program(tmp_path, "a library says hello", PASSED, '{"another": 1}', FAILED, code=1)
    assert [(check.name, check.state) for check in checks] == [("it works", "pass"), ("it works not", "fail")]


@pytest.mark.parametrize(("lines", "code"), [([], 0), ([], 1), ([PASSED], 1)])
def test_a_suite_that_tells_nothing_or_breaks_off_has_failed(tmp_path: Path, lines: list[str], code: int) -> None:
    checks = run_program(tmp_path, *lines, code=code)
    assert checks[-1].state == "fail"
    assert f"exit code {code}" in checks[-1].why
    assert "why" in checks[-1].why


def test_a_suite_that_does_not_end_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "SECONDS", 0.5)
    checks = suites.run_suite(
        build_suite(tmp_path, f"import time; print({PASSED!r}, flush=True); time.sleep(30)"), {}
    )
    assert [check.state for check in checks] == ["pass", "fail"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [([PASSED, PASSED], 0), ([PASSED, FAILED], 1), ([PASSED, SKIPPED], 1)],
    ids=["all", "one", "skip"],
)
def test_the_exit_code_is_zero_when_every_check_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[str], code: int
) -> None:
    checks = command.print_checks(run_program(tmp_path, *lines))
    assert command.print_total(checks, 1.0) == code
    passed = lines.count(PASSED)
    assert f"made {passed}/{len(lines)}" in capsys.readouterr().out


def test_a_suite_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["apolo"])
    assert "there is no suite apolo" in capsys.readouterr().err
