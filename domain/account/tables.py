"""Tables of accounts; no role's own login reads them."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.account.facts import OVER_UNITS, PEOPLE
from domain.actor import Role
from domain.columns import day, in_order, instant, key, number, ref, scope, sorted_text, text


def _listed(roles: frozenset[Role]) -> str:
    return ", ".join(f"'{role}'" for role in Role if role in roles)


class AccountRow(SQLModel, table=True):
    """What one person signs in with; the password only as its Argon2id hash."""

    __tablename__ = "account"
    __table_args__ = (
        sa.CheckConstraint("failures >= 0", name="failures"),
        sa.UniqueConstraint("person_id"),
        scope("system"),
    )

    id: int = key()
    login: str = sorted_text(unique=True)
    person_id: int = ref("person.id")
    password_hash: str = text()
    password_changed_at: datetime = instant()
    failures: int = number(default=0)
    locked_until: datetime | None = instant(null=True)
    disabled_at: datetime | None = instant(null=True)


class RoleGrantRow(SQLModel, table=True):
    """That an account may act in a role in a period, unless it was taken back."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.CheckConstraint(f"role IN ({_listed(PEOPLE)})", name="role"),
        sa.CheckConstraint(f"(unit_id IS NOT NULL) = (role IN ({_listed(OVER_UNITS)}))", name="unit"),
        in_order(),
        sa.Index("ix_role_grant__account_id", "account_id"),
        scope("system"),
    )

    id: int = key()
    account_id: int = ref("account.id")
    role: Role = text()
    unit_id: int | None = ref("unit.id", null=True)
    starts_on: date = day()
    ends_on: date | None = day(null=True)
    revoked_at: datetime | None = instant(null=True)


class LoginSessionRow(SQLModel, table=True):
    """A session: a family of refresh tokens, of which the last alone is good.

    A token is the family's secret and its own; both are kept as SHA-256 only. So whoever shows the family's secret
    with another token than the last one shows a token that was used.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        sa.Index("ix_login_session__account_id", "account_id", "id"),
        sa.Index("ix_login_session__grant_id", "grant_id"),
        sa.Index("ix_login_session__revoked_at", "revoked_at", postgresql_where=sa.text("revoked_at IS NOT NULL")),
        scope("system"),
    )

    id: int = key()
    account_id: int = ref("account.id")
    grant_id: int = ref("role_grant.id")
    family_sha256: str = sorted_text(unique=True)
    refresh_sha256: str = text()
    began_at: datetime = instant()
    used_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(null=True)


class ServiceAccountRow(SQLModel, table=True):
    """What another system shows instead of signing in; `hint` is how its token begins, for people to tell it by."""

    __tablename__ = "service_account"
    __table_args__ = (scope("system"),)

    id: int = key()
    name: str = sorted_text(unique=True)
    token_sha256: str = sorted_text(unique=True)
    hint: str = text()
    unit_id: int | None = ref("unit.id", null=True)
    made_at: datetime = instant()
    expires_on: date = day()
    used_at: datetime | None = instant(null=True)
    revoked_at: datetime | None = instant(null=True)
