"""Accounts, role grants, sessions and service accounts.

Revision 8b52e6a19d04, after c3d1a7f04e21.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "8b52e6a19d04"
down_revision: str | None = "c3d1a7f04e21"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("login", sa.Text(collation="C"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_account__failures")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account__person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account__login")),
        sa.UniqueConstraint("person_id", name=op.f("uq_account__person_id")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('employee', 'supervisor', 'hr', 'leader', 'auditor', 'admin', 'change_agent')",
            name=op.f("ck_role_grant__role"),
        ),
        sa.CheckConstraint(
            "(unit_id IS NOT NULL) = (role IN ('hr', 'leader', 'auditor'))", name=op.f("ck_role_grant__unit")
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_role_grant__in_order")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_role_grant__account_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_role_grant__unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index("ix_role_grant__account_id", "role_grant", ["account_id"])
    op.create_table(
        "login_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("family_sha256", sa.Text(collation="C"), nullable=False),
        sa.Column("refresh_sha256", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_session__account_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_login_session__grant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("family_sha256", name=op.f("uq_login_session__family_sha256")),
    )
    op.create_index("ix_login_session__account_id", "login_session", ["account_id", "id"])
    op.create_index("ix_login_session__grant_id", "login_session", ["grant_id"])
    op.create_index(
        "ix_login_session__revoked_at",
        "login_session",
        ["revoked_at"],
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.create_table(
        "service_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("token_sha256", sa.Text(collation="C"), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_service_account__unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_account")),
        sa.UniqueConstraint("name", name=op.f("uq_service_account__name")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_service_account__token_sha256")),
    )


def downgrade() -> None:
    op.drop_table("service_account")
    op.drop_table("login_session")
    op.drop_table("role_grant")
    op.drop_table("account")
