"""One small province that many tests look at, and the regulation in force while it lives."""

from decimal import Decimal

import pytest

from domain.evaluation.facts import Cutoffs, Predikat, Rating, Regulation
from ml.synthetic import generator
from ml.synthetic import parameters as p
from ml.synthetic.province import Province
from ml.synthetic.settings import GeneratorSettings

MATRIX = {
    (row, column): Predikat[name]
    for row, names in {
        Rating.DI_ATAS: ("SANGAT_BAIK", "BAIK", "KURANG"),
        Rating.SESUAI: ("BAIK", "BAIK", "KURANG"),
        Rating.DI_BAWAH: ("BUTUH_PERBAIKAN", "BUTUH_PERBAIKAN", "SANGAT_KURANG"),
    }.items()
    for column, name in zip(Rating, names, strict=True)
}
RESULTS_CUTOFFS = Cutoffs(Decimal(str(p.RESULTS_BELOW)), Decimal(str(p.RESULTS_ABOVE)))
BEHAVIOUR_CUTOFFS = Cutoffs(Decimal(str(p.BEHAVIOUR_BELOW)), Decimal(str(p.BEHAVIOUR_ABOVE)))


@pytest.fixture(scope="session")
def province() -> Province:
    return generator.generate_province(GeneratorSettings(employees=5000, seed=1))


@pytest.fixture(scope="session")
def regulation() -> Regulation:
    return Regulation(
        id="PERMENPANRB-6-2022",
        matrix=MATRIX,
        results=RESULTS_CUTOFFS,
        behaviour=BEHAVIOUR_CUTOFFS,
        results_weight=Decimal(str(p.WEIGHT_RESULTS)),
        behaviour_weight=Decimal(str(p.WEIGHT_BEHAVIOUR)),
        stretch=Decimal(str(p.INDEX_SPREAD)),
        low_below=Decimal(str(p.LOW)),
    )
