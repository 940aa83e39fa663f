"""On tables that others published the same estimator is as good as careful work with the library."""

import csv
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from ml.panel import Bools, Floats
from ml.validation import metrics
from tests.oracles import cross_validation

DATA_FOLDER = Path(__file__).parents[1] / "data"

TableRow = Mapping[str, str]


def read_attrition() -> tuple[Floats, Bools, tuple[str, ...]]:
    """1,470 employees (fictional): who left."""
    return read_csv_table("ibm_hr_attrition.csv", lambda row: row["Attrition"] == "Yes", "Attrition")


def read_pupils() -> tuple[Floats, Bools, tuple[str, ...]]:
    """649 pupils: whose final grade is under 10, without the grade just before it."""
    return read_csv_table("uci_student_por.csv", lambda row: float(row["G3"]) < 10, "G3", "G2")


def read_csv_table(
    name: str, is_low: Callable[[TableRow], bool], *dropped: str
) -> tuple[Floats, Bools, tuple[str, ...]]:
    """Inputs, outcomes and names of inputs of a table, every column used that is not dropped."""
    with (DATA_FOLDER / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {column: [row[column] for row in rows] for column in rows[0] if column not in dropped}
    inputs, names = cross_validation.encode_table(columns)
    return inputs, np.array([is_low(row) for row in rows]), names


@pytest.mark.parametrize("name", ["ibm_hr_attrition.csv", "uci_student_por.csv"])
def test_the_tables_are_those_that_were_published(name: str) -> None:
    listed = (DATA_FOLDER / "README.md").read_text()
    assert hashlib.sha256((DATA_FOLDER / name).read_bytes()).hexdigest() in listed


def test_numbers_stay_and_words_become_columns() -> None:
    inputs, names = cross_validation.encode_table({"age": ["31", "40"], "city": ["b", "a"], "x": ["1.5", "-2"]})
    assert names == ("age", "city=a", "city=b", "x")
    assert inputs.tolist() == [[31.0, 0.0, 1.0, 1.5], [40.0, 1.0, 0.0, -2.0]]


def test_every_column_that_is_not_dropped_is_used() -> None:
    _, low, names = read_pupils()
    assert {name.split("=")[0] for name in names} == {
        *(
            [
                "school",
                "sex",
                "age",
                "address",
                "famsize",
                "Pstatus",
                "Medu",
                "Fedu",
                "Mjob",
                "Fjob",
                "reason",
                "guardian",
                "traveltime",
            ]
        ),
        *(
            [
                "studytime",
                "failures",
                "schoolsup",
                "famsup",
                "paid",
                "activities",
                "nursery",
                "higher",
                "internet",
                "romantic",
            ]
        ),
        *(["famrel", "freetime", "goout", "Dalc", "Walc", "health", "absences", "G1"]),
    }
    assert low.sum() == 100


def test_folds_hold_the_same_share() -> None:
    low = np.arange(103) < 21
    part = cross_validation.assign_folds(low, 5, np.random.default_rng(1))
    assert {int(low[part == fold].sum()) for fold in range(5)} <= {4, 5}
    assert {int((part == fold).sum()) for fold in range(5)} <= {20, 21, 22}


def test_noise_is_not_foretold_out_of_fold() -> None:
    random = np.random.default_rng(4)
    inputs, low = random.normal(size=(300, 20)), random.random(300) < 0.3
    names = tuple(f"x{place}" for place in range(20))
    assert (
        abs(
            metrics.compute_auc(low, cross_validation.predict_cross_validated(inputs, low, names, repeats=1)[0]) - 0.5
        )
        < 0.12
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "least_auc", "most_brier"), [(read_attrition, 0.822, 0.097), (read_pupils, 0.920, 0.078)]
)
def test_bars_on_foreign_tables(
    table: Callable[[], tuple[Floats, Bools, tuple[str, ...]]], least_auc: float, most_brier: float
) -> None:
    inputs, low, names = table()
    made = cross_validation.predict_cross_validated(inputs, low, names, folds=5, repeats=3)
    auc = float(np.mean([metrics.compute_auc(low, one) for one in made]))
    brier = float(np.mean((made - low) ** 2))
    error = float(np.mean([metrics.compute_calibration_error(low, one) for one in made]))
    print(
        f"\n{table.__name__}: {len(low)} rows, {len(names)} inputs, base rate {low.mean():.3f}, 5 folds × 3 repeats"
    )
    print(f"  AUC {auc:.4f} (bar {least_auc}): {'met' if auc >= least_auc else 'MISSED'}")
    print(f"  Brier {brier:.4f} (bar {most_brier}): {'met' if brier <= most_brier else 'MISSED'}")
    print(f"  calibration error {error:.4f} (bar .05): {'met' if error <= 0.05 else 'MISSED'}")
    assert auc >= least_auc
    assert brier <= most_brier
    assert error <= 0.05
