"""Tokens that are not ours: each refused with the same code and the same message."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from domain.account.facts import ActiveSession
from domain.actor import Actor, Role
from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.auth.access_tokens import AccessTokens
from kinerja.settings import Profile
from tests.kinerja.auth.conftest import AccountWorld
from tests.kinerja.sample_api import HR, SECRET

KEY = hmac.digest(SECRET.encode(), b"kinerja access token production", "sha256")
KID = hashlib.sha256(KEY).hexdigest()[:16]
HEADER = {"alg": "HS256", "typ": "at+jwt", "kid": KID}
RSA = RSAKey.generate_key(2048)


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token, with some changed."""
    now = int(business_date.utc_now().timestamp())
    good = {
        "iss": "kinerja",
        "aud": "kinerja-api",
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "jti": "0" * 32,
        "sid": "1000000",
        "sub": "1",
        "person": 412,
        "role": "hr",
        "unit_path": "1.2.",
    }
    return {**good, **changed}


def sign_claims(key: bytes = KEY, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token under a key."""
    algorithm = (header or HEADER)["alg"]
    return jwt.encode(header or HEADER, claims(**changed), OctKey.import_key(key), algorithms=[algorithm])


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def bare(header: dict[str, Any], signature: str = "") -> str:
    return f"{part(header)}.{part(claims())}.{signature}"


def under_public_key() -> str:
    """HMAC with the bytes of a public key, as a verifier that asks the token for the algorithm would check it."""
    pem = RSA.as_pem(private=False)
    text = f"{part({**HEADER, 'alg': 'HS256'})}.{part(claims())}"
    mac = hmac.digest(pem, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def with_changed_claims() -> str:
    head, _, signature = sign_claims().split(".")
    return f"{head}.{part(claims(role='admin'))}.{signature}"


def now(seconds: int) -> int:
    return int(business_date.utc_now().timestamp()) + seconds


FORGED: dict[str, Callable[[], str]] = {
    "another key": lambda: sign_claims(b"x" * 32),
    "the secret itself as key": lambda: sign_claims(SECRET.encode()),
    "claims changed": with_changed_claims,
    "signature cut": lambda: sign_claims()[:-4],
    "no signature": lambda: bare(HEADER),
    "alg none": lambda: bare({**HEADER, "alg": "none"}),
    "alg None": lambda: bare({**HEADER, "alg": "None"}),
    "alg null": lambda: bare({**HEADER, "alg": None}),
    "no alg": lambda: bare({"typ": "at+jwt", "kid": KID}),
    "HS384": lambda: sign_claims(header={**HEADER, "alg": "HS384"}),
    "RS256": lambda: jwt.encode({**HEADER, "alg": "RS256"}, claims(), RSA, algorithms=["RS256"]),
    "ES256": lambda: jwt.encode(
        {**HEADER, "alg": "ES256"}, claims(), ECKey.generate_key("P-256"), algorithms=["ES256"]
    ),
    "HS256 under public key": under_public_key,
    "its own key in the header": lambda: sign_claims(
        b"y" * 32, {**HEADER, "jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(b"y" * 32).decode()}}
    ),
    "unknown kid": lambda: sign_claims(header={**HEADER, "kid": "0" * 16}),
    "no kid": lambda: sign_claims(header={"alg": "HS256", "typ": "at+jwt"}),
    "kid a path": lambda: sign_claims(header={**HEADER, "kid": "../../dev/null"}),
    "another kind": lambda: sign_claims(header={**HEADER, "typ": "JWT"}),
    "critical extension": lambda: sign_claims(header={**HEADER, "crit": ["b64"], "b64": False}),
    "expired": lambda: sign_claims(exp=now(-1)),
    "not yet": lambda: sign_claims(nbf=now(60)),
    "issued later": lambda: sign_claims(iat=now(60)),
    "exp a text": lambda: sign_claims(exp="tomorrow"),
    "exp without end": lambda: sign_claims(exp=10**30),
    "another issuer": lambda: sign_claims(iss="kinerja-2"),
    "another audience": lambda: sign_claims(aud="payroll"),
    "no audience among several": lambda: sign_claims(aud=["payroll", "mail"]),
    "no such role": lambda: sign_claims(role="king"),
    "a role of services": lambda: sign_claims(role="service"),
    "roles": lambda: sign_claims(role=["hr", "admin"]),
    "person a text": lambda: sign_claims(person="412"),
    "person true": lambda: sign_claims(person=True),
    "person none": lambda: sign_claims(person=-1),
    "path everything": lambda: sign_claims(unit_path=""),
    "path a pattern": lambda: sign_claims(unit_path="1.%"),
    "path a number": lambda: sign_claims(unit_path=1),
    "session a text": lambda: sign_claims(sid="x"),
    "huge": lambda: sign_claims(jti="j" * 100_000),
    "nothing": lambda: "",
    "no token": lambda: "hello",
    "many dots": lambda: "." * 4_000,
    "not base64": lambda: "*.*.*",
    "not text": lambda: "\xe9.\xe9.\xe9",
    "a demo's": lambda: authenticator.DemoTokens(SECRET).issue_demo_token(HR, business_date.utc_now()),
    "a service's that is none": lambda: "kns_" + "A" * 43,
    "a service's prefix": lambda: "kns_",
    "a service's, huge": lambda: "kns_" + "A" * 100_000,
    "a refresh token": lambda: "knr_" + "A" * 86,
}


CLAIMS = ("iss", "aud", "exp", "nbf", "iat", "jti", "sid", "sub", "person", "role")


def forge_token(name: str) -> str:
    """A forged token: one of the above, or one that lacks the claim of that name."""
    if name in CLAIMS:
        left = {key: value for key, value in claims().items() if key != name}
        return jwt.encode(HEADER, left, OctKey.import_key(KEY), algorithms=["HS256"])
    return FORGED[name]()


async def test_the_token_that_the_others_are_made_from_is_good(world: AccountWorld) -> None:
    assert await world.principal_of_token(sign_claims()) == "hr:412"


@pytest.mark.parametrize("name", [*FORGED, *CLAIMS])
async def test_it_is_refused_like_any_other(world: AccountWorld, name: str) -> None:
    headers = [(b"authorization", b"Bearer " + forge_token(name).encode("latin-1"))]
    answer = await world.client.post("/graphql", json={"query": "{ who }"}, headers=headers)
    body = answer.json()
    del body["errors"][0]["extensions"]["requestId"]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert body == {
        "errors": [{"message": "The token is invalid or has expired.", "extensions": {"code": "NOT_SIGNED_IN"}}]
    }


@pytest.mark.parametrize("profile", [Profile.DEMO, Profile.DEVELOPMENT])
async def test_a_token_of_another_profile_under_the_same_secret_is_refused(
    world: AccountWorld, profile: Profile
) -> None:
    begun = ActiveSession(1_000_000, 1, Actor(412, Role.HR, "1.2."), business_date.utc_now())
    other = AccessTokens(SECRET, profile, world.revocations).issue_access_token(begun, business_date.utc_now())
    assert await world.principal_of_token(other) == "NOT_SIGNED_IN"
    same = AccessTokens(SECRET, Profile.PRODUCTION, world.revocations).issue_access_token(
        begun, business_date.utc_now()
    )
    assert await world.principal_of_token(same) == "hr:412"


@pytest.mark.parametrize("settings", [{"profile": "demo"}])
async def test_the_demo_takes_its_own_tokens_and_those_of_accounts(world: AccountWorld) -> None:
    person = await world.create_account()
    assert (
        await world.principal_of_token(authenticator.DemoTokens(SECRET).issue_demo_token(HR, business_date.utc_now()))
        == "hr:412"
    )
    assert await world.principal_of_token((await world.post_sign_in()).json()["access_token"]) == f"employee:{person}"
    assert await world.principal_of_token("hello") == "NOT_SIGNED_IN"
