"""Which province the demo shows; a data folder keeps to one."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kinerja.failures import CannotRun
from ml.population.settings import Settings


class OtherProvince(CannotRun):
    """The data folder holds another province than the one asked for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How large a province, how long its history, and which of the many that could be drawn."""

    employees: int
    quarters: int
    seed: int

    def settings(self, more: int = 0) -> Settings:
        """The generator's settings, with `more` quarters after the history.

        Raises:
            CannotRun: the numbers are out of bounds.
        """
        try:
            return Settings(employees=self.employees, quarters=self.quarters + more, seed=self.seed)
        except ValueError as error:
            raise CannotRun(str(error)) from error


def settle(folder: Path, wish: Wish) -> None:
    """Make the folder that of this wish, or see that it is.

    Raises:
        OtherProvince: it is that of another.
    """
    path = folder / "province.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(wish)) + "\n")
        return
    kept = Wish(**json.loads(path.read_text()))
    if kept != wish:
        raise OtherProvince(
            f"{folder} holds a province of {kept.employees} people and {kept.quarters} quarters, seed {kept.seed};"
            " name another --data-dir, or remove that one"
        )
