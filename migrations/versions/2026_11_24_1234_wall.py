"""Database functions for row-level security and commands.

Revision 9d13c7e2f05b, after 2f6a08d5b917.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "9d13c7e2f05b"
down_revision: str | None = "2f6a08d5b917"
branch_labels: str | None = None
depends_on: str | None = None

WORDS = "to_tsvector('simple'::regconfig, translate(name, './@:-+_~', '        '))"

REFUSED = """
CREATE FUNCTION refused(number integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change touched no row' USING ERRCODE = 'KJ001', DETAIL = number::text;
END
$$
"""

# Under row-level security a word search cannot use its index, since `@@` is not leakproof. This function finds keys
# by the index, as the owner; the rows of these keys are then selected under row-level security.
PEOPLE_NAMED = """
CREATE FUNCTION people_named(words tsquery) RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_agg(id) FROM person
    WHERE name_words @@ words
$$
"""

# The number of definitive holders of a post is public, their identity is not.
HOLDERS_OF = """
CREATE FUNCTION holders_of(post bigint, today date) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FROM incumbency
    WHERE position_id = post AND kind = 'D' AND starts_on <= today AND (ends_on >= today OR ends_on IS NULL)
$$
"""

# Number of a run's scores at each unit path, maintained with the scores: HR's list needs no count. Paths are updated
# in order: two concurrent moves of people wait for one another instead of a deadlock.
COUNT_SCORES = """
CREATE FUNCTION count_scores() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO risk_count AS c (run_id, unit_path, scores)
        SELECT run_id, unit_path, count(*) FROM came WHERE unit_path IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (run_id, unit_path) DO UPDATE SET scores = c.scores + excluded.scores;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO risk_count AS c (run_id, unit_path, scores)
        SELECT run_id, unit_path, -count(*) FROM went WHERE unit_path IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (run_id, unit_path) DO UPDATE SET scores = c.scores + excluded.scores;
    ELSE
        INSERT INTO risk_count AS c (run_id, unit_path, scores)
        SELECT run_id, unit_path, sum(number) FROM (
            SELECT run_id, unit_path, 1 AS number FROM came UNION ALL SELECT run_id, unit_path, -1 FROM went
        ) AS moved
        WHERE unit_path IS NOT NULL GROUP BY 1, 2 HAVING sum(number) <> 0 ORDER BY 1, 2
        ON CONFLICT (run_id, unit_path) DO UPDATE SET scores = c.scores + excluded.scores;
    END IF;
    RETURN NULL;
END
$$
"""
COUNTED = {
    "INSERT": "NEW TABLE AS came",
    "UPDATE": "OLD TABLE AS went NEW TABLE AS came",
    "DELETE": "OLD TABLE AS went",
}


def upgrade() -> None:
    op.create_table(
        "wall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_wall__one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall")),
    )
    op.create_table(
        "risk_count",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("scores", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_risk_count__run_id")),
        sa.PrimaryKeyConstraint("run_id", "unit_path", name=op.f("pk_risk_count")),
    )
    op.execute(
        "INSERT INTO risk_count SELECT run_id, unit_path, count(*) FROM risk_score"
        " WHERE unit_path IS NOT NULL GROUP BY 1, 2"
    )
    op.execute(COUNT_SCORES)
    for verb, tables in COUNTED.items():
        op.execute(
            f"CREATE TRIGGER scores_counted_{verb.lower()} AFTER {verb} ON risk_score REFERENCING {tables}"
            " FOR EACH STATEMENT EXECUTE FUNCTION count_scores()"
        )
    op.execute(REFUSED)
    op.drop_index("ix_person__name_words", table_name="person")
    op.execute(f"ALTER TABLE person ADD COLUMN name_words tsvector GENERATED ALWAYS AS ({WORDS}) STORED")
    op.create_index("ix_person__name_words", "person", ["name_words"], postgresql_using="gin")
    op.execute(PEOPLE_NAMED)
    op.execute(HOLDERS_OF)
    op.execute("REVOKE ALL ON FUNCTION people_named(tsquery), holders_of(bigint, date) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION holders_of(bigint, date)")
    op.execute("DROP FUNCTION people_named(tsquery)")
    op.drop_index("ix_person__name_words", table_name="person")
    op.drop_column("person", "name_words")
    op.create_index("ix_person__name_words", "person", [sa.literal_column(WORDS)], postgresql_using="gin")
    op.execute("DROP FUNCTION refused(integer)")
    for verb in COUNTED:
        op.execute(f"DROP TRIGGER scores_counted_{verb.lower()} ON risk_score")
    op.execute("DROP FUNCTION count_scores()")
    op.drop_table("risk_count")
    op.drop_table("wall")
