"""Column shapes shared by tables, so a key, a reference or an amount is the same everywhere."""

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
"""Characters joining words for PostgreSQL's parser, not for a reader."""

CURRENT_TRANSACTION_ID = sa.text("(pg_current_xact_id()::text)::bigint")
"""The full number of the running transaction: it grows with each one and never wraps around."""


def id_column() -> Any:
    """A bigint identity; a loader may bring its own numbers."""
    return Field(default=None, sa_column=sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))


def next_id(table: str) -> sa.ColumnElement[int]:
    """The next key of a table, taken before its row is written, so others can name it at once."""
    return sa.func.nextval(sa.literal_column(f"'{table}_id_seq'::regclass"), type_=sa.BigInteger)


def foreign_key_column(target: str, *, null: bool = False, index: bool = False, primary: bool = False) -> Any:
    """A reference to another table's key, for example `ref("person.id")`."""
    column = sa.Column(sa.BigInteger, sa.ForeignKey(target), nullable=null, index=index or None, primary_key=primary)
    return Field(default=None if null else ..., sa_column=column)


def current_appraiser_column() -> Any:
    """The key of a person's appraiser of today, copied from their own row so scope needs no join.

    No reference: the copy is kept true by whatever moves people, and a check on millions of rows would only repeat
    the one that the person's row has.
    """
    return Field(default=None, sa_column=sa.Column(sa.BigInteger, nullable=True))


def text_column(*, null: bool = False, unique: bool = False) -> Any:
    """Text for people to read, in the database's own order."""
    return Field(default=None if null else ..., sa_column=sa.Column(sa.Text, nullable=null, unique=unique or None))


def sorted_text_column(*, null: bool = False, unique: bool = False, primary: bool = False) -> Any:
    """Text ordered or range-compared: collation "C", so an index serves both."""
    column = sa.Column(sa.Text(collation="C"), nullable=null, unique=unique or None, primary_key=primary)
    return Field(default=None if null else ..., sa_column=column)


def search_vector(column: Any) -> Any:
    """The words of a text, as SQL, by whose beginnings it is found.

    PostgreSQL's parser takes `S.Pd.` and `Guru/Dosen` for a host and a path, each one word; so what joins words
    becomes a blank first.
    """
    spaced = sa.func.translate(column, WORD_JOINERS, " " * len(WORD_JOINERS))
    return sa.func.to_tsvector(sa.literal_column("'simple'::regconfig"), spaced)


def search_vector_index(name: str, column: str) -> sa.Index:
    """An index by the words of a text column."""
    return sa.Index(name, sa.text(_search_vector_sql(column)), postgresql_using="gin")


def search_vector_column(column: str) -> Any:
    """The words of a text column of the same table, kept by the database.

    For a table with row security, which keeps a search from the index: it compares the words of each row in sight.
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
    """A moment, with time zone."""
    return Field(default=None if null else ..., sa_column=sa.Column(sa.DateTime(timezone=True), nullable=null))


def integer_column(*, null: bool = False, default: int | None = None) -> Any:
    """A whole number of ordinary size."""
    return Field(
        default=default if default is not None else (None if null else ...),
        sa_column=sa.Column(sa.Integer, nullable=null, server_default=None if default is None else str(default)),
    )


def boolean_column(*, default: bool | None = None) -> Any:
    """Yes or no."""
    server_default = None if default is None else sa.text(str(default).lower())
    return Field(
        default=... if default is None else default,
        sa_column=sa.Column(sa.Boolean, nullable=False, server_default=server_default),
    )


def numeric_column(precision: int, scale: int, *, null: bool = False) -> Any:
    """An exact number: `decimal(5, 2)` for indices and scores of 0…120."""
    return Field(default=None if null else ..., sa_column=sa.Column(sa.Numeric(precision, scale), nullable=null))


def json_column(*, null: bool = False) -> Any:
    """JSON read whole."""
    return Field(default=None if null else ..., sa_column=sa.Column(JSONB, nullable=null))


def enum_check(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    """A check that a text column holds one of an enumeration's values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def date_order_check(starts: str = "starts_on", ends: str = "ends_on") -> sa.CheckConstraint:
    """A check that a period does not end before it starts."""
    return sa.CheckConstraint(f"{ends} >= {starts}", name="in_order")


def no_overlap_constraint(*columns: str, where: str | None = None) -> ExcludeConstraint:
    """At most one row per combination of bigint columns on any day of `starts_on`…`ends_on`, both inclusive.

    Written over `int8range`, since the embedded PostgreSQL carries no btree_gist.
    """
    return ExcludeConstraint(
        *((sa.text(f"int8range({column}, {column}, '[]')"), "&&") for column in columns),
        (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
        name="one_at_a_time",
        using="gist",
        where=sa.text(where) if where else None,
    )


def table_scope(name: str, **columns: str) -> dict[str, Any]:
    """Scope of a table: the last member of `__table_args__`; see `domain/access/scopes.py`.

    Args:
        name: the scope.
        columns: `owner` is the column naming the owner of a row of scope `parent`, `decided` who decided the row,
            `line` today's appraiser where that is not `appraiser_id`, `person` of whom the row is where that is not
            `person_id`.
    """
    return {"info": {"scope": name, **columns}}
