"""Stored values of two enumerations under the names of the public schema.

Revision c41d7a90be26, after 5be2c04a97d1.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "c41d7a90be26"
down_revision: str | None = "5be2c04a97d1"
branch_labels: str | None = None
depends_on: str | None = None

RENAMED: Sequence[tuple[str, str, str, str]] = (
    ("job", "kind", "PASS_QUARTER", "ADVANCE_QUARTER"),
    ("risk_score", "abstained", "OUTSIDE_WHAT_THE_MODEL_SAW", "OUTSIDE_TRAINING_RANGE"),
)
OTHERS = {
    "job": ("TRAIN_MODEL", "SCORE_RISK", "ESTIMATE_EFFECTS"),
    "risk_score": ("TOO_FEW_EVALUATIONS",),
}


def upgrade() -> None:
    for table, column, before, after in RENAMED:
        _rename(table, column, before, after)


def downgrade() -> None:
    for table, column, before, after in RENAMED:
        _rename(table, column, after, before)


def _rename(table: str, column: str, before: str, after: str) -> None:
    check = op.f(f"ck_{table}__{column}")
    op.drop_constraint(check, table, type_="check")
    op.execute(f"UPDATE {table} SET {column} = '{after}' WHERE {column} = '{before}'")
    values = ", ".join(f"'{value}'" for value in (*OTHERS[table], after))
    op.create_check_constraint(check, table, f"{column} IN ({values})")
