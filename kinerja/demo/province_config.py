"""Province configuration: size, history and seed; a data folder holds one province."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kinerja.errors import OperatorError
from ml.synthetic.settings import GeneratorSettings


class ProvinceMismatch(OperatorError):
    """The data folder holds a province other than the requested one."""


@dataclass(frozen=True, slots=True)
class ProvinceConfig:
    """Size of a province, length of its history, and its random seed."""

    employees: int
    quarters: int
    seed: int

    def generator_settings(self, extra_quarters: int = 0) -> GeneratorSettings:
        """Build the generator's settings, with `extra_quarters` quarters after the history.

        Raises:
            OperatorError: the numbers are out of bounds.
        """
        try:
            return GeneratorSettings(
                employees=self.employees, quarters=self.quarters + extra_quarters, seed=self.seed
            )
        except ValueError as error:
            raise OperatorError(str(error)) from error


def bind_data_folder(folder: Path, config: ProvinceConfig) -> None:
    """Bind a new data folder to a configuration, or check an existing binding.

    Raises:
        ProvinceMismatch: the folder holds another province.
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
