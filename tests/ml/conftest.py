"""What the tests of the risk model share: small provinces, drawn once."""

import pytest

from ml.panel import RiskPanel
from ml.synthetic import generated_panel as seen
from ml.synthetic import generator
from ml.synthetic.province import Province
from ml.synthetic.settings import GeneratorSettings


@pytest.fixture(scope="session")
def quiet_province() -> Province:
    """A province of 6,000 in which nobody is trained."""
    return generator.generate_province(GeneratorSettings(employees=6000, seed=7, training=False))


@pytest.fixture(scope="session")
def quiet(quiet_province: Province) -> RiskPanel:
    """The panel of that province."""
    return seen.build_generated_panel(quiet_province)


@pytest.fixture(scope="session")
def busy() -> RiskPanel:
    """The panel of a province of 3,000 with training."""
    return seen.build_generated_panel(generator.generate_province(GeneratorSettings(employees=3000, seed=3)))
