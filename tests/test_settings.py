"""Is the environment read as documented, and is unsafe production refused by the name of what is missing?"""

import stat
from pathlib import Path

import pytest

from core import errors
from core import settings as core_settings
from core.settings import Settings
from tests import factories

SAFE = {
    "REPLICATE_API_TOKEN": "r8_token_of_the_tests",
    "STAGING_PUBLIC_URL": "https://desk.example.com",
    "STAGING_SECRET": "a-secret-of-sixteen-characters",
    "STAGING_ENV": "production",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return core_settings.read()


SIGN_IN = """[auth]
redirect_uri = "https://desk.example.com/oauth2callback"
cookie_secret = "sixteen or more characters"
client_id = "a"
client_secret = "b"
server_metadata_url = "https://id.example.com/.well-known/openid-configuration"
"""
TWO_PROVIDERS = """[auth]
redirect_uri = "https://desk.example.com/oauth2callback"
cookie_secret = "sixteen or more characters"
[auth.ours]
client_id = "a"
client_secret = "b"
server_metadata_url = "https://id.example.com/.well-known/openid-configuration"
[auth.theirs]
client_id = "c"
client_secret = "d"
server_metadata_url = "https://elsewhere.example.com/.well-known/openid-configuration"
"""


def sign_in(folder: Path, text: str = SIGN_IN) -> Path:
    path = folder / ".streamlit" / "secrets.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_without_any_setting_it_is_a_demo_on_local_files(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    found = read(monkeypatch)
    assert (found.env, found.role, found.is_demo) == ("development", "all", True)
    assert found.resolved_database_url == f"sqlite:///{folder / 'data' / 'staging.sqlite'}"
    assert found.resolved_storage_url == (folder / "data" / "files").as_uri()
    assert found.webhook_base_url is None
    assert (found.job_timeout_seconds, found.creates_per_minute, found.create_burst) == (300, 600, 60)
    found.require_startable()


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_setting_is_unset(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    names = [str(field.validation_alias) for field in Settings.model_fields.values()]
    assert len(names) >= 14
    found = read(monkeypatch, **dict.fromkeys(names, empty))
    assert found == Settings(_env_file=None)  # type: ignore[call-arg]


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / ".env").write_text("STAGING_JOB_TIMEOUT_SECONDS=60\nSTAGING_CREATE_BURST=\nUNKNOWN=1\n")
    assert (read(monkeypatch).job_timeout_seconds, read(monkeypatch).create_burst) == (60, 60)
    assert read(monkeypatch, STAGING_JOB_TIMEOUT_SECONDS="90").job_timeout_seconds == 90


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGING_ENV", "prod"),
        ("STAGING_ROLE", "everything"),
        ("STAGING_JOB_TIMEOUT_SECONDS", "soon"),
        ("STAGING_JOB_TIMEOUT_SECONDS", "1"),
        ("STAGING_SIMULATOR_SECONDS", "-1"),
        ("STAGING_CREATES_PER_MINUTE", "0"),
        ("STAGING_CREATES_PER_MINUTE", "100000000"),
        ("STAGING_CREATE_BURST", "0"),
        ("STAGING_ALLOW_HTTP_WEBHOOKS", "perhaps"),
        ("REPLICATE_WEBHOOK_SECRET", "whsec_not base64"),
        ("REPLICATE_WEBHOOK_SECRET", "whsec_c2VjcmV0,whsec_"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=name):
        read(monkeypatch, **{name: value})


def test_a_complete_production_may_start(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    sign_in(folder)
    found = read(monkeypatch, **SAFE)
    found.require_startable()
    assert found.is_demo is False
    assert found.webhook_base_url == "https://desk.example.com"


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("REPLICATE_API_TOKEN", "", "REPLICATE_API_TOKEN"),
        ("STAGING_PUBLIC_URL", "", "STAGING_PUBLIC_URL"),
        ("STAGING_PUBLIC_URL", "http://desk.example.com", "STAGING_PUBLIC_URL"),
        ("STAGING_PUBLIC_URL", "https://localhost", "STAGING_PUBLIC_URL"),
        ("STAGING_PUBLIC_URL", "https://127.0.0.1", "STAGING_PUBLIC_URL"),
        ("STAGING_PUBLIC_URL", "https://10.0.0.8:8443", "STAGING_PUBLIC_URL"),
        ("STAGING_PUBLIC_URL", "https://[::1]", "STAGING_PUBLIC_URL"),
        ("STAGING_PUBLIC_URL", "https://intranet", "STAGING_PUBLIC_URL"),
        ("STAGING_PUBLIC_URL", "desk.example.com", "STAGING_PUBLIC_URL"),
        ("STAGING_SECRET", "", "STAGING_SECRET"),
        ("STAGING_SECRET", "short", "STAGING_SECRET"),
    ],
)
def test_production_refuses_to_start_and_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, value: str, named: str
) -> None:
    sign_in(folder)
    with pytest.raises(errors.ConfigurationError, match=named) as refused:
        read(monkeypatch, **{**SAFE, name: value}).require_startable()
    others = {"REPLICATE_API_TOKEN", "STAGING_PUBLIC_URL", "STAGING_SECRET", "[auth]"} - {named}
    assert not any(other in refused.value.message for other in others)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[other]\n",
        "[auth]\n",
        "auth = 1\n",
        "not toml [",
        SIGN_IN.replace("sixteen or more characters", ""),
        SIGN_IN.replace("sixteen or more characters", "fifteen of them"),
        SIGN_IN.replace('client_id = "a"', ""),
        TWO_PROVIDERS.replace('client_secret = "d"', ""),
    ],
)
def test_production_needs_sign_in(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str | None) -> None:
    if text is not None:
        sign_in(folder, text)
    with pytest.raises(errors.ConfigurationError, match=r"\[auth\]"):
        read(monkeypatch, **SAFE).require_startable()


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.ConfigurationError) as refused:
        read(monkeypatch, STAGING_ENV="production").require_startable()
    for named in ("REPLICATE_API_TOKEN", "STAGING_PUBLIC_URL", "STAGING_SECRET", "[auth]"):
        assert named in refused.value.message


def test_several_providers_are_sign_in_too(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    sign_in(folder, TWO_PROVIDERS)
    read(monkeypatch, **SAFE).require_startable()


@pytest.mark.parametrize("given", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_any_address_of_postgres_means_the_driver_we_have(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    assert read(monkeypatch, STAGING_DATABASE_URL=given).resolved_database_url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"STAGING_PUBLIC_URL": "https://a.example.com/"}, "https://a.example.com"),
        ({"STAGING_PUBLIC_URL": "http://a.example.com"}, None),
        (
            {"STAGING_PUBLIC_URL": "http://a.example.com", "STAGING_ALLOW_HTTP_WEBHOOKS": "true"},
            "http://a.example.com",
        ),
        (
            {
                "STAGING_PUBLIC_URL": "http://a.example.com",
                "STAGING_ALLOW_HTTP_WEBHOOKS": "true",
                "STAGING_ENV": "production",
            },
            None,
        ),
        ({"STAGING_PUBLIC_URL": "ftp://a.example.com", "STAGING_ALLOW_HTTP_WEBHOOKS": "true"}, None),
    ],
)
def test_webhooks_come_over_https_unless_development_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str | None
) -> None:
    assert read(monkeypatch, **environment).webhook_base_url == expected


def test_several_webhook_secrets_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, REPLICATE_WEBHOOK_SECRET=" whsec_bmV3 , whsec_b2xk,, ")
    assert found.webhook_secrets == ("whsec_bmV3", "whsec_b2xk")


def test_the_generated_secret_is_made_once_and_kept_to_us(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    found = factories.at_once(*[lambda: Settings().signing_secret] * 16)
    assert len(set(found)) == 1
    assert len(found[0]) >= 32
    path = folder / "data" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secret"]
    assert read(monkeypatch, STAGING_SECRET="given").signing_secret == "given"


def test_nothing_that_shows_settings_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch,
        **SAFE | {"REPLICATE_WEBHOOK_SECRET": "whsec_YWJjZGVm", "STAGING_DATABASE_URL": "postgres://u:pass4word@h/d"},
    )
    for secret in (SAFE["REPLICATE_API_TOKEN"], SAFE["STAGING_SECRET"], "whsec_YWJjZGVm"):
        assert secret not in repr(found) + str(found)
    assert {SAFE["REPLICATE_API_TOKEN"], SAFE["STAGING_SECRET"], "whsec_YWJjZGVm", "pass4word"} <= set(
        found.secret_values()
    )
