"""The command that writes a made-up province for others to try their methods on."""

import subprocess
from pathlib import Path

from tests.kinerja.conftest import CommandLine
from tests.kinerja.demo.test_demo import KINERJA

PANEL = "person,quarter,unit,subunit,appraiser,employment,sex,age,disability,tenure,score,results,behaviour,late_days"


def test_it_writes_what_an_office_would_see_and_apart_from_it_the_truth(
    tmp_path: Path, run_command: CommandLine
) -> None:
    small = ("--employees", "300", "--quarters", "5", "--seed", "7")
    # A process of its own, with a hash seed of its own: the bytes must be the same for all that.
    subprocess.run([KINERJA, "population", *small, "--out", str(tmp_path / "a" / "new")], check=True)
    assert run_command("population", *small, "--out", str(tmp_path / "b")).exit_code == 0
    for name in ("panel.csv", "truth.csv"):
        assert (tmp_path / "a" / "new" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    header, *rows = (tmp_path / "b" / "panel.csv").read_text().splitlines()
    assert header.startswith(PANEL)
    assert len(rows) == 300 * 5
    truth = (tmp_path / "b" / "truth.csv").read_text().splitlines()[0].split(",")
    assert set(truth) & set(header.split(",")) <= {"person", "quarter", "score"}
    assert {"score_untrained", "oracle"} <= set(truth)


def test_the_switches_reach_the_generator(tmp_path: Path, run_command: CommandLine) -> None:
    small = ("--employees", "300", "--quarters", "6", "--seed", "7")
    for name, switch in (("plain", ()), ("null", ("--no-effect",)), ("none", ("--no-training",))):
        assert run_command("population", *small, *switch, "--out", str(tmp_path / name)).exit_code == 0
    read = {name: (tmp_path / name / "panel.csv").read_text() for name in ("plain", "null", "none")}
    assert len(set(read.values())) == 3
    assert "LOTTERY" in read["plain"]
    assert "LOTTERY" not in read["none"]


def test_what_cannot_be_is_said_in_one_line(tmp_path: Path, run_command: CommandLine) -> None:
    (tmp_path / "file").write_text("")
    for arguments in (
        ("--employees", "3", "--out", str(tmp_path)),
        ("--hunch", "-1", "--out", str(tmp_path)),
        ("--employees", "300", "--out", str(tmp_path / "file")),
    ):
        done = run_command("population", *arguments)
        assert done.exit_code in {1, 2}
        assert done.stderr.count("\n") == 1, done.stderr
