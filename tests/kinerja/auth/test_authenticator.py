"""Tokens: ours are read, all others refused."""

import base64
import json
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.refusals import NotSignedIn
from kinerja.auth import authenticator
from kinerja.secret_file import SecretFileUnusable
from kinerja.settings import Profile
from tests.kinerja.sample_api import SECRET, settings_for

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
SIGNER = authenticator.DemoTokens(SECRET)
GOOD = {"iss": "kinerja", "aud": "kinerja-api", "exp": int(NOW.timestamp()) + 60, "sub": "412", "role": "hr"}


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(secret), algorithms=[algorithm])


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_other_claims(claims: dict[str, Any]) -> str:
    head, _, signature = signed(GOOD).split(".")
    return f"{head}.{part(claims)}.{signature}"


@given(
    st.builds(
        Actor,
        person_id=st.integers(1, 2**62),
        role=st.sampled_from(Role),
        unit_path=st.none() | st.from_regex(r"([0-9]{1,4}\.){1,8}", fullmatch=True),
    )
)
def test_who_it_was_issued_for_asks(actor: Actor) -> None:
    assert SIGNER.authenticate(SIGNER.issue_demo_token(actor, NOW), NOW).actor == actor


def test_the_service_has_no_person() -> None:
    assert SIGNER.authenticate(SIGNER.issue_demo_token(SYSTEM_ACTOR, NOW), NOW).actor == SYSTEM_ACTOR


def test_it_is_good_for_eight_hours() -> None:
    token = SIGNER.issue_demo_token(SYSTEM_ACTOR, NOW)
    SIGNER.authenticate(token, NOW + timedelta(hours=7, minutes=59))
    with pytest.raises(NotSignedIn):
        SIGNER.authenticate(token, NOW + timedelta(hours=8, seconds=1))


def test_the_good_claims_of_the_next_test_are_good() -> None:
    assert SIGNER.authenticate(signed(GOOD), NOW).actor.person_id == 412


@pytest.mark.parametrize(
    "claims",
    [
        {**GOOD, "iss": "somebody"},
        {**GOOD, "aud": "another-api"},
        {**GOOD, "exp": int(NOW.timestamp()) - 1},
        {**GOOD, "role": "emperor"},
        {**GOOD, "sub": "4e2"},
        {**GOOD, "sub": ""},
        {**GOOD, "unit_path": 7},
        *({name: value for name, value in GOOD.items() if name != left_out} for left_out in GOOD),
    ],
)
def test_claims_of_others_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        SIGNER.authenticate(signed(claims), NOW)


@pytest.mark.parametrize(
    "make",
    [
        lambda: signed(GOOD, secret="another-secret-of-the-same-length-as-ours"),
        lambda: signed(GOOD, secret=SECRET * 2, algorithm="HS512"),
        lambda: f"{part({'alg': 'none'})}.{part(GOOD)}.",
        lambda: f"{part({'alg': 'none'})}.{part(GOOD)}.{signed(GOOD).rsplit('.', 1)[1]}",
        lambda: signed(GOOD).rsplit(".", 1)[0] + ".",
        lambda: with_other_claims({**GOOD, "role": "admin"}),
        lambda: "",
        lambda: "...",
        lambda: "é.é.é",
        lambda: part({"alg": "HS256"}) + "." + "a" * 9000 + ".a",
    ],
)
def test_signatures_of_others_are_refused(make: Callable[[], str]) -> None:
    with pytest.raises(NotSignedIn):
        SIGNER.authenticate(make(), NOW)


@given(st.text(max_size=200))
def test_no_text_is_more_than_refused(text: str) -> None:
    with pytest.raises(NotSignedIn):
        SIGNER.authenticate(text, NOW)


def test_the_demo_reads_its_tokens(tmp_path: Path) -> None:
    assert (
        authenticator.build_authenticator(settings_for(tmp_path))
        .authenticate(SIGNER.issue_demo_token(SYSTEM_ACTOR, NOW), NOW)
        .actor
        == SYSTEM_ACTOR
    )


@pytest.mark.parametrize("profile", [each for each in Profile if each is not Profile.DEMO])
def test_no_other_profile_reads_a_token_or_makes_a_secret(tmp_path: Path, profile: Profile) -> None:
    reader = authenticator.build_authenticator(settings_for(tmp_path, profile=profile))
    with pytest.raises(NotSignedIn, match="The token is invalid or has expired"):
        reader.authenticate(SIGNER.issue_demo_token(SYSTEM_ACTOR, NOW), NOW)
    assert not list(tmp_path.iterdir())


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    chosen = settings_for(tmp_path / "data", token_secret=None)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(authenticator.load_token_secret(chosen))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(found) == 8
    assert set(found) == {file.read_text()}
    assert len(found[0]) >= 48


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SecretFileUnusable, match=r"cannot use .*token\.secret: Not a directory"):
        authenticator.load_token_secret(settings_for(tmp_path / "data", token_secret=None))


def test_the_secret_that_was_set_is_taken(tmp_path: Path) -> None:
    assert authenticator.load_token_secret(settings_for(tmp_path / "data")) == SECRET
    assert not (tmp_path / "data").exists()
