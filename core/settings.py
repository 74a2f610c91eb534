"""What is configured? Every environment variable the desk reads, with its default, in one table."""

import base64
import ipaddress
import secrets as random_secrets
import tomllib
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core import errors

REPLICATE_API_URL = "https://api.replicate.com"
SECRET_MIN_LENGTH = 16
_SIGN_IN_NEEDS = ("redirect_uri", "client_id", "client_secret", "server_metadata_url")
_SIGN_IN_SENTENCE = (
    f"sign-in must be configured as [auth] in .streamlit/secrets.toml, with {', '.join(_SIGN_IN_NEEDS)} and a "
    f"cookie_secret of at least {SECRET_MIN_LENGTH} characters"
)


class Settings(BaseSettings):
    """The environment, and `.env` in the working directory, as typed values. Units are in the names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True)

    replicate_api_token: SecretStr | None = Field(default=None, validation_alias="REPLICATE_API_TOKEN")
    replicate_base_url: str = Field(default=REPLICATE_API_URL, validation_alias="REPLICATE_BASE_URL")
    replicate_webhook_secret: SecretStr | None = Field(default=None, validation_alias="REPLICATE_WEBHOOK_SECRET")

    env: Literal["development", "production"] = Field(default="development", validation_alias="STAGING_ENV")
    role: Literal["all", "pages"] = Field(default="all", validation_alias="STAGING_ROLE")
    public_url: str | None = Field(default=None, validation_alias="STAGING_PUBLIC_URL")
    allow_http_webhooks: bool = Field(default=False, validation_alias="STAGING_ALLOW_HTTP_WEBHOOKS")
    secret: SecretStr | None = Field(default=None, validation_alias="STAGING_SECRET")

    metrics_token: SecretStr | None = Field(default=None, validation_alias="STAGING_METRICS_TOKEN")

    data_dir: Path = Field(default=Path("data"), validation_alias="STAGING_DATA_DIR")
    database_url: str | None = Field(default=None, validation_alias="STAGING_DATABASE_URL")
    storage_url: str | None = Field(default=None, validation_alias="STAGING_STORAGE_URL")

    simulator_seconds: float = Field(default=6.0, ge=0, le=3600, validation_alias="STAGING_SIMULATOR_SECONDS")
    job_timeout_seconds: int = Field(default=300, ge=5, le=86_400, validation_alias="STAGING_JOB_TIMEOUT_SECONDS")
    creates_per_minute: int = Field(default=600, ge=1, le=1_000_000, validation_alias="STAGING_CREATES_PER_MINUTE")
    create_burst: int = Field(default=60, ge=1, validation_alias="STAGING_CREATE_BURST")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, given: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in given.items() if not (isinstance(value, str) and not value.strip())}

    @field_validator("public_url", "replicate_base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else value

    @field_validator("replicate_webhook_secret")
    @classmethod
    def _is_signing_secret(cls, value: SecretStr | None) -> SecretStr | None:
        # With one that can't be decoded every webhook would be refused, and nobody would be told why.
        for secret in _listed(value):
            try:
                is_usable = bool(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
            except ValueError:
                is_usable = False
            if not is_usable:
                raise ValueError("a signing secret is whsec_ followed by base64, several are divided by commas")
        return value

    @property
    def is_production(self) -> bool:
        """Whether the strict rules of production hold."""
        return self.env == "production"

    @property
    def is_demo(self) -> bool:
        """Whether the built-in simulator draws instead of Replicate."""
        return self.replicate_api_token is None

    @property
    def has_own_simulator(self) -> bool:
        """Whether this desk brings the simulator with it, rather than being pointed at one that runs elsewhere."""
        return self.is_demo and self.replicate_base_url == REPLICATE_API_URL

    @property
    def resolved_database_url(self) -> str:
        """The SQLAlchemy URL: the one given, with psycopg 3 as PostgreSQL's driver, or SQLite in the data folder."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.resolve() / 'staging.sqlite'}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url

    @property
    def resolved_storage_url(self) -> str:
        """Where files live: the URL given (file:///… or s3://…), or a folder in the data folder."""
        return self.storage_url or (self.data_dir.resolve() / "files").as_uri()

    @property
    def webhook_base_url(self) -> str | None:
        """The address Replicate may call, or None where it can't: it takes https only."""
        if self.public_url is None:
            return None
        scheme = urlsplit(self.public_url).scheme
        allowed = scheme == "https" or (scheme == "http" and self.allow_http_webhooks and not self.is_production)
        return self.public_url if allowed else None

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The configured signing secrets, newest first as given; empty when they are to be fetched."""
        return _listed(self.replicate_webhook_secret)

    @cached_property
    def signing_secret(self) -> str:
        """The key that signs file links: STAGING_SECRET, or one made once and kept in the data folder."""
        if self.secret is not None:
            return self.secret.get_secret_value()
        path = self.data_dir / "secret"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            # Linked when it is complete: a process that starts at the same time must never read half a secret.
            unfinished = path.with_name(f"secret-{random_secrets.token_hex(8)}")
            unfinished.touch(mode=0o600)
            unfinished.write_text(random_secrets.token_urlsafe(32))
            with suppress(FileExistsError):
                path.hardlink_to(unfinished)
            unfinished.unlink()
        return path.read_text().strip()

    def secret_values(self) -> list[str]:
        """Every configured secret, so that the logs can keep them out."""
        given = (self.replicate_api_token, self.replicate_webhook_secret, self.secret, self.metrics_token)
        values = [value.get_secret_value() for value in given if value is not None]
        password = urlsplit(self.database_url).password if self.database_url else None
        return [*values, *self.webhook_secrets, *([password] if password else [])]

    def require_startable(self, *, secrets_file: Path = Path(".streamlit/secrets.toml")) -> None:
        """Refuse to start in production without what production needs.

        Raises:
            ConfigurationError: naming every setting that is missing.
        """
        if not self.is_production:
            return
        missing = [
            sentence
            for sentence, fulfilled in {
                "REPLICATE_API_TOKEN must be set": not self.is_demo,
                "STAGING_PUBLIC_URL must be a public https address": _is_public_https(self.public_url),
                f"STAGING_SECRET must be set to at least {SECRET_MIN_LENGTH} characters": self.secret is not None
                and len(self.secret.get_secret_value()) >= SECRET_MIN_LENGTH,
                _SIGN_IN_SENTENCE: _has_sign_in(secrets_file),
            }.items()
            if not fulfilled
        ]
        if missing:
            raise errors.ConfigurationError(f"Production can't start: {'; '.join(missing)}.")


def read() -> Settings:
    """The settings of this process.

    Raises:
        ConfigurationError: naming every variable whose value can't be used, but not the value.
    """
    try:
        return Settings()
    except ValidationError as exception:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in exception.errors())
        raise errors.ConfigurationError(f"The settings can't be used: {wrong}.") from None


def _listed(secrets: SecretStr | None) -> tuple[str, ...]:
    values = secrets.get_secret_value().split(",") if secrets is not None else []
    return tuple(value.strip() for value in values if value.strip())


def _is_public_https(url: str | None) -> bool:
    parts = urlsplit(url or "")
    if parts.scheme != "https" or not parts.hostname or parts.hostname == "localhost":
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_global
    except ValueError:
        return "." in parts.hostname


def _has_sign_in(secrets_file: Path) -> bool:
    try:
        given = tomllib.loads(secrets_file.read_text()).get("auth")
    except (FileNotFoundError, tomllib.TOMLDecodeError):
        return False
    if not isinstance(given, dict):
        return False
    # Of several providers, each has a table of its own for what is about it alone.
    providers = [{**given, **one} for one in given.values() if isinstance(one, dict)] or [given]
    # Whoever can guess the cookie's secret signs themselves in as anybody.
    is_guessable = len(str(given.get("cookie_secret", ""))) < SECRET_MIN_LENGTH
    return not is_guessable and all(one.get(name) for one in providers for name in _SIGN_IN_NEEDS)
