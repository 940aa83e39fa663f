"""Settings of the service, read from `KINERJA_…` environment variables.

docs/settings.md describes them in prose.
"""

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kinerja.errors import OperatorError
from kinerja.postgres import database

ENV_PREFIX: Final = "KINERJA_"

_MIN_SECRET_BYTES: Final = 32  # bytes: HS256 requires a key as long as its hash (RFC 7518, 3.2)
_MIN_DISTINCT_CHARACTERS: Final = 10  # distinct ones
_ORIGIN_PATTERN: Final = re.compile(r"https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?")
_WEAK_SECRETS: Final = ("demo", "secret", "changeme", "change-me", "password", "kinerja")


class Profile(StrEnum):
    """What the service is run for."""

    DEMO = "demo"
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsInvalid(OperatorError):
    """The environment holds an unusable or unknown setting."""

    exit_code = 2


class Settings(BaseSettings):
    """All settings; each field is the variable `KINERJA_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    profile: Profile = Field(default=Profile.DEMO, description="What the service is run for.")
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 15 or newer, `postgresql://…`; without it one is run in `data_dir`.",
    )
    listen_url: SecretStr | None = Field(
        default=None,
        description="The same database past a pooler, which cannot carry LISTEN; without it `database_url`.",
    )
    login_secret: SecretStr | None = Field(
        default=None,
        description="What the passwords of the roles' logins are made from; without it the server must trust them.",
    )
    audit_key: SecretStr | None = Field(
        default=None, description="Ed25519 key that signs the audit chain, 32 bytes in base64; else one is made."
    )
    data_dir: Path = Field(default=Path("var/demo"), description="Where the service keeps what it makes.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    connections: int = Field(default=10, ge=2, le=200, description="Most database connections of a process.")
    statement_timeout_ms: int = Field(default=10_000, ge=100, description="Longest statement of a request.")
    lock_timeout_ms: int = Field(default=3_000, ge=100, description="Longest wait for a lock.")
    idle_timeout_ms: int = Field(default=15_000, ge=1_000, description="Longest idleness in a transaction.")
    job_timeout_ms: int = Field(default=600_000, ge=1_000, description="Longest statement of a job.")
    worker: bool = Field(default=True, description="Whether `serve` runs the jobs too.")
    token_secret: SecretStr | None = Field(
        default=None, description="Key that signs tokens, at least 32 bytes; the demo makes its own."
    )
    sign_ins_per_minute: int = Field(
        default=60, ge=0, description="Requests to `/auth` that one address may send in a minute; 0 counts nothing."
    )
    explorer: bool | None = Field(
        default=None, description="Query page and introspection; without it: on, but off in production."
    )
    largest_page: int = Field(default=100, ge=1, le=10_000, description="Largest page that people may ask for.")
    largest_page_service: int = Field(
        default=1_000, ge=1, le=10_000, description="Largest page that service accounts may ask for."
    )
    most_nodes: int = Field(default=5_000, ge=100, description="Most things that one operation may show.")
    nodes_per_minute: int = Field(
        default=120_000, ge=0, description="Things that one principal may ask for in a minute; 0 counts nothing."
    )
    deadline_ms: int = Field(default=10_000, ge=100, description="Longest time that a request may take.")
    trusted_documents: Path | None = Field(
        default=None, description="File of trusted documents by id, as graphql-codegen, Relay or Apollo write it."
    )
    trusted_only: bool = Field(default=False, description="Whether nothing but trusted documents is answered.")
    allowed_origins: str | None = Field(
        default=None, description="Origins of web pages elsewhere that may ask, with commas between."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )

    @property
    def explorer_enabled(self) -> bool:
        """True if the query page and introspection are enabled."""
        return self.profile is not Profile.PRODUCTION if self.explorer is None else self.explorer

    @property
    def explorer_public(self) -> bool:
        """True if the query page and introspection are open to everybody.

        In production only signed-in clients may use them.
        """
        return self.explorer_enabled and self.profile is not Profile.PRODUCTION

    @property
    def origins(self) -> frozenset[str]:
        """Allowed origins of web pages (CORS)."""
        return frozenset(each.strip() for each in (self.allowed_origins or "").split(",") if each.strip())

    @property
    def login_password_secret(self) -> str | None:
        """Secret for the passwords of the roles' logins; None if the server trusts them."""
        return None if self.login_secret is None else self.login_secret.get_secret_value()

    def choose_listen_url(self, url: str) -> str:
        """Choose the LISTEN URL for a database at `url`."""
        return url if self.listen_url is None else self.listen_url.get_secret_value()

    @property
    def request_limits(self) -> database.ConnectionLimits:
        """Connection limits of requests: pool size and timeouts."""
        return database.ConnectionLimits(
            max_connections=self.connections,
            statement_timeout_ms=self.statement_timeout_ms,
            lock_timeout_ms=self.lock_timeout_ms,
            idle_timeout_ms=self.idle_timeout_ms,
            force_generic_plan=True,
        )

    @property
    def job_limits(self) -> database.ConnectionLimits:
        """Connection limits of jobs: fewer connections with longer timeouts."""
        return database.ConnectionLimits(
            max_connections=4,
            statement_timeout_ms=self.job_timeout_ms,
            lock_timeout_ms=self.job_timeout_ms,
            idle_timeout_ms=self.job_timeout_ms,
        )

    @model_validator(mode="after")
    def _require_long_secret(self) -> Self:
        secret = self.token_secret.get_secret_value() if self.token_secret else ""
        if secret and len(secret.encode()) < _MIN_SECRET_BYTES:
            raise ValueError(f"KINERJA_TOKEN_SECRET has fewer than {_MIN_SECRET_BYTES} bytes")
        return self

    @model_validator(mode="after")
    def _require_valid_origins(self) -> Self:
        for origin in self.origins:
            if not _ORIGIN_PATTERN.fullmatch(origin):
                raise ValueError(
                    f"KINERJA_ALLOWED_ORIGINS: {origin!r} is no origin such as https://app.example.go.id"
                )
        return self

    @model_validator(mode="after")
    def _require_trusted_documents(self) -> Self:
        if self.trusted_only and self.trusted_documents is None:
            raise ValueError("KINERJA_TRUSTED_ONLY needs KINERJA_TRUSTED_DOCUMENTS")
        return self

    @model_validator(mode="after")
    def _require_production_secrets(self) -> Self:
        if self.profile is not Profile.PRODUCTION:
            return self
        if self.token_secret is None:
            raise ValueError("the production profile needs KINERJA_TOKEN_SECRET")
        secrets = {
            "TOKEN_SECRET": self.token_secret,
            "LOGIN_SECRET": self.login_secret,
            "AUDIT_KEY": self.audit_key,
        }
        for name, secret in secrets.items():
            if secret is not None and _is_weak_secret(secret.get_secret_value()):
                raise ValueError(f"KINERJA_{name} is a secret of a demo; production needs a random one")
        return self


def _is_weak_secret(secret: str) -> bool:
    low = secret.lower()
    return any(low.startswith(known) for known in _WEAK_SECRETS) or len(set(secret)) < _MIN_DISTINCT_CHARACTERS


def load_settings() -> Settings:
    """Load the settings of this process.

    Raises:
        SettingsInvalid: a setting is unusable, or a variable with our prefix is unknown.
    """
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith(ENV_PREFIX) and name not in known:
            raise SettingsInvalid(f"{name} is not a setting of Kinerja; docs/settings.md lists them")
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsInvalid(_describe_validation_error(error)) from None


def _describe_validation_error(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    name = "".join(ENV_PREFIX + str(part).upper() for part in first["loc"][:1])
    return f"{name}: {message}" if name else message
