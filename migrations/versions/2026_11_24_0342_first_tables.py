"""First tables.

Revision 07bbe85ddf2f, after nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "07bbe85ddf2f"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "business_date",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("today", sa.Date(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_business_date__one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_date")),
        info={"scope": "system"},
    )
    op.create_table(
        "command_key",
        sa.Column("principal", sa.Text(collation="C"), nullable=False),
        sa.Column("mutation", sa.Text(collation="C"), nullable=False),
        sa.Column("client_key", sa.Text(collation="C"), nullable=False),
        sa.Column("asked_sha256", sa.Text(), nullable=False),
        sa.Column("result_id", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "mutation", "client_key", name=op.f("pk_command_key")),
        info={"scope": "system"},
    )
    op.create_table(
        "indicator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "aspect IN ('KUANTITAS', 'KUALITAS', 'WAKTU', 'BIAYA')", name=op.f("ck_indicator__aspect")
        ),
        sa.CheckConstraint("direction IN ('HIGHER', 'LOWER')", name=op.f("ck_indicator__direction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
        sa.UniqueConstraint("code", name=op.f("uq_indicator__code")),
        info={"scope": "public"},
    )
    op.create_index("ix_indicator__name", "indicator", ["name", "id"], unique=False)
    op.create_table(
        "parameter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("regulation", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(hashtext(code), hashtext(code), '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            using="gist",
            name=op.f("ex_parameter__one_at_a_time"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_parameter__in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter")),
        info={"scope": "public"},
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("jp", sa.Integer(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("cost_per_person", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "addresses IN ('CANNOT', 'UNAWARE', 'HINDERED', 'CONTEXT')", name=op.f("ck_programme__addresses")
        ),
        sa.CheckConstraint(
            "kind IN ('DIKLAT_STRUKTURAL', 'DIKLAT_FUNGSIONAL', 'DIKLAT_TEKNIS', 'WORKSHOP', 'PELATIHAN_MANAJERIAL', 'PELATIHAN_SOSIAL_KULTURAL', 'SOSIALISASI', 'BIMBINGAN_TEKNIS', 'SEMINAR', 'MAGANG', 'KURSUS', 'PENATARAN', 'KLASIKAL_LAINNYA', 'COACHING', 'MENTORING', 'E_LEARNING', 'JARAK_JAUH', 'DETASERING', 'ALAM_TERBUKA', 'PATOK_BANDING', 'PERTUKARAN', 'BELAJAR_MANDIRI', 'KOMUNITAS_BELAJAR', 'BIMBINGAN_DI_TEMPAT_KERJA', 'NONKLASIKAL_LAINNYA')",
            name=op.f("ck_programme__kind"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_programme__in_order")),
        sa.CheckConstraint("jp > 0", name=op.f("ck_programme__jp")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme__code")),
        info={"scope": "public"},
    )
    op.create_index("ix_programme__name", "programme", ["name", "id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('PROVINSI', 'SEKRETARIAT_DAERAH', 'SEKRETARIAT_DPRD', 'BIRO', 'INSPEKTORAT', 'DINAS', 'BADAN', 'SATPOL_PP', 'KOTA_ADMINISTRASI', 'KABUPATEN_ADMINISTRASI', 'SUKU_DINAS', 'SUKU_BADAN', 'KECAMATAN', 'KELURAHAN', 'UPT', 'SEKOLAH', 'PUSKESMAS', 'RUMAH_SAKIT', 'BIDANG', 'BAGIAN', 'SEKSI')",
            name=op.f("ck_unit__kind"),
        ),
        sa.CheckConstraint("path ~ '^([0-9]+[.])+$'", name=op.f("ck_unit__path")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_unit__in_order")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_unit__parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit__parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit__code")),
        sa.UniqueConstraint("path", name=op.f("uq_unit__path")),
        info={"scope": "public"},
    )
    op.create_index("ix_unit__name", "unit", ["name", "id"], unique=False)
    op.create_index(op.f("ix_unit__parent_id"), "unit", ["parent_id"], unique=False)
    op.create_table(
        "effect_study",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("grounds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("treated", sa.Integer(), nullable=False),
        sa.Column("controls", sa.Integer(), nullable=False),
        sa.Column("effect", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("effect_low", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("effect_high", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("before_after", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("mean_before", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("mean_after", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("expected_after", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("placebo", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("placebo_low", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("placebo_high", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('CREDIBLE', 'INCONCLUSIVE', 'NOT_CREDIBLE', 'TOO_FEW')",
            name=op.f("ck_effect_study__verdict"),
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_effect_study__programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effect_study")),
        info={"scope": "public"},
    )
    op.create_index(
        "uq_effect_study__current", "effect_study", ["programme_id"], unique=True, postgresql_where=sa.text("current")
    )
    op.create_table(
        "position",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(collation="C"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("eselon", sa.Text(), nullable=True),
        sa.Column("executor_class", sa.Text(), nullable=True),
        sa.Column("job_class", sa.Integer(), nullable=False),
        sa.Column("need", sa.Integer(), nullable=False),
        sa.Column("structural", sa.Boolean(), nullable=False),
        sa.Column("family", sa.Text(collation="C"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "eselon IN ('I_A', 'I_B', 'II_A', 'II_B', 'III_A', 'III_B', 'IV_A', 'IV_B')",
            name=op.f("ck_position__eselon"),
        ),
        sa.CheckConstraint(
            "executor_class IN ('KLEREK', 'OPERATOR', 'TEKNISI')", name=op.f("ck_position__executor_class")
        ),
        sa.CheckConstraint(
            "level IN ('JPT_UTAMA', 'JPT_MADYA', 'JPT_PRATAMA', 'ADMINISTRATOR', 'PENGAWAS', 'PELAKSANA', 'AHLI_UTAMA', 'AHLI_MADYA', 'AHLI_MUDA', 'AHLI_PERTAMA', 'PENYELIA', 'MAHIR', 'TERAMPIL', 'PEMULA')",
            name=op.f("ck_position__level"),
        ),
        sa.CheckConstraint(
            "type IN ('PIMPINAN_TINGGI', 'ADMINISTRASI', 'FUNGSIONAL')", name=op.f("ck_position__type")
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_position__in_order")),
        sa.CheckConstraint("job_class BETWEEN 1 AND 17", name=op.f("ck_position__job_class")),
        sa.CheckConstraint("need >= 0", name=op.f("ck_position__need")),
        sa.CheckConstraint("structural OR eselon IS NULL", name=op.f("ck_position__eselon_is_structural")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_position__unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
        sa.UniqueConstraint("id", "structural", name=op.f("uq_position__id_structural")),
        info={"scope": "public"},
    )
    op.create_index("ix_position__title", "position", ["title", "id"], unique=False)
    op.create_index(op.f("ix_position__unit_id"), "position", ["unit_id"], unique=False)
    op.create_index("ix_position__unit_path", "position", ["unit_path", "id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'CLOSED', 'HELD', 'CANCELLED')", name=op.f("ck_session__status")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_session__in_order")),
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name=op.f("ck_session__seats")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_session__programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        info={"scope": "public"},
    )
    op.create_index("ix_session__programme_id", "session", ["programme_id", "starts_on", "id"], unique=False)
    op.create_index("ix_session__starts_on", "session", ["starts_on", "id"], unique=False)
    op.create_table(
        "unit_placement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(unit_id, unit_id, '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            using="gist",
            name=op.f("ex_unit_placement__one_at_a_time"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_unit_placement__in_order")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_placement__parent_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_placement__unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_placement")),
        info={"scope": "public"},
    )
    op.create_index(op.f("ix_unit_placement__parent_id"), "unit_placement", ["parent_id"], unique=False)
    op.create_table(
        "effect_period",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("treated", sa.Integer(), nullable=False),
        sa.Column("controls", sa.Integer(), nullable=False),
        sa.Column("effect", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("effect_low", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("effect_high", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.ForeignKeyConstraint(["study_id"], ["effect_study.id"], name=op.f("fk_effect_period__study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effect_period")),
        sa.UniqueConstraint("study_id", "period", name=op.f("uq_effect_period__study_id_period")),
        info={"scope": "parent", "owner": "study_id"},
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("nip", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("employment", sa.Text(), nullable=False),
        sa.Column("rank", sa.Text(), nullable=True),
        sa.Column("position_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("employment IN ('PNS', 'PPPK')", name=op.f("ck_person__employment")),
        sa.CheckConstraint("nip ~ '^[0-9]{18}$'", name=op.f("ck_person__nip")),
        sa.CheckConstraint("appraiser_id <> id", name=op.f("ck_person__appraiser")),
        sa.CheckConstraint("left_on >= joined_on", name=op.f("ck_person__in_order")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["person.id"], name=op.f("fk_person__appraiser_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_person__position_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_person__unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("nip", name=op.f("uq_person__nip")),
        info={"scope": "register"},
    )
    op.create_index(op.f("ix_person__appraiser_id"), "person", ["appraiser_id"], unique=False)
    op.create_index("ix_person__name", "person", ["name", "id"], unique=False)
    op.create_index(
        "ix_person__name_words",
        "person",
        [sa.literal_column("to_tsvector('simple'::regconfig, name)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_person__position_id"), "person", ["position_id"], unique=False)
    op.create_index(op.f("ix_person__unit_id"), "person", ["unit_id"], unique=False)
    op.create_index("ix_person__unit_path", "person", ["unit_path", "id"], unique=False)
    op.create_table(
        "position_indicator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position_id", sa.BigInteger(), nullable=False),
        sa.Column("indicator_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"], name=op.f("fk_position_indicator__indicator_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_position_indicator__position_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_indicator")),
        sa.UniqueConstraint(
            "position_id", "indicator_id", name=op.f("uq_position_indicator__position_id_indicator_id")
        ),
        info={"scope": "public"},
    )
    op.create_index(op.f("ix_position_indicator__indicator_id"), "position_indicator", ["indicator_id"], unique=False)
    op.create_table(
        "appraiser_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(person_id, person_id, '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            using="gist",
            name=op.f("ex_appraiser_line__one_at_a_time"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_appraiser_line__in_order")),
        sa.CheckConstraint("person_id <> appraiser_id", name=op.f("ck_appraiser_line__nobody_appraises_himself")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["person.id"], name=op.f("fk_appraiser_line__appraiser_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appraiser_line__person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraiser_line")),
        info={"scope": "register"},
    )
    op.create_index(
        "ix_appraiser_line__appraiser_id", "appraiser_line", ["appraiser_id", "starts_on", "id"], unique=False
    )
    op.create_index("ix_appraiser_line__person_id", "appraiser_line", ["person_id", "starts_on", "id"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_entry__actor_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_entry__person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        info={"scope": "system"},
    )
    op.create_index("ix_audit_entry__person_id", "audit_entry", ["person_id", "id"], unique=False)
    op.create_table(
        "incumbency",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("position_id", sa.BigInteger(), nullable=False),
        sa.Column("structural", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("decree", sa.Text(), nullable=True),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(position_id, position_id, '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            where=sa.text("kind = 'D' AND structural"),
            using="gist",
            name=op.f("ex_incumbency__one_at_a_time"),
        ),
        sa.CheckConstraint("kind IN ('D', 'PLT', 'PLH', 'PJ', 'TT')", name=op.f("ck_incumbency__kind")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_incumbency__in_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_incumbency__person_id")),
        sa.ForeignKeyConstraint(
            ["position_id", "structural"],
            ["position.id", "position.structural"],
            name=op.f("fk_incumbency__position_id_structural"),
        ),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_incumbency__position_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incumbency")),
        info={"scope": "register"},
    )
    op.create_index("ix_incumbency__person_id", "incumbency", ["person_id", "starts_on", "id"], unique=False)
    op.create_index("ix_incumbency__position_id", "incumbency", ["position_id", "starts_on", "id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('TRAIN_MODEL', 'SCORE_RISK', 'ESTIMATE_EFFECTS', 'PASS_QUARTER')", name=op.f("ck_job__kind")
        ),
        sa.CheckConstraint("status IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED')", name=op.f("ck_job__status")),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_job__done")),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name=op.f("fk_job__requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        info={"scope": "job"},
    )
    op.create_table(
        "model",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("artefact", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.Text(collation="C"), nullable=False),
        sa.Column("data_from", sa.Date(), nullable=False),
        sa.Column("data_to", sa.Date(), nullable=False),
        sa.Column("data_sha256", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("card", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('LOGISTIC', 'LAST_SCORE', 'FOUR_QUARTER_MEAN')", name=op.f("ck_model__kind")),
        sa.CheckConstraint("label IN ('LOW_NEXT_PERIOD')", name=op.f("ck_model__label")),
        sa.CheckConstraint("status IN ('SHADOW', 'CHAMPION', 'RETIRED', 'REFUSED')", name=op.f("ck_model__status")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_model__approved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("sha256", name=op.f("uq_model__sha256")),
        info={"scope": "public"},
    )
    op.create_index(
        "uq_model__champion", "model", ["label"], unique=True, postgresql_where=sa.text("status = 'CHAMPION'")
    )
    op.create_table(
        "monitoring",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("progress_percent", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("late_days", sa.Integer(), nullable=True),
        sa.Column("late_days_last_month", sa.Integer(), nullable=True),
        sa.Column("absent_days", sa.Integer(), nullable=True),
        sa.Column("activity", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("activity_last_month", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_monitoring__in_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_monitoring__person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring")),
        sa.UniqueConstraint("person_id", "starts_on", name=op.f("uq_monitoring__person_id_starts_on")),
        info={"scope": "record"},
    )
    op.create_table(
        "person_attribute",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("disability", sa.Boolean(), nullable=False),
        sa.CheckConstraint("sex IN ('FEMALE', 'MALE')", name=op.f("ck_person_attribute__sex")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_attribute__person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_attribute")),
        info={"scope": "nobody"},
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("position_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("approach", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=True),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("active = (status NOT IN ('DIGANTI', 'DIHENTIKAN'))", name=op.f("ck_plan__active")),
        sa.CheckConstraint("approach IN ('KUANTITATIF', 'KUALITATIF')", name=op.f("ck_plan__approach")),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'DIAJUKAN', 'DIKEMBALIKAN', 'DIREVIU', 'DITETAPKAN', 'BERJALAN', 'PERUBAHAN', 'DIEVALUASI', 'SELESAI', 'DIHENTIKAN', 'DIGANTI')",
            name=op.f("ck_plan__status"),
        ),
        sa.CheckConstraint(
            "year = date_part('year', starts_on) AND year = date_part('year', ends_on)",
            name=op.f("ck_plan__one_year"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_plan__in_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_plan__person_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_plan__position_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["plan.id"], name=op.f("fk_plan__replaces_id")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_plan__set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint(
            "person_id", "position_id", "year", "version", name=op.f("uq_plan__person_id_position_id_year_version")
        ),
        info={"scope": "record"},
    )
    op.create_index("ix_plan__person_id", "plan", ["person_id", "starts_on", "id"], unique=False)
    op.create_index(op.f("ix_plan__position_id"), "plan", ["position_id"], unique=False)
    op.create_index(
        "uq_plan__active",
        "plan",
        ["person_id", "position_id", "year"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("results_index", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("behaviour_index", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("results_rating", sa.Text(), nullable=False),
        sa.Column("behaviour_rating", sa.Text(), nullable=False),
        sa.Column("predikat", sa.Text(), nullable=False),
        sa.Column("predikat_rank", sa.Integer(), nullable=False),
        sa.Column("low", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("evidence_source", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("evaluated_by", sa.BigInteger(), nullable=False),
        sa.Column("evaluated_on", sa.Date(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "behaviour_rating IN ('DI_ATAS', 'SESUAI', 'DI_BAWAH')", name=op.f("ck_evaluation__behaviour_rating")
        ),
        sa.CheckConstraint("kind IN ('BULANAN', 'TRIWULAN', 'TAHUNAN')", name=op.f("ck_evaluation__kind")),
        sa.CheckConstraint(
            "predikat IN ('SANGAT_BAIK', 'BAIK', 'BUTUH_PERBAIKAN', 'KURANG', 'SANGAT_KURANG')",
            name=op.f("ck_evaluation__predikat"),
        ),
        sa.CheckConstraint(
            "results_rating IN ('DI_ATAS', 'SESUAI', 'DI_BAWAH')", name=op.f("ck_evaluation__results_rating")
        ),
        sa.CheckConstraint("behaviour_index BETWEEN 0 AND 120", name=op.f("ck_evaluation__behaviour_index")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_evaluation__in_order")),
        sa.CheckConstraint("results_index BETWEEN 0 AND 120", name=op.f("ck_evaluation__results_index")),
        sa.CheckConstraint("score BETWEEN 0 AND 120", name=op.f("ck_evaluation__score")),
        sa.ForeignKeyConstraint(["evaluated_by"], ["person.id"], name=op.f("fk_evaluation__evaluated_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_evaluation__person_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_evaluation__plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        info={"scope": "record"},
    )
    op.create_index("ix_evaluation__person_id", "evaluation", ["person_id", "ends_on", "id"], unique=False)
    op.create_index("ix_evaluation__recorded_on", "evaluation", ["recorded_on"], unique=False)
    op.create_index(
        "uq_evaluation__current",
        "evaluation",
        ["plan_id", "kind", "starts_on"],
        unique=True,
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "model_metric",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("low", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("high", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_metric__model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_metric")),
        sa.UniqueConstraint("model_id", "name", name=op.f("uq_model_metric__model_id_name")),
        info={"scope": "public"},
    )
    op.create_table(
        "plan_result",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("supports_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('UTAMA', 'TAMBAHAN')", name=op.f("ck_plan_result__kind")),
        sa.CheckConstraint("supports_id <> id", name=op.f("ck_plan_result__supports")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_result__plan_id")),
        sa.ForeignKeyConstraint(["supports_id"], ["plan_result.id"], name=op.f("fk_plan_result__supports_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_result")),
        sa.UniqueConstraint("plan_id", "ordinal", name=op.f("uq_plan_result__plan_id_ordinal")),
        info={"scope": "parent", "owner": "plan_id"},
    )
    op.create_index(op.f("ix_plan_result__supports_id"), "plan_result", ["supports_id"], unique=False)
    op.create_table(
        "scoring_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("cutoff_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("inputs_sha256", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("label IN ('LOW_NEXT_PERIOD')", name=op.f("ck_scoring_run__label")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_scoring_run__in_order")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_scoring_run__model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_run")),
        sa.UniqueConstraint(
            "model_id", "cutoff_on", "inputs_sha256", name=op.f("uq_scoring_run__model_id_cutoff_on_inputs_sha256")
        ),
        info={"scope": "public"},
    )
    op.create_table(
        "assignment_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("seated", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source IN ('LOTTERY', 'ENOUGH_SEATS', 'VOLUNTEER')", name=op.f("ck_assignment_batch__source")
        ),
        sa.CheckConstraint("seated BETWEEN 0 AND eligible", name=op.f("ck_assignment_batch__seated")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_assignment_batch__decided_by")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_assignment_batch__programme_id")),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_assignment_batch__run_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_assignment_batch__session_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assignment_batch__unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_batch")),
        info={"scope": "training"},
    )
    op.create_index("ix_assignment_batch__decided_at", "assignment_batch", ["decided_at", "id"], unique=False)
    op.create_index(op.f("ix_assignment_batch__programme_id"), "assignment_batch", ["programme_id"], unique=False)
    op.create_index(op.f("ix_assignment_batch__session_id"), "assignment_batch", ["session_id"], unique=False)
    op.create_table(
        "plan_indicator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("result_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=True),
        sa.Column("perspective", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("aggregation", sa.Text(), nullable=False),
        sa.Column("target", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("target_q1", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("target_q2", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("target_q3", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("target_q4", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.CheckConstraint("aggregation IN ('SUM', 'LAST', 'AVERAGE')", name=op.f("ck_plan_indicator__aggregation")),
        sa.CheckConstraint(
            "aspect IN ('KUANTITAS', 'KUALITAS', 'WAKTU', 'BIAYA')", name=op.f("ck_plan_indicator__aspect")
        ),
        sa.CheckConstraint("direction IN ('HIGHER', 'LOWER')", name=op.f("ck_plan_indicator__direction")),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"], name=op.f("fk_plan_indicator__indicator_id")),
        sa.ForeignKeyConstraint(["result_id"], ["plan_result.id"], name=op.f("fk_plan_indicator__result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_indicator")),
        sa.UniqueConstraint("result_id", "ordinal", name=op.f("uq_plan_indicator__result_id_ordinal")),
        info={"scope": "parent", "owner": "result_id"},
    )
    op.create_index(op.f("ix_plan_indicator__indicator_id"), "plan_indicator", ["indicator_id"], unique=False)
    op.create_table(
        "published_run",
        sa.Column("label", sa.Text(collation="C"), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("label IN ('LOW_NEXT_PERIOD')", name=op.f("ck_published_run__label")),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_published_run__run_id")),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_published_run")),
        info={"scope": "public"},
    )
    op.create_table(
        "risk_score",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Numeric(precision=7, scale=6), nullable=True),
        sa.Column("low", sa.Numeric(precision=7, scale=6), nullable=True),
        sa.Column("high", sa.Numeric(precision=7, scale=6), nullable=True),
        sa.Column("logit", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("hindered", sa.Boolean(), nullable=False),
        sa.Column("evaluations_known", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "abstained IN ('TOO_FEW_EVALUATIONS', 'OUTSIDE_WHAT_THE_MODEL_SAW')",
            name=op.f("ck_risk_score__abstained"),
        ),
        sa.CheckConstraint("band IN ('HIGH', 'ELEVATED', 'LOW', 'UNKNOWN')", name=op.f("ck_risk_score__band")),
        sa.CheckConstraint(
            "(probability IS NULL) = (abstained IS NOT NULL)", name=op.f("ck_risk_score__abstained_or_scored")
        ),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_risk_score__probability")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["person.id"], name=op.f("fk_risk_score__appraiser_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_risk_score__person_id")),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_risk_score__run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_score")),
        sa.UniqueConstraint("person_id", "run_id", name=op.f("uq_risk_score__person_id_run_id")),
        sa.UniqueConstraint("run_id", "rank", name=op.f("uq_risk_score__run_id_rank")),
        info={"scope": "risk"},
    )
    op.create_index("ix_risk_score__appraiser_id", "risk_score", ["run_id", "appraiser_id", "rank"], unique=False)
    op.create_index("ix_risk_score__unit_path", "risk_score", ["run_id", "unit_path"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        sa.Column("score_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("waiting_place", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(waiting_place IS NOT NULL) = (status = 'WAITING')", name=op.f("ck_assignment__waiting_place")
        ),
        sa.CheckConstraint("source IN ('LOTTERY', 'ENOUGH_SEATS', 'VOLUNTEER')", name=op.f("ck_assignment__source")),
        sa.CheckConstraint(
            "status IN ('ASSIGNED', 'WAITING', 'ATTENDED', 'ABSENT', 'CANCELLED')", name=op.f("ck_assignment__status")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["assignment_batch.id"], name=op.f("fk_assignment__batch_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_assignment__decided_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment__person_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_assignment__programme_id")),
        sa.ForeignKeyConstraint(["score_id"], ["risk_score.id"], name=op.f("fk_assignment__score_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_assignment__session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("session_id", "person_id", name=op.f("uq_assignment__session_id_person_id")),
        info={"scope": "record"},
    )
    op.create_index("ix_assignment__batch_id", "assignment", ["batch_id", "draw", "id"], unique=False)
    op.create_index("ix_assignment__person_id", "assignment", ["person_id", "decided_at", "id"], unique=False)
    op.create_table(
        "eligibility",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("score_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("seated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["assignment_batch.id"], name=op.f("fk_eligibility__batch_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_eligibility__person_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_eligibility__programme_id")),
        sa.ForeignKeyConstraint(["score_id"], ["risk_score.id"], name=op.f("fk_eligibility__score_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility")),
        sa.UniqueConstraint("batch_id", "draw", name=op.f("uq_eligibility__batch_id_draw")),
        sa.UniqueConstraint(
            "programme_id", "person_id", "starts_on", name=op.f("uq_eligibility__programme_id_person_id_starts_on")
        ),
        info={"scope": "nobody"},
    )
    op.create_index(op.f("ix_eligibility__person_id"), "eligibility", ["person_id"], unique=False)
    op.create_table(
        "risk_reason",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("score_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("term", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("help", sa.Text(), nullable=True),
        sa.Column("changeable", sa.Boolean(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("help IN ('CANNOT', 'UNAWARE', 'HINDERED', 'CONTEXT')", name=op.f("ck_risk_reason__help")),
        sa.ForeignKeyConstraint(["score_id"], ["risk_score.id"], name=op.f("fk_risk_reason__score_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_reason")),
        sa.UniqueConstraint("score_id", "ordinal", name=op.f("uq_risk_reason__score_id_ordinal")),
        info={"scope": "parent", "owner": "score_id"},
    )
    op.create_table(
        "training_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=True),
        sa.Column("appraiser_id", sa.BigInteger(), nullable=True),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("assignment_id", sa.BigInteger(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("jp", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(collation="C"), nullable=False),
        sa.Column("certificate", sa.Text(collation="C"), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('PASSED', 'FAILED', 'WITHDRAWN', 'DEFERRED')", name=op.f("ck_training_record__outcome")
        ),
        sa.CheckConstraint("jp >= 0", name=op.f("ck_training_record__jp")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_training_record__assignment_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_training_record__person_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_training_record__programme_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_training_record__session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_record")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_training_record__assignment_id")),
        sa.UniqueConstraint(
            "organiser", "year", "certificate", name=op.f("uq_training_record__organiser_year_certificate")
        ),
        info={"scope": "record"},
    )
    op.create_index(
        "ix_training_record__person_id", "training_record", ["person_id", "completed_on", "id"], unique=False
    )
    op.create_index(op.f("ix_training_record__programme_id"), "training_record", ["programme_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_training_record__programme_id"), table_name="training_record")
    op.drop_index("ix_training_record__person_id", table_name="training_record")
    op.drop_table("training_record")
    op.drop_table("risk_reason")
    op.drop_index(op.f("ix_eligibility__person_id"), table_name="eligibility")
    op.drop_table("eligibility")
    op.drop_index("ix_assignment__person_id", table_name="assignment")
    op.drop_index("ix_assignment__batch_id", table_name="assignment")
    op.drop_table("assignment")
    op.drop_index("ix_risk_score__unit_path", table_name="risk_score")
    op.drop_index("ix_risk_score__appraiser_id", table_name="risk_score")
    op.drop_table("risk_score")
    op.drop_table("published_run")
    op.drop_index(op.f("ix_plan_indicator__indicator_id"), table_name="plan_indicator")
    op.drop_table("plan_indicator")
    op.drop_index(op.f("ix_assignment_batch__session_id"), table_name="assignment_batch")
    op.drop_index(op.f("ix_assignment_batch__programme_id"), table_name="assignment_batch")
    op.drop_index("ix_assignment_batch__decided_at", table_name="assignment_batch")
    op.drop_table("assignment_batch")
    op.drop_table("scoring_run")
    op.drop_index(op.f("ix_plan_result__supports_id"), table_name="plan_result")
    op.drop_table("plan_result")
    op.drop_table("model_metric")
    op.drop_index("uq_evaluation__current", table_name="evaluation", postgresql_where=sa.text("current"))
    op.drop_index("ix_evaluation__recorded_on", table_name="evaluation")
    op.drop_index("ix_evaluation__person_id", table_name="evaluation")
    op.drop_table("evaluation")
    op.drop_index("uq_plan__active", table_name="plan", postgresql_where=sa.text("active"))
    op.drop_index(op.f("ix_plan__position_id"), table_name="plan")
    op.drop_index("ix_plan__person_id", table_name="plan")
    op.drop_table("plan")
    op.drop_table("person_attribute")
    op.drop_table("monitoring")
    op.drop_index("uq_model__champion", table_name="model", postgresql_where=sa.text("status = 'CHAMPION'"))
    op.drop_table("model")
    op.drop_table("job")
    op.drop_index("ix_incumbency__position_id", table_name="incumbency")
    op.drop_index("ix_incumbency__person_id", table_name="incumbency")
    op.drop_table("incumbency")
    op.drop_index("ix_audit_entry__person_id", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index("ix_appraiser_line__person_id", table_name="appraiser_line")
    op.drop_index("ix_appraiser_line__appraiser_id", table_name="appraiser_line")
    op.drop_table("appraiser_line")
    op.drop_index(op.f("ix_position_indicator__indicator_id"), table_name="position_indicator")
    op.drop_table("position_indicator")
    op.drop_index("ix_person__unit_path", table_name="person")
    op.drop_index(op.f("ix_person__unit_id"), table_name="person")
    op.drop_index(op.f("ix_person__position_id"), table_name="person")
    op.drop_index("ix_person__name_words", table_name="person", postgresql_using="gin")
    op.drop_index("ix_person__name", table_name="person")
    op.drop_index(op.f("ix_person__appraiser_id"), table_name="person")
    op.drop_table("person")
    op.drop_table("effect_period")
    op.drop_index(op.f("ix_unit_placement__parent_id"), table_name="unit_placement")
    op.drop_table("unit_placement")
    op.drop_index("ix_session__starts_on", table_name="session")
    op.drop_index("ix_session__programme_id", table_name="session")
    op.drop_table("session")
    op.drop_index("ix_position__unit_path", table_name="position")
    op.drop_index(op.f("ix_position__unit_id"), table_name="position")
    op.drop_index("ix_position__title", table_name="position")
    op.drop_table("position")
    op.drop_index("uq_effect_study__current", table_name="effect_study", postgresql_where=sa.text("current"))
    op.drop_table("effect_study")
    op.drop_index(op.f("ix_unit__parent_id"), table_name="unit")
    op.drop_index("ix_unit__name", table_name="unit")
    op.drop_table("unit")
    op.drop_index("ix_programme__name", table_name="programme")
    op.drop_table("programme")
    op.drop_table("parameter")
    op.drop_index("ix_indicator__name", table_name="indicator")
    op.drop_table("indicator")
    op.drop_table("command_key")
    op.drop_table("business_date")
