"""Parameters of regulations.

Revision 5d0c3f2a9b71, after 07bbe85ddf2f. A later regulation is a later revision: it ends rows and adds new ones.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "5d0c3f2a9b71"
down_revision: str | None = "07bbe85ddf2f"
branch_labels: str | None = None
depends_on: str | None = None

MATRIX = {
    "DI_ATAS": {"DI_ATAS": "SANGAT_BAIK", "SESUAI": "BAIK", "DI_BAWAH": "KURANG"},
    "SESUAI": {"DI_ATAS": "BAIK", "SESUAI": "BAIK", "DI_BAWAH": "KURANG"},
    "DI_BAWAH": {"DI_ATAS": "BUTUH_PERBAIKAN", "SESUAI": "BUTUH_PERBAIKAN", "DI_BAWAH": "SANGAT_KURANG"},
}

# The office decides its own parameters; they start with their rule.
OWN = "KINERJA-2022"

FIGURES = (
    ("EVALUATION_MATRIX", MATRIX, "PERMENPANRB-6-2022", "2022-01-01"),
    ("RESULTS_CUTOFFS", {"below": "66", "above": "109"}, OWN, "2022-01-01"),
    ("BEHAVIOUR_CUTOFFS", {"below": "65", "above": "107"}, OWN, "2022-01-01"),
    ("SCORE_WEIGHTS", {"results": "0.6", "behaviour": "0.4", "stretch": "1.15"}, OWN, "2022-01-01"),
    ("LOW_SCORE", "90", OWN, "2022-01-01"),
    ("RECORDING_DAYS", 45, OWN, "2022-01-01"),
    ("JP_FLOOR_PNS", 20, "PP-11-2017", "2017-04-07"),
    ("JP_CEILING_PPPK", 24, "PP-49-2018", "2018-11-28"),
)


def upgrade() -> None:
    parameter = sa.table(
        "parameter",
        sa.column("code", sa.Text),
        sa.column("value", JSONB),
        sa.column("regulation", sa.Text),
        sa.column("starts_on", sa.Date),
    )
    for code, value, regulation, starts_on in FIGURES:
        op.execute(
            sa.insert(parameter).values(
                code=code, value=value, regulation=regulation, starts_on=sa.func.to_date(starts_on, "YYYY-MM-DD")
            )
        )


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM parameter"))
