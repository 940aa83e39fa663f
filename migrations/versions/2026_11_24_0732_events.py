"""Events.

Revision 4ce171df53b0, after 5d0c3f2a9b71.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "4ce171df53b0"
down_revision: str | None = "5d0c3f2a9b71"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "topic IN ('EVALUATION_RECORDED', 'RISK_LIST_PUBLISHED', 'ASSIGNMENT_CHANGED', 'JOB_PROGRESSED')",
            name=op.f("ck_event__topic"),
        ),
        sa.PrimaryKeyConstraint("xid", "id", name=op.f("pk_event")),
        info={"scope": "system"},
    )


def downgrade() -> None:
    op.drop_table("event")
