"""The page: whole, unchanged since it was built, under a strict policy, and careful about whom it lends tokens."""

import hashlib
import importlib.resources
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from domain.actor import Role
from kinerja.graphql_server import graphiql, graphiql_examples
from tests.kinerja.sample_api import settings_for

STATIC = Path(str(importlib.resources.files("kinerja.graphql_server"))) / "static"
MANIFEST: dict[str, str] = json.loads((STATIC / "manifest.json").read_text())
LENT = {"hr": "a token"}

Browser = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """A maker of browsers that open the page: `browser(peer=…, address=…, profile=…)`."""
    (tmp_path / "tokens.json").write_text(json.dumps(LENT))

    def make(peer: str = "127.0.0.1", address: str = "http://localhost:8000", **values: Any) -> httpx2.AsyncClient:
        app = Starlette(routes=graphiql.build_explorer_routes(settings_for(tmp_path, **values)))
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app, client=(peer, 4711)), base_url=address)

    return make


def test_the_files_are_those_that_were_built() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in STATIC.iterdir()}
    del found["manifest.json"]
    assert found == MANIFEST, (
        "kinerja/graphql_server/static was changed by hand, or `make explorer` was not run to its end"
    )


def test_they_are_few_and_small() -> None:
    assert sum(path.stat().st_size for path in STATIC.iterdir()) < 2_000_000
    assert not [name for name in MANIFEST if name.endswith(".map")]


def test_every_package_in_them_is_named_with_its_licence() -> None:
    notice = (STATIC / "NOTICE").read_text()
    assert all(
        re.search(rf"^{name} \d\S* \(MIT\)$", notice, re.MULTILINE) for name in ("graphiql", "react", "codemirror")
    )
    assert "Apache License" in notice


async def test_the_page_is_whole(browser: Browser) -> None:
    async with browser() as made:
        page = await made.get("/")
        parts = {path: await made.get(path) for path in re.findall(r'(?:src|href)="([^"]+)"', page.text)}
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert len(parts) == 3
    assert {
        path.rpartition(".")[2]: part.headers["content-type"].partition(";")[0] for path, part in parts.items()
    } == {
        "js": "text/javascript",
        "css": "text/css",
        "svg": "image/svg+xml",
    }
    assert all(part.status_code == 200 and path.removeprefix("static/") in MANIFEST for path, part in parts.items())


def test_its_files_are_named_relative_to_it_so_that_it_may_stand_under_a_prefix() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.search(r'(?:src|href)="(?:/|[a-z]+:)', page)


async def test_its_policy_allows_its_own_files_and_nothing_else(browser: Browser) -> None:
    async with browser() as made:
        policy = (await made.get("/")).headers["content-security-policy"]
    allowed = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert allowed.pop("default-src") == "'none'"
    assert set(allowed.values()) == {"'self'", "'none'"}
    assert {name for name, value in allowed.items() if value == "'self'"} == {
        "script-src",
        "style-src",
        "img-src",
        "connect-src",
    }


def test_nothing_in_the_files_needs_more_than_the_policy_allows() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|\son\w+=|style=|<script(?![^>]*src=)", page)
    (style,) = STATIC.glob("*.css")
    assert not re.search(r"url\(\s*[\"']?(?:data|https?|//)|@import|@font-face", style.read_text())
    (script,) = STATIC.glob("*.js")
    assert not re.search(r"\bnew Function\b|[^.\w]eval\(|[^.\w]Function\(", script.read_text())


async def test_browsers_keep_what_is_named_by_its_content(browser: Browser) -> None:
    (script,) = STATIC.glob("*.js")
    async with browser() as made:
        kept = await made.get(f"/static/{script.name}", headers={"accept-encoding": "gzip"})
        asked_again = [await made.get(path) for path in ("/", "/static/manifest.json")]
        missing = await made.get("/static/graphiql-OTHER.js")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-encoding"] == "gzip"
    assert [each.headers["cache-control"] for each in asked_again] == ["no-cache", "no-cache"]
    assert missing.status_code == 404


async def test_a_demo_lends_its_tokens_to_a_browser_beside_it(browser: Browser) -> None:
    async with browser() as made:
        answer = await made.get("/explorer.json", headers={"sec-fetch-site": "same-origin"})
    assert answer.json()["tokens"] == LENT
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("elsewhere", "headers"),
    [
        ({"peer": "10.1.2.3"}, {}),
        ({"peer": "testclient"}, {}),
        ({"address": "http://kinerja.example.go.id"}, {}),
        ({"profile": "development"}, {}),
        ({}, {"sec-fetch-site": "cross-site"}),
        ({}, {"sec-fetch-site": "same-site"}),
    ],
)
async def test_and_to_nobody_else(browser: Browser, elsewhere: dict[str, str], headers: dict[str, str]) -> None:
    async with browser(**elsewhere) as made:
        answer = await made.get("/explorer.json", headers=headers)
    assert answer.json()["tokens"] == {}
    assert answer.json()["examples"]


async def test_a_server_that_is_no_demo_has_none_to_lend(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "tokens.json").unlink()
    async with browser() as made:
        assert (await made.get("/explorer.json")).json()["tokens"] == {}


def test_there_is_an_example_for_each_role_that_signs_in() -> None:
    found = graphiql_examples.load_examples()
    roles = {each.role for each in found}
    services = {Role.SERVICE, Role.UNIT_SERVICE}
    assert roles == {graphiql_examples.ANONYMOUS_ROLE, *(role.value for role in Role if role not in services)}
    assert len({each.title for each in found}) == len(found)
    assert all(each.title and each.about.endswith(".") for each in found)


def test_an_example_that_says_more_than_it_may_is_noticed() -> None:
    with pytest.raises(ValueError, match="colour"):
        graphiql_examples.parse_example("# Title\n# What.\n# role: hr\n# colour: red\n{ __typename }\n")
