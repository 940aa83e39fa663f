"""Tables of accounts, role grants, sessions and service accounts; invisible to all roles' logins."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.account.facts import PERSON_ROLES, UNIT_ROLES
from domain.actor import Role
from domain.columns import (
    date_column,
    date_order_check,
    foreign_key_column,
    id_column,
    integer_column,
    sorted_text_column,
    table_scope,
    text_column,
    timestamp_column,
)


def _list_roles_sql(roles: frozenset[Role]) -> str:
    return ", ".join(f"'{role}'" for role in Role if role in roles)


class AccountRow(SQLModel, table=True):
    """Account of a person; the password is stored only as its Argon2id hash."""

    __tablename__ = "account"
    __table_args__ = (
        sa.CheckConstraint("failures >= 0", name="failures"),
        sa.UniqueConstraint("person_id"),
        table_scope("system"),
    )

    id: int = id_column()
    login: str = sorted_text_column(unique=True)
    person_id: int = foreign_key_column("person.id")
    password_hash: str = text_column()
    password_changed_at: datetime = timestamp_column()
    failures: int = integer_column(default=0)
    locked_until: datetime | None = timestamp_column(null=True)
    disabled_at: datetime | None = timestamp_column(null=True)


class RoleGrantRow(SQLModel, table=True):
    """A role granted to an account for a period, until revoked."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.CheckConstraint(f"role IN ({_list_roles_sql(PERSON_ROLES)})", name="role"),
        sa.CheckConstraint(f"(unit_id IS NOT NULL) = (role IN ({_list_roles_sql(UNIT_ROLES)}))", name="unit"),
        date_order_check(),
        sa.Index("ix_role_grant__account_id", "account_id"),
        table_scope("system"),
    )

    id: int = id_column()
    account_id: int = foreign_key_column("account.id")
    role: Role = text_column()
    unit_id: int | None = foreign_key_column("unit.id", null=True)
    starts_on: date = date_column()
    ends_on: date | None = date_column(null=True)
    revoked_at: datetime | None = timestamp_column(null=True)


class LoginSessionRow(SQLModel, table=True):
    """A login session: a family of refresh tokens, of which the latest alone is valid.

    A token consists of the family's secret and its own; both are stored as SHA-256 only. The family's secret with any
    other token than the latest therefore reveals a reused token.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        sa.Index("ix_login_session__account_id", "account_id", "id"),
        sa.Index("ix_login_session__grant_id", "grant_id"),
        sa.Index("ix_login_session__revoked_at", "revoked_at", postgresql_where=sa.text("revoked_at IS NOT NULL")),
        table_scope("system"),
    )

    id: int = id_column()
    account_id: int = foreign_key_column("account.id")
    grant_id: int = foreign_key_column("role_grant.id")
    family_sha256: str = sorted_text_column(unique=True)
    refresh_sha256: str = text_column()
    began_at: datetime = timestamp_column()
    used_at: datetime = timestamp_column()
    expires_at: datetime = timestamp_column()
    revoked_at: datetime | None = timestamp_column(null=True)


class ServiceAccountRow(SQLModel, table=True):
    """Account of another system; `hint` is the readable beginning of its token."""

    __tablename__ = "service_account"
    __table_args__ = (table_scope("system"),)

    id: int = id_column()
    name: str = sorted_text_column(unique=True)
    token_sha256: str = sorted_text_column(unique=True)
    hint: str = text_column()
    unit_id: int | None = foreign_key_column("unit.id", null=True)
    made_at: datetime = timestamp_column()
    expires_on: date = date_column()
    used_at: datetime | None = timestamp_column(null=True)
    revoked_at: datetime | None = timestamp_column(null=True)
