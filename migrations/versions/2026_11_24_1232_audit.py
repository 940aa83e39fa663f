"""Sealed audit trail and access log.

Revision e47f90b3c6d2, after 8b52e6a19d04.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "e47f90b3c6d2"
down_revision: str | None = "8b52e6a19d04"
branch_labels: str | None = None
depends_on: str | None = None

THIS_TRANSACTION = sa.text("(pg_current_xact_id()::text)::bigint")
ROLES = "'employee', 'supervisor', 'hr', 'leader', 'auditor', 'admin', 'change_agent', 'service', 'unit_service'"
TRAILS = ("audit_entry", "access_entry", "audit_seal")

UNCHANGEABLE = """
CREATE FUNCTION unchangeable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$
"""


def upgrade() -> None:
    # Older entries are placed in the chain at the transaction of this revision.
    op.add_column("audit_entry", sa.Column("xid", sa.BigInteger(), server_default=THIS_TRANSACTION, nullable=False))
    op.add_column("audit_entry", sa.Column("unit_path", sa.Text(collation="C"), nullable=True))
    op.add_column("audit_entry", sa.Column("origin", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_audit_entry__xid", "audit_entry", ["xid", "id"], unique=False)
    op.create_table(
        "access_entry",
        sa.Column("xid", sa.BigInteger(), server_default=THIS_TRANSACTION, autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("risk", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("record", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_access_entry__role")),
        sa.PrimaryKeyConstraint("xid", "id", name=op.f("pk_access_entry")),
        info={"scope": "system"},
    )
    # Compression of distinct numbers takes longer than writing them.
    op.execute(
        "ALTER TABLE access_entry ALTER COLUMN risk SET STORAGE EXTERNAL, ALTER COLUMN record SET STORAGE EXTERNAL"
    )
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        info={"scope": "system"},
    )
    op.create_table(
        "look",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("looked", sa.Text(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_look__role")),
        sa.CheckConstraint("looked IN ('RISK', 'RECORD')", name=op.f("ck_look__looked")),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_look__actor_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look__person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
        sa.UniqueConstraint(
            "person_id", "seen_on", "principal", "looked", name=op.f("uq_look__person_id_seen_on_principal_looked")
        ),
        info={"scope": "own"},
    )
    op.create_index("ix_look__person_id", "look", ["person_id", "seen_on", "id"], unique=False)
    op.create_index("ix_look__seen_on", "look", ["seen_on", "id"], unique=False)
    op.execute(UNCHANGEABLE)
    for table in TRAILS:
        op.execute(
            f"CREATE TRIGGER unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION unchangeable()"
        )


def downgrade() -> None:
    op.drop_table("look")
    op.drop_table("audit_seal")
    op.drop_table("access_entry")
    op.execute("DROP TRIGGER unchangeable ON audit_entry")
    op.execute("DROP FUNCTION unchangeable()")
    op.drop_index("ix_audit_entry__xid", table_name="audit_entry")
    op.drop_column("audit_entry", "origin")
    op.drop_column("audit_entry", "unit_path")
    op.drop_column("audit_entry", "xid")
