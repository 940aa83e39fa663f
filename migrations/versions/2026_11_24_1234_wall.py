"""What row security and commands need of the database itself.

Revision 9d13c7e2f05b, after 2f6a08d5b917.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "9d13c7e2f05b"
down_revision: str | None = "2f6a08d5b917"
branch_labels: str | None = None
depends_on: str | None = None

REFUSED = """
CREATE FUNCTION refused(number integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change touched no row' USING ERRCODE = 'KJ001', DETAIL = number::text;
END
$$
"""

# Row security keeps a search of words from its index, for `@@` may leak what it compares; this finds keys by it, as
# the owner, and the rows that have these keys are then chosen under row security.
PEOPLE_NAMED = """
CREATE FUNCTION people_named(words tsquery) RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_agg(id) FROM person
    WHERE to_tsvector('simple'::regconfig, translate(name, './@:-+_~', '        ')) @@ words
$$
"""

# How many hold a post definitively is told to all, who they are is not.
HOLDERS_OF = """
CREATE FUNCTION holders_of(post bigint, today date) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FROM incumbency
    WHERE position_id = post AND kind = 'D' AND starts_on <= today AND (ends_on >= today OR ends_on IS NULL)
$$
"""


def upgrade() -> None:
    op.create_table(
        "wall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_wall__one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall")),
    )
    op.execute(REFUSED)
    op.execute(PEOPLE_NAMED)
    op.execute(HOLDERS_OF)
    op.execute("REVOKE ALL ON FUNCTION people_named(tsquery), holders_of(bigint, date) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION holders_of(bigint, date)")
    op.execute("DROP FUNCTION people_named(tsquery)")
    op.execute("DROP FUNCTION refused(integer)")
    op.drop_table("wall")
