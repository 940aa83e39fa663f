"""Table of idempotency keys."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import (
    sorted_text_column,
    table_scope,
    text_column,
    timestamp_column,
)


class CommandKeyRow(SQLModel, table=True):
    """A used `clientMutationKey`: hash of its request, and key of the result."""

    __tablename__ = "command_key"
    __table_args__ = (table_scope("system"),)

    principal: str = sorted_text_column(primary=True)
    mutation: str = sorted_text_column(primary=True)
    client_key: str = sorted_text_column(primary=True)
    asked_sha256: str = text_column()
    result_id: int | None = Field(default=None, sa_type=sa.BigInteger)
    used_at: datetime = timestamp_column()
