"""The public data sets with known answers, as arrays; see tests/data/IMPROVEMENT.md."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DATA = Path(__file__).parents[2] / "data"
BACKGROUND = ("age", "education", "black", "hispanic", "married", "nodegree")


def read_table(name: str) -> dict[str, Floats]:
    """A file's numeric columns by name."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0] if key != "data_id"}


def load_experiment() -> dict[str, Floats]:
    """The National Supported Work experiment, randomised: 185 treated and 260 controls."""
    return read_table("lalonde_nsw_dw.csv")


def load_comparison() -> dict[str, Floats]:
    """The same 185 treated against 2,490 men of the Panel Study of Income Dynamics, who were never drawn."""
    drawn, survey = load_experiment(), read_table("lalonde_psid_controls.csv")
    chosen = drawn["treat"] == 1
    return {key: np.concatenate([drawn[key][chosen], survey[key]]) for key in drawn}


def column_matrix(table: dict[str, Floats], *names: str) -> Floats:
    """The named columns side by side."""
    return np.column_stack([table[name] for name in names])


def load_employment() -> tuple[Floats, NDArray[np.int64]]:
    """Log teen employment of 500 counties in 2003…2007, and the column of first treatment (-1 never)."""
    table = read_table("mpdta.csv")
    _, county = np.unique(table["countyreal"], return_inverse=True)
    year = table["year"].astype(int) - 2003
    outcome = np.full((county.max() + 1, year.max() + 1), np.nan)
    outcome[county, year] = table["lemp"]
    group = np.full(len(outcome), -1)
    group[county] = np.where(table["first.treat"] > 0, table["first.treat"].astype(int) - 2003, -1)
    return outcome, group
