"""Scope columns on every table of people, updated by triggers when they move; delegations.

Revision c3d1a7f04e21, after 109c9fa6209d.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c3d1a7f04e21"
down_revision: str | None = "109c9fa6209d"
branch_labels: str | None = None
depends_on: str | None = None

OWNERS = {"plan_result": ("plan_id", "plan"), "plan_indicator": ("result_id", "plan_result"),
          "risk_reason": ("score_id", "risk_score")}  # fmt: skip
"""Tables accessible only through their owner before this revision: reference column, owner table."""

FOLLOW_PEOPLE = """CREATE FUNCTION follow_people(people bigint[], today date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    followed bigint;
BEGIN
    -- Whoever writes a row about one of them holds him by its reference until he commits; that row must be there
    -- before its copies are brought along.
    IF people IS NOT NULL THEN
        PERFORM FROM person WHERE id = ANY (people) ORDER BY id FOR UPDATE;
    END IF;
    UPDATE person p
    SET position_id = f.position_id, unit_id = f.unit_id, unit_path = f.path, appraiser_id = f.appraiser_id
    FROM (
        SELECT q.id, post.position_id, line.appraiser_id,
            CASE WHEN q.left_on < today THEN NULL ELSE coalesce(post.unit_id, q.unit_id) END AS unit_id,
            CASE WHEN q.left_on < today THEN NULL ELSE coalesce(post.path, q.unit_path) END AS path
        FROM person q
        LEFT JOIN LATERAL (
            SELECT i.position_id, w.unit_id, u.path
            FROM incumbency i JOIN position w ON w.id = i.position_id JOIN unit u ON u.id = w.unit_id
            WHERE i.person_id = q.id AND i.kind IN ('D', 'PJ')
            AND i.starts_on <= today AND coalesce(i.ends_on >= today, true) AND coalesce(q.left_on >= today, true)
            ORDER BY i.kind, i.starts_on DESC, i.id DESC LIMIT 1) post ON true
        LEFT JOIN LATERAL (
            SELECT l.appraiser_id
            FROM appraiser_line l
            WHERE l.person_id = q.id
            AND l.starts_on <= today AND coalesce(l.ends_on >= today, true) AND coalesce(q.left_on >= today, true)
            LIMIT 1) line ON true
        WHERE people IS NULL OR q.id = ANY (people)) f
    WHERE f.id = p.id AND (p.position_id, p.unit_id, p.unit_path, p.appraiser_id)
        IS DISTINCT FROM (f.position_id, f.unit_id, f.path, f.appraiser_id);
    GET DIAGNOSTICS followed = ROW_COUNT;
    RETURN followed;
END
$$"""

TRIGGERS = (("person", "people", "person_moved"), ("unit", "units", "unit_moved"))
"""Tables, the alias of their changed rows within a statement, and the trigger functions."""

PERSON_MOVED = """CREATE FUNCTION person_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    moved bigint[] := ARRAY(
        SELECT n.id FROM new_people n JOIN old_people o USING (id)
        WHERE (n.unit_path, n.appraiser_id) IS DISTINCT FROM (o.unit_path, o.appraiser_id));
BEGIN
    IF cardinality(moved) = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE appraiser_line t SET unit_path = p.unit_path, todays_appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.todays_appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE assignment t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE delegation t SET unit_path = p.unit_path FROM person p
    WHERE p.id = t.appraiser_id AND (t.unit_path) IS DISTINCT FROM (p.unit_path)
    AND t.appraiser_id = ANY (moved);
    UPDATE eligibility t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE evaluation t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE incumbency t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE monitoring t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE plan t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE plan_indicator t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.result_id IN (
        SELECT id FROM plan_result WHERE plan_id IN (
        SELECT id FROM plan WHERE person_id = ANY (moved)));
    UPDATE plan_result t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.plan_id IN (
        SELECT id FROM plan WHERE person_id = ANY (moved));
    UPDATE risk_reason t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.score_id IN (
        SELECT id FROM risk_score WHERE person_id = ANY (moved));
    UPDATE risk_score t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    UPDATE training_record t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)
    AND t.person_id = ANY (moved);
    RETURN NULL;
END
$$"""

UNIT_MOVED = """CREATE FUNCTION unit_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    moved bigint[] := ARRAY(
        SELECT n.id FROM new_units n JOIN old_units o USING (id) WHERE n.path <> o.path);
BEGIN
    IF cardinality(moved) = 0 THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM new_units n JOIN old_units o USING (id)
        WHERE n.path <> o.path AND starts_with(n.path, o.path)) THEN
        RAISE EXCEPTION 'a unit cannot lie below itself' USING ERRCODE = 'check_violation';
    END IF;
    -- Whatever still begins with the old path of a unit lies below it; the nearest of those above tells where now.
    UPDATE unit u SET path = m.path, depth = m.depth FROM (
        SELECT DISTINCT ON (b.id) b.id, n.path || substr(b.path, length(o.path) + 1) AS path,
            n.depth + b.depth - o.depth AS depth
        FROM new_units n JOIN old_units o USING (id)
        JOIN unit b ON b.path > o.path AND b.path < left(o.path, -1) || '/'
        WHERE n.path <> o.path
        ORDER BY b.id, length(o.path) DESC) m
    WHERE m.id = u.id;
    UPDATE person t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path
    AND t.unit_id = ANY (moved);
    UPDATE assignment_batch t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path
    AND t.unit_id = ANY (moved);
    UPDATE position t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path
    AND t.unit_id = ANY (moved);
    UPDATE unit_summary t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path
    AND t.unit_id = ANY (moved);
    UPDATE assignment_batch t SET unit_path = n.path FROM new_units n JOIN old_units o USING (id)
    WHERE t.unit_id IS NULL AND t.unit_path = o.path AND n.path <> o.path;
    RETURN NULL;
END
$$"""

MEND_COPIES = """CREATE FUNCTION mend_copies() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    statement text;
    touched bigint;
    mended bigint := 0;
BEGIN
    FOREACH statement IN ARRAY ARRAY[
'UPDATE person t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path',
'UPDATE assignment_batch t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path',
'UPDATE position t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path',
'UPDATE unit_summary t SET unit_path = u.path FROM unit u
    WHERE u.id = t.unit_id AND t.unit_path IS DISTINCT FROM u.path',
'UPDATE appraiser_line t SET unit_path = p.unit_path, todays_appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.todays_appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE assignment t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE delegation t SET unit_path = p.unit_path FROM person p
    WHERE p.id = t.appraiser_id AND (t.unit_path) IS DISTINCT FROM (p.unit_path)',
'UPDATE eligibility t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE evaluation t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE incumbency t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE monitoring t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE plan t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE plan_indicator t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE plan_result t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE risk_reason t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE risk_score t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)',
'UPDATE training_record t SET unit_path = p.unit_path, appraiser_id = p.appraiser_id FROM person p
    WHERE p.id = t.person_id AND (t.unit_path, t.appraiser_id) IS DISTINCT FROM (p.unit_path, p.appraiser_id)'
    ] LOOP
        EXECUTE statement;
        GET DIAGNOSTICS touched = ROW_COUNT;
        mended := mended + touched;
    END LOOP;
    RETURN mended;
END
$$"""


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
    _delegation()
    for function in (PERSON_MOVED, UNIT_MOVED, MEND_COPIES, FOLLOW_PEOPLE):
        op.execute(function)
    for function in ("mend_copies()", "follow_people(bigint[], date)"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    for table, rows, function in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {function} AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_{rows}"
            f" NEW TABLE AS new_{rows} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )


def _delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=False),
        sa.Column("delegate_id", sa.BigInteger(), nullable=False),
        _path(),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_delegation__in_order")),
        sa.CheckConstraint("delegate_id <> appraiser_id", name=op.f("ck_delegation__nobody_stands_in_for_himself")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_delegation__ended")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_delegation__{column}"))
            for column in ("appraiser_id", "delegate_id", "decided_by", "ended_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(appraiser_id, appraiser_id, '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            where=sa.text("ended_at IS NULL"),
            using="gist",
            name=op.f("ex_delegation__one_at_a_time"),
        ),
    )
    for column in ("appraiser_id", "delegate_id"):
        op.create_index(op.f(f"ix_delegation__{column}"), "delegation", [column, "starts_on", "id"])


def downgrade() -> None:
    for table, _, function in TRIGGERS:
        op.execute(f"DROP TRIGGER {function} ON {table}")
    for function in ("person_moved()", "unit_moved()", "mend_copies()", "follow_people(bigint[], date)"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("delegation")
    op.drop_column("appraiser_line", "todays_appraiser_id")
    op.drop_column("eligibility", "appraiser_id")
    op.drop_column("eligibility", "unit_path")
    for table in reversed(OWNERS):
        op.drop_constraint(op.f(f"fk_{table}__person_id"), table, type_="foreignkey")
        for column in ("appraiser_id", "unit_path", "person_id"):
            op.drop_column(table, column)
