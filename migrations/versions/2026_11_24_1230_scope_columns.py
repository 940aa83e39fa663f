"""Columns of scope on every table that holds people, kept true when they move; delegations.

Revision c3d1a7f04e21, after 109c9fa6209d.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "c3d1a7f04e21"
down_revision: str | None = "109c9fa6209d"
branch_labels: str | None = None
depends_on: str | None = None

OWNERS = {"plan_result": ("plan_id", "plan"), "plan_indicator": ("result_id", "plan_result"),
          "risk_reason": ("score_id", "risk_score")}  # fmt: skip
"""Tables whose rows were seen through their owner alone, each with the column that names it and its table."""


def _path() -> sa.Column[str]:
    return sa.Column("unit_path", sa.Text(collation="C"), nullable=True)


def _line(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=True)


def upgrade() -> None:
    for table, (column, owner) in OWNERS.items():
        op.add_column(table, sa.Column("person_id", sa.BigInteger(), nullable=True))
        op.add_column(table, _path())
        op.add_column(table, _line("appraiser_id"))
        op.execute(
            f"UPDATE {table} t SET person_id = o.person_id, unit_path = o.unit_path, appraiser_id = o.appraiser_id"
            f" FROM {owner} o WHERE o.id = t.{column}"
        )
        op.alter_column(table, "person_id", nullable=False)
        op.create_foreign_key(op.f(f"fk_{table}__person_id"), table, "person", ["person_id"], ["id"])
    op.add_column("eligibility", _path())
    op.add_column("eligibility", _line("appraiser_id"))
    op.execute(
        "UPDATE eligibility t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id"
        " FROM person p WHERE p.id = t.person_id"
    )
    op.add_column("appraiser_line", _line("todays_appraiser_id"))
    op.execute(
        "UPDATE appraiser_line t SET todays_appraiser_id = p.appraiser_id FROM person p WHERE p.id = t.person_id"
    )


def downgrade() -> None:
    op.drop_column("appraiser_line", "todays_appraiser_id")
    op.drop_column("eligibility", "appraiser_id")
    op.drop_column("eligibility", "unit_path")
    for table in reversed(OWNERS):
        op.drop_constraint(op.f(f"fk_{table}__person_id"), table, type_="foreignkey")
        for column in ("appraiser_id", "unit_path", "person_id"):
            op.drop_column(table, column)
