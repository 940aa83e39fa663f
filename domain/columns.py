"""Column definitions shared by tables: keys, references, amounts, checks and scopes.

A key, a reference or an amount is defined alike everywhere.
"""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, ExcludeConstraint
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s__%(column_0_N_name)s",
    "uq": "uq_%(table_name)s__%(column_0_N_name)s",
    "ck": "ck_%(table_name)s__%(constraint_name)s",
    "fk": "fk_%(table_name)s__%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    ExcludeConstraint: "ex_%(table_name)s__%(constraint_name)s",
}

WORD_JOINERS = "./@:-+_~"
"""Characters joining words for PostgreSQL's parser, but not for a reader."""

CURRENT_TRANSACTION_ID = sa.text("(pg_current_xact_id()::text)::bigint")
"""The 64-bit id of the running transaction: increasing, without wraparound."""


def id_column() -> Any:
    """A bigint identity key; a loader may supply its own values."""
    return Field(default=None, sa_column=sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))


def next_id(table: str) -> sa.ColumnElement[int]:
    """The next key of a table, drawn before its row is written.

    Other rows of the transaction can refer to it at once.
    """
    return sa.func.nextval(sa.literal_column(f"'{table}_id_seq'::regclass"), type_=sa.BigInteger)


def foreign_key_column(target: str, *, null: bool = False, index: bool = False, primary: bool = False) -> Any:
    """A foreign key to another table, for example `foreign_key_column("person.id")`."""
    column = sa.Column(sa.BigInteger, sa.ForeignKey(target), nullable=null, index=index or None, primary_key=primary)
    return Field(default=None if null else ..., sa_column=column)


def current_appraiser_column() -> Any:
    """The key of a person's current appraiser, replicated so that scopes need no join.

    It is no foreign key: triggers keep the replica equal to the person's row, and a check on millions of rows would
    only repeat the check of that row.
    """
    return Field(default=None, sa_column=sa.Column(sa.BigInteger, nullable=True))


def text_column(*, null: bool = False, unique: bool = False) -> Any:
    """Text for display, in the database's own collation."""
    return Field(default=None if null else ..., sa_column=sa.Column(sa.Text, nullable=null, unique=unique or None))


def sorted_text_column(*, null: bool = False, unique: bool = False, primary: bool = False) -> Any:
    """Text for ordering and range comparison: collation "C", so one index serves both."""
    column = sa.Column(sa.Text(collation="C"), nullable=null, unique=unique or None, primary_key=primary)
    return Field(default=None if null else ..., sa_column=column)


def search_vector(column: Any) -> Any:
    """SQL of the search vector (tsvector) of a text, for prefix search by word.

    PostgreSQL's parser takes `S.Pd.` for a host and `Guru/Dosen` for a path, each one word; so characters joining
    words are first replaced by blanks.
    """
    spaced = sa.func.translate(column, WORD_JOINERS, " " * len(WORD_JOINERS))
    return sa.func.to_tsvector(sa.literal_column("'simple'::regconfig"), spaced)


def search_vector_index(name: str, column: str) -> sa.Index:
    """A GIN index over the search vector of a text column."""
    return sa.Index(name, sa.text(_search_vector_sql(column)), postgresql_using="gin")


def search_vector_column(column: str) -> Any:
    """A generated column with the search vector of another column of the table.

    It is for tables with row-level security, under which a search cannot use the index: the search compares the words
    of each visible row instead.
    """
    made = sa.Computed(_search_vector_sql(column), persisted=True)
    return Field(default=None, sa_column=sa.Column(TSVECTOR, made, nullable=True))


def _search_vector_sql(column: str) -> str:
    blanks = " " * len(WORD_JOINERS)
    return f"to_tsvector('simple'::regconfig, translate({column}, '{WORD_JOINERS}', '{blanks}'))"


def date_column(*, null: bool = False) -> Any:
    """A calendar day in Asia/Jakarta."""
    return Field(default=None if null else ..., sa_column=sa.Column(sa.Date, nullable=null))


def timestamp_column(*, null: bool = False) -> Any:
    """An instant, with time zone."""
    return Field(default=None if null else ..., sa_column=sa.Column(sa.DateTime(timezone=True), nullable=null))


def integer_column(*, null: bool = False, default: int | None = None) -> Any:
    """A 32-bit integer."""
    return Field(
        default=default if default is not None else (None if null else ...),
        sa_column=sa.Column(sa.Integer, nullable=null, server_default=None if default is None else str(default)),
    )


def boolean_column(*, default: bool | None = None) -> Any:
    """A boolean, never null."""
    server_default = None if default is None else sa.text(str(default).lower())
    return Field(
        default=... if default is None else default,
        sa_column=sa.Column(sa.Boolean, nullable=False, server_default=server_default),
    )


def numeric_column(precision: int, scale: int, *, null: bool = False) -> Any:
    """An exact number: `numeric_column(5, 2)` for indices and scores of 0…120."""
    return Field(default=None if null else ..., sa_column=sa.Column(sa.Numeric(precision, scale), nullable=null))


def json_column(*, null: bool = False) -> Any:
    """JSON, always read as a whole."""
    return Field(default=None if null else ..., sa_column=sa.Column(JSONB, nullable=null))


def enum_check(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    """CHECK constraint: a text column holds a value of an enumeration."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def date_order_check(starts: str = "starts_on", ends: str = "ends_on") -> sa.CheckConstraint:
    """CHECK constraint: a period does not end before it starts."""
    return sa.CheckConstraint(f"{ends} >= {starts}", name="in_order")


def no_overlap_constraint(*columns: str, where: str | None = None) -> ExcludeConstraint:
    """Exclusion constraint: at most one row per combination of bigint columns on any day.

    The days are `starts_on`…`ends_on`, both inclusive. It is written over `int8range`, since the embedded PostgreSQL
    carries no btree_gist.
    """
    return ExcludeConstraint(
        *((sa.text(f"int8range({column}, {column}, '[]')"), "&&") for column in columns),
        (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
        name="one_at_a_time",
        using="gist",
        where=sa.text(where) if where else None,
    )


def table_scope(name: str, **columns: str) -> dict[str, Any]:
    """Scope of a table, as the last member of `__table_args__`; see `domain/access/scopes.py`.

    Args:
        name: the scope.
        columns: names of columns with a meaning for the scope. `owner` refers to the owning row in scope `parent`;
            `decided` holds the decider of the row; `line` is today's appraiser if not in `appraiser_id`; `person` is
            the person of the row if not in `person_id`.
    """
    return {"info": {"scope": name, **columns}}
