"""Accounts, grants of roles, sessions and service accounts.

Revision 8b52e6a19d04, after c3d1a7f04e21.
"""

revision: str = "8b52e6a19d04"
down_revision: str | None = "c3d1a7f04e21"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
