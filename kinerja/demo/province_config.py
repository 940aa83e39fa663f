"""Which province the demo shows; a data folder keeps to one."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kinerja.errors import OperatorError
from ml.synthetic.settings import GeneratorSettings


class ProvinceMismatch(OperatorError):
    """The data folder holds another province than the one asked for."""


@dataclass(frozen=True, slots=True)
class ProvinceConfig:
    """How large a province, how long its history, and which of the many that could be drawn."""

    employees: int
    quarters: int
    seed: int

    def generator_settings(self, extra_quarters: int = 0) -> GeneratorSettings:
        """The generator's settings, with `extra_quarters` quarters after the history.

        Raises:
            CannotRun: the numbers are out of bounds.
        """
        try:
            return GeneratorSettings(
                employees=self.employees, quarters=self.quarters + extra_quarters, seed=self.seed
            )
        except ValueError as error:
            raise OperatorError(str(error)) from error


def bind_data_folder(folder: Path, config: ProvinceConfig) -> None:
    """Make the folder that of this wish, or see that it is.

    Raises:
        OtherProvince: it is that of another.
    """
    path = folder / "province.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(config)) + "\n")
        return
    kept = ProvinceConfig(**json.loads(path.read_text()))
    if kept != config:
        raise ProvinceMismatch(
            f"{folder} holds a province of {kept.employees} people and {kept.quarters} quarters, seed {kept.seed};"
            " name another --data-dir, or remove that one"
        )
