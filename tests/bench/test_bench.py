"""The bench: it runs from nothing to its figures, and takes no figure of two ways that give different data."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import compare
from bench.__main__ import geomean, write
from bench.questions import FLAT, QUESTIONS
from ml.population.settings import Settings as Province

ROOT = Path(__file__).parent.parent.parent
DATA = {"people": {"totalCount": 1, "nodes": [{"id": "pe1"}]}}


def answer(body: Any) -> compare.Answer:
    return compare.Answer(json.dumps(body), 1)


def test_a_short_run_gives_every_figure(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    command = ["-m", "bench", "--employees", "300", "--rounds", "4", "--results", str(kept)]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(kept.read_text())
    assert set(found) == {"ratio", "employees", "python", "date"}
    assert found["employees"] == 300
    ratios = found["ratio"]["hand_written"]
    assert list(ratios) == [*(question.name for question in QUESTIONS), "geomean"]
    assert all(ratio > 0 for ratio in ratios.values())
    assert all(f"{ratio:.2f}" in done.stdout for ratio in ratios.values())


async def test_both_ways_give_the_same_data(own_url: str) -> None:
    await compare.fill(own_url, Province(employees=300, quarters=6))
    async with compare.ways(own_url) as (served, by_hand):
        for question in QUESTIONS:
            reply = await served(question)
            compare.check(question, reply, await by_hand(question))
            assert reply.statements >= 1


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"people": {"totalCount": 2, "nodes": [{"id": "pe1"}]}}},
        {"data": {"people": {"totalCount": 1, "nodes": [{"id": "pe2"}]}}},
        {"data": DATA, "errors": [{"message": "no"}]},
        {"errors": [{"message": "no"}]},
    ],
)
def test_different_data_are_told(body: Any) -> None:
    compare.check(FLAT, answer({"data": DATA}), answer(DATA))
    with pytest.raises(compare.NotTheSame, match="flat"):
        compare.check(FLAT, answer(body), answer(DATA))


def test_equal_but_empty_is_no_answer() -> None:
    nothing = {"people": {"totalCount": 0, "nodes": []}}
    with pytest.raises(compare.NotTheSame, match="nothing to show"):
        compare.check(FLAT, answer({"data": nothing}), answer(nothing))


def test_the_mean_is_that_of_ratios(tmp_path: Path) -> None:
    figures = [compare.Figure("a", 8.0, 3, 2.0, 5), compare.Figure("b", 9.0, 1, 1.0, 5)]
    assert math.isclose(geomean(figures), 6.0)
    write(tmp_path / "new" / "kept.json", figures, 7)
    kept = json.loads((tmp_path / "new" / "kept.json").read_text())
    assert kept["ratio"] == {"hand_written": {"a": 4.0, "b": 9.0, "geomean": 6.0}}


def test_too_few_people_is_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--employees", "5", "--results", str(tmp_path / "kept.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "employees must be at least 200, not 5" in done.stderr
    assert not (tmp_path / "kept.json").exists()
