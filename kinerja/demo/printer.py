"""Terminal output of the walkthrough."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class StepReport:
    """Report of one step: a sentence, and figures in rows of up to four cells."""

    title: str
    rows: Sequence[tuple[str, ...]]


def print_step_report(console: Console, number: int, report: StepReport, cost: str) -> None:
    """Print a step as a table.

    Args:
        console: the terminal.
        number: the number of the step.
        report: the report of the step.
        cost: SQL statements and time of its last request.
    """
    table = Table(title=f"{number}  {report.title}", title_justify="left", title_style="bold", show_header=False)
    for _ in range(4):
        table.add_column(overflow="fold")
    for row in report.rows:
        table.add_row(*row)
    table.caption = cost
    table.caption_justify = "left"
    console.print(table)
