"""Indexes on the leading columns of sort orders.

Revision 109c9fa6209d, after 4ce171df53b0.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "109c9fa6209d"
down_revision: str | None = "4ce171df53b0"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.drop_index(op.f("ix_risk_score__unit_path"), table_name="risk_score")
    op.create_index(
        "ix_risk_score__unit_path", "risk_score", ["run_id", "unit_path"], postgresql_include=["person_id"]
    )
    op.drop_index(op.f("ix_person__appraiser_id"), table_name="person")
    op.create_index("ix_person__appraiser_id", "person", ["appraiser_id", "name", "id"], unique=False)
    op.drop_index(op.f("ix_person__name_words"), table_name="person", postgresql_using="gin")
    op.create_index(
        "ix_person__name_words",
        "person",
        [sa.literal_column("to_tsvector('simple'::regconfig, translate(name, './@:-+_~', '        '))")],
        unique=False,
        postgresql_using="gin",
    )
    op.drop_index(op.f("ix_person__position_id"), table_name="person")
    op.create_index("ix_person__position_id", "person", ["position_id", "name", "id"], unique=False)
    op.drop_index(op.f("ix_person__unit_id"), table_name="person")
    op.create_index("ix_person__unit_id", "person", ["unit_id", "name", "id"], unique=False)
    op.drop_index(op.f("ix_position__unit_id"), table_name="position")
    op.create_index("ix_position__unit_id", "position", ["unit_id", "title", "id"], unique=False)
    op.create_index(
        "ix_position__title_words",
        "position",
        [sa.literal_column("to_tsvector('simple'::regconfig, translate(title, './@:-+_~', '        '))")],
        unique=False,
        postgresql_using="gin",
    )
    op.drop_index(op.f("ix_unit__parent_id"), table_name="unit")
    op.create_index("ix_unit__parent_id", "unit", ["parent_id", "name", "id"], unique=False)
    op.create_index(
        "ix_unit__name_words",
        "unit",
        [sa.literal_column("to_tsvector('simple'::regconfig, translate(name, './@:-+_~', '        '))")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_unit__parent_id_path", "unit", ["parent_id", "path", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_risk_score__unit_path", table_name="risk_score", postgresql_include=["person_id"])
    op.create_index(op.f("ix_risk_score__unit_path"), "risk_score", ["run_id", "unit_path"], unique=False)
    op.drop_index("ix_unit__parent_id_path", table_name="unit")
    op.drop_index("ix_unit__name_words", table_name="unit", postgresql_using="gin")
    op.drop_index("ix_unit__parent_id", table_name="unit")
    op.create_index(op.f("ix_unit__parent_id"), "unit", ["parent_id"], unique=False)
    op.drop_index("ix_position__title_words", table_name="position", postgresql_using="gin")
    op.drop_index("ix_position__unit_id", table_name="position")
    op.create_index(op.f("ix_position__unit_id"), "position", ["unit_id"], unique=False)
    op.drop_index("ix_person__unit_id", table_name="person")
    op.create_index(op.f("ix_person__unit_id"), "person", ["unit_id"], unique=False)
    op.drop_index("ix_person__position_id", table_name="person")
    op.create_index(op.f("ix_person__position_id"), "person", ["position_id"], unique=False)
    op.drop_index("ix_person__name_words", table_name="person", postgresql_using="gin")
    op.create_index(
        op.f("ix_person__name_words"),
        "person",
        [sa.literal_column("to_tsvector('simple'::regconfig, name)")],
        unique=False,
        postgresql_using="gin",
    )
    op.drop_index("ix_person__appraiser_id", table_name="person")
    op.create_index(op.f("ix_person__appraiser_id"), "person", ["appraiser_id"], unique=False)
