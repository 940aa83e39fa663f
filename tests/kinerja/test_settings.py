"""Settings: each is documented, and a bad one is one line."""

import re
from pathlib import Path

import pytest

from kinerja import settings
from kinerja.settings import ENV_PREFIX, Profile, Settings, SettingsInvalid

RANDOM = "p8Qx2mVtR6nYc4KsW9hJz3LdBf7gTqUe"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(ENV_PREFIX + name.upper(), raising=False)


def test_each_setting_is_documented_with_its_default() -> None:
    text = (Path(settings.__file__).parents[1] / "docs" / "settings.md").read_text()
    documented = dict(re.findall(r"^\| `(KINERJA_\w+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert set(documented) == {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if field.default is not None:
            shown = str(field.default.value if isinstance(field.default, Profile) else field.default)
            assert documented[ENV_PREFIX + name.upper()].strip("` ").lower() == shown.lower()


def test_the_defaults_suit_a_laptop() -> None:
    chosen = settings.load_settings()
    assert (chosen.profile, chosen.host, chosen.worker, chosen.explorer_enabled) == (
        Profile.DEMO,
        "127.0.0.1",
        True,
        True,
    )
    assert chosen.job_limits.statement_timeout_ms > chosen.request_limits.statement_timeout_ms


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"PORT": "many"}, "KINERJA_PORT: Input should be a valid integer"),
        ({"PORT": "70000"}, "KINERJA_PORT: Input should be less than or equal to 65535"),
        ({"PROFILE": "staging"}, "KINERJA_PROFILE: Input should be 'demo', 'development' or 'production'"),
        ({"WORKER": "perhaps"}, "KINERJA_WORKER: Input should be a valid boolean"),
        ({"PROT": "1"}, "KINERJA_PROT is not a setting of Kinerja; docs/settings.md lists them"),
        ({"TOKEN_SECRET": "short"}, "KINERJA_TOKEN_SECRET has fewer than 32 bytes"),
        ({"ALLOWED_ORIGINS": "https://a.example, *"}, "'*' is no origin such as https://app.example.go.id"),
        ({"ALLOWED_ORIGINS": "https://a.example/"}, "'https://a.example/' is no origin"),
        ({"TRUSTED_ONLY": "true"}, "KINERJA_TRUSTED_ONLY needs KINERJA_TRUSTED_DOCUMENTS"),
        ({"NODES_PER_MINUTE": "-1"}, "KINERJA_NODES_PER_MINUTE: Input should be greater than or equal to 0"),
        ({"LARGEST_PAGE": "0"}, "KINERJA_LARGEST_PAGE: Input should be greater than or equal to 1"),
        ({"PROFILE": "production"}, "the production profile needs KINERJA_TOKEN_SECRET"),
        ({"PROFILE": "production", "TOKEN_SECRET": "demo" * 10}, "is a secret of a demo"),
        ({"PROFILE": "production", "TOKEN_SECRET": "ab" * 20}, "is a secret of a demo"),
        (
            {"PROFILE": "production", "TOKEN_SECRET": RANDOM, "AUDIT_KEY": "A" * 43 + "="},
            "KINERJA_AUDIT_KEY is a secret of a demo",
        ),
    ],
)
def test_a_bad_setting_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], told: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(ENV_PREFIX + name, value)
    with pytest.raises(SettingsInvalid) as caught:
        settings.load_settings()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_production_runs_with_a_secret_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_PROFILE", "production")
    monkeypatch.setenv("KINERJA_TOKEN_SECRET", RANDOM)
    chosen = settings.load_settings()
    assert not chosen.explorer_enabled
    assert RANDOM not in repr(chosen)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_PORT", "")
    assert settings.load_settings().port == 8000
