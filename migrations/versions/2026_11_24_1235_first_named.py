"""First page of a name search, found and sorted by one function.

Revision 5be2c04a97d1, after 9d13c7e2f05b.
"""

from alembic import op

revision: str = "5be2c04a97d1"
down_revision: str | None = "9d13c7e2f05b"
branch_labels: str | None = None
depends_on: str | None = None

# Like `people_named`, for the first page of an actor with a wide scope: thousands have a common name, and reading
# each of them twice, here and under row-level security, took longer than all the rest.
PEOPLE_FIRST_NAMED = """
CREATE FUNCTION people_first_named(words tsquery, most bigint) RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN array_agg(id) FROM (
        SELECT id FROM (SELECT id, name, unit_path FROM person WHERE name_words @@ words OFFSET 0) AS named
        WHERE starts_with(unit_path, nullif(current_setting('kinerja.path', true), ''))
            OR id = nullif(current_setting('kinerja.person', true), '')::bigint
        ORDER BY name, id LIMIT most
    ) AS first;
END
$$
"""


def upgrade() -> None:
    op.execute(PEOPLE_FIRST_NAMED)
    op.execute("REVOKE ALL ON FUNCTION people_first_named(tsquery, bigint) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION people_first_named(tsquery, bigint)")
