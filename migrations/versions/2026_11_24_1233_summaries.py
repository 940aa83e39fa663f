"""Unit summaries.

Revision 2f6a08d5b917, after e47f90b3c6d2.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "2f6a08d5b917"
down_revision: str | None = "e47f90b3c6d2"
branch_labels: str | None = None
depends_on: str | None = None

COUNTS = (
    "headcount",
    "sangat_baik",
    "baik",
    "butuh_perbaikan",
    "kurang",
    "sangat_kurang",
    "not_evaluated",
    "high",
    "elevated",
    "low",
    "unknown",
    "passed",
    "attended",
    "assigned",
    "waiting",
    "absent",
    "untrained",
)


def upgrade() -> None:
    op.create_table(
        "summary",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cutoff_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_summary__in_order")),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_summary__run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary")),
        sa.UniqueConstraint("starts_on", name=op.f("uq_summary__starts_on")),
    )
    op.create_table(
        "published_summary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_published_summary__one_row")),
        sa.ForeignKeyConstraint(["summary_id"], ["summary.id"], name=op.f("fk_published_summary__summary_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_summary")),
    )
    op.create_table(
        "unit_summary",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("summary_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("cutoff_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in COUNTS),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_unit_summary__in_order")),
        *(sa.CheckConstraint(f"{name} = 0 OR {name} >= 5", name=op.f(f"ck_unit_summary__{name}")) for name in COUNTS),
        sa.ForeignKeyConstraint(["summary_id"], ["summary.id"], name=op.f("fk_unit_summary__summary_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_summary__unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_summary")),
        sa.UniqueConstraint("unit_id", "own", "summary_id", name=op.f("uq_unit_summary__unit_id_own_summary_id")),
    )
    op.create_index("ix_unit_summary__summary_id", "unit_summary", ["summary_id"], unique=False)
    op.create_index("ix_unit_summary__unit_path", "unit_summary", ["unit_path", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("unit_summary")
    op.drop_table("published_summary")
    op.drop_table("summary")
