"""How the walk is told on a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step: a sentence and its figures, in rows of at most four cells."""

    title: str
    rows: Sequence[tuple[str, ...]]


def print_step_report(console: Console, number: int, report: StepReport, cost: str) -> None:
    """Print a step as a table; `cost` is what its last request took."""
    table = Table(title=f"{number}  {report.title}", title_justify="left", title_style="bold", show_header=False)
    for _ in range(4):
        table.add_column(overflow="fold")
    for row in report.rows:
        table.add_row(*row)
    table.caption = cost
    table.caption_justify = "left"
    console.print(table)
