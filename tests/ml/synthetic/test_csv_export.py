"""The two tables: same bytes each time, what is seen apart from what is true, empty where missing."""

import csv
import hashlib
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from ml.synthetic import csv_export, generator
from ml.synthetic.province import Province, SeatSourceCode
from ml.synthetic.settings import GeneratorSettings


@pytest.fixture(scope="module")
def written(province: Province, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("province")
    csv_export.write_csv_files(province, folder)
    return folder


def read_column(
    folder: Path, table: str, name: str, province: Province
) -> np.ndarray[tuple[int, int], np.dtype[np.str_]]:
    """A column as people × quarters."""
    with (folder / table).open(encoding="utf-8", newline="") as lines:
        listed = [row[name] for row in csv.DictReader(lines)]
    return np.array(listed).reshape(province.settings.quarters, -1).T


def parse_numbers(
    words: np.ndarray[tuple[int, int], np.dtype[np.str_]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.where(words == "", "nan", words).astype(np.float64)


def test_equal_settings_write_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        csv_export.write_csv_files(
            generator.generate_province(GeneratorSettings(employees=300, quarters=6, seed=7 + (name == "three"))),
            tmp_path / name,
        )
    for table in ("panel.csv", "truth.csv"):
        one, two, three = (
            hashlib.sha256((tmp_path / name / table).read_bytes()).hexdigest() for name in ("one", "two", "three")
        )
        assert one == two != three


@pytest.mark.parametrize(
    "name",
    [
        "score",
        "results",
        "behaviour",
        "late_days",
        "late_last_month",
        "absence",
        "activity",
        "activity_last_month",
        "progress",
    ],
)
def test_what_was_observed_is_read_back(written: Path, province: Province, name: str) -> None:
    read = parse_numbers(read_column(written, "panel.csv", name, province))
    shown = getattr(province.observed, name)
    assert np.array_equal(np.isnan(read), np.isnan(shown))
    assert np.nanmax(np.abs(read - shown)) < 0.005 + 1e-9


def test_people_places_and_training_are_read_back(written: Path, province: Province) -> None:
    people, training = province.people, province.training
    with (written / "panel.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(islice(csv.DictReader(lines), len(people)))
    first = {name: np.array([row[name] for row in rows]) for name in csv_export.PANEL_COLUMNS.split(",")}
    assert np.array_equal(first["person"].astype(int), np.arange(len(people)))
    assert np.array_equal(first["unit"].astype(int), people.unit)
    assert np.array_equal(first["subunit"].astype(int), people.subunit)
    assert np.array_equal(first["employment"] == "PPPK", people.pppk)
    assert np.array_equal(first["sex"] == "F", people.female)
    assert np.array_equal(first["disability"] == "1", people.disability)
    assert np.array_equal(first["source"] == "LOTTERY", training.source == SeatSourceCode.LOTTERY)
    named = np.array(["", *(csv_export.format_quarter(t) for t in range(12))])
    assert np.array_equal(first["trained_in"], named[training.trained_in + 1])
    assert np.array_equal(read_column(written, "panel.csv", "eligible", province) == "1", training.eligible)
    assert np.array_equal(read_column(written, "panel.csv", "active", province) == "1", province.observed.active)
    appraiser = read_column(written, "panel.csv", "appraiser", province)
    assert np.array_equal(np.where(appraiser == "", "-1", appraiser).astype(int), province.observed.appraiser)


def test_ages_grow_by_a_quarter_of_a_year(written: Path, province: Province) -> None:
    age = parse_numbers(read_column(written, "panel.csv", "age", province))
    assert np.allclose(age - age[:, :1], np.arange(12) / 4, atol=0.011)
    assert np.allclose(age[:, 0], province.people.age, atol=0.0051)


def test_quarters_read_as_a_year_and_a_quarter(written: Path, province: Province) -> None:
    read = read_column(written, "panel.csv", "quarter", province)[0].tolist()
    assert read == [f"{year}-Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]


def test_the_truth_lies_in_a_file_of_its_own(written: Path, province: Province) -> None:
    hidden = {"ability", "leniency", "mood", "early", "shock", "base", "effect", "score_untrained", "oracle", "gain"}
    assert hidden <= set(csv_export.TRUTH_COLUMNS.split(","))
    assert not hidden & set(csv_export.PANEL_COLUMNS.split(","))
    for name in ("mood", "shock", "effect", "score", "score_untrained", "oracle"):
        read = parse_numbers(read_column(written, "truth.csv", name, province))
        assert np.abs(read - getattr(province.truth, name)).max() < 6e-6, name
    assert not any(
        word.startswith("-0.00000") for word in read_column(written, "truth.csv", "effect", province).ravel()
    )
