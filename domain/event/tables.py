"""Table of events."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from domain.columns import CURRENT_TRANSACTION_ID, enum_check, table_scope, text_column, timestamp_column
from domain.event.facts import EventTopic


class EventRow(SQLModel, table=True):
    """An event: topic, subject row and transaction.

    The primary key is its only index, since a row is written with each command. The subject is no foreign key: events
    are short-lived, and the subject is read anew at delivery, under the scope of the subscriber.
    """

    __tablename__ = "event"
    __table_args__ = (enum_check("topic", EventTopic), table_scope("system"))

    xid: int = Field(
        default=None,
        sa_column=sa.Column(
            sa.BigInteger, primary_key=True, autoincrement=False, server_default=CURRENT_TRANSACTION_ID
        ),
    )
    id: int = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True))
    topic: EventTopic = text_column()
    subject_id: int = Field(sa_type=sa.BigInteger)
    at: datetime = timestamp_column()
