"""What may be asked about evaluations."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from domain.evaluation import rules
from domain.evaluation.facts import Period
from domain.references import RowReference

Index = Annotated[Decimal, Field(ge=0, le=120, max_digits=5, decimal_places=2)]


class RecordEvaluation(BaseModel):
    """Record a person's evaluation for a period from the two indices; ratings and predikat are derived."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")

    plan: Annotated[int, RowReference("plan")] = Field(description="The plan (SKP) that is evaluated.")
    period: Annotated[Period, BeforeValidator(rules.parse_period)] = Field(
        description="The period: a month, a quarter (triwulan) or the year."
    )
    results_index: Index = Field(description="Work results (hasil kerja) from evidence, 0 to 120.")
    behaviour_index: Index = Field(description="Behaviour (perilaku kerja) from evidence, 0 to 120.")
    evidence: str = Field(
        min_length=3, max_length=2000, description="What the indices rest on (bukti dukung): a link or a text."
    )
    evidence_source: str = Field(
        min_length=3, max_length=200, description="Where the evidence comes from (sumber data)."
    )
    note: str | None = Field(
        default=None, max_length=2000, description="A word to the person evaluated (umpan balik)."
    )
