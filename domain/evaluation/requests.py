"""What may be asked about evaluations."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from domain.evaluation import rules
from domain.evaluation.facts import Period
from domain.references import RowReference

Index = Annotated[Decimal, Field(ge=0, le=120, max_digits=5, decimal_places=2)]


class RecordEvaluation(BaseModel):
    """Record a periodic evaluation from the two indices; ratings and predicate are derived (evaluasi periodik)."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")

    plan: Annotated[int, RowReference("plan")] = Field(description="Plan to evaluate (SKP).")
    period: Annotated[Period, BeforeValidator(rules.parse_period)] = Field(
        description="Evaluation period: a month, a quarter (triwulan) or the year."
    )
    results_index: Index = Field(description="Index of work results from evidence (hasil kerja).")
    behaviour_index: Index = Field(description="Index of behaviour from evidence (perilaku kerja).")
    evidence: str = Field(
        min_length=3, max_length=2000, description="Evidence for the indices, as a link or a text (bukti dukung)."
    )
    evidence_source: str = Field(
        min_length=3, max_length=200, description="Data source of the evidence (sumber data)."
    )
    note: str | None = Field(
        default=None, max_length=2000, description="Feedback to the person evaluated (umpan balik)."
    )
