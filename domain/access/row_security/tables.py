"""Table of the installed row-level security."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import table_scope, text_column


class RowSecurityRow(SQLModel, table=True):
    """The installation: prefix of its logins' names, and hash of its policies and grants.

    The prefix is stored because roles belong to the cluster: a copy of the database under another name uses the same
    logins.
    """

    __tablename__ = "wall"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"), table_scope("system"))

    id: int = Field(default=1, sa_type=sa.Integer, primary_key=True)
    prefix: str = text_column()
    sha256: str = text_column()
