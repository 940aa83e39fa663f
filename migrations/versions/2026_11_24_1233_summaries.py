"""Summaries of units.

Revision 2f6a08d5b917, after e47f90b3c6d2.
"""

revision: str = "2f6a08d5b917"
down_revision: str | None = "e47f90b3c6d2"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
