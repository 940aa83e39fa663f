"""What the tests of the risk model share: small provinces, drawn once."""

import pytest

from ml.panel import Panel
from ml.population import generator
from ml.population import panel as seen
from ml.population.province import Province
from ml.population.settings import Settings


@pytest.fixture(scope="session")
def quiet_province() -> Province:
    """A province of 6,000 in which nobody is trained."""
    return generator.draw(Settings(employees=6000, seed=7, training=False))


@pytest.fixture(scope="session")
def quiet(quiet_province: Province) -> Panel:
    """The panel of that province."""
    return seen.panel(quiet_province)


@pytest.fixture(scope="session")
def busy() -> Panel:
    """The panel of a province of 3,000 with training."""
    return seen.panel(generator.draw(Settings(employees=3000, seed=3)))
