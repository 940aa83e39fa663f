"""GraphiQL page and its static files, all served from the package.

The page contacts no other host and runs no inline code.
"""

import importlib.resources
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from kinerja.graphql_server import graphiql_examples
from kinerja.settings import Profile, Settings

PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}

_IMMUTABLE_CACHE: Final = "public, max-age=31536000, immutable"
_UNHASHED_FILES: Final = {"index.html", "manifest.json", "NOTICE"}
_LOCAL_HOSTS: Final = {"localhost", "127.0.0.1", "::1"}
_SAME_SITE_VALUES: Final = {None, "same-origin", "none"}


def build_explorer_routes(settings: Settings) -> list[BaseRoute]:
    """Build the routes of the page, its start data and its static files."""
    return [
        Route("/", serve_explorer_page, methods=["GET"]),
        Route("/explorer.json", _ExplorerBootstrap(settings).serve_bootstrap, methods=["GET"]),
        Mount(
            "/static",
            _HashedStaticFiles(packages=[("kinerja.graphql_server", "static")]),
            middleware=[Middleware(GZipMiddleware)],
        ),
    ]


async def serve_explorer_page(_request: Request) -> Response:
    """Serve the GraphiQL page."""
    found = importlib.resources.files("kinerja.graphql_server") / "static" / "index.html"
    return Response(found.read_bytes(), headers=PAGE_HEADERS, media_type="text/html; charset=utf-8")


class _HashedStaticFiles(StaticFiles):
    """Static files with long browser caching: new content gets a new file name."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file with its cache lifetime."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache" if path in _UNHASHED_FILES else _IMMUTABLE_CACHE
        response.headers["content-security-policy"] = "default-src 'none'"  # for a file opened directly
        return response


class _ExplorerBootstrap:
    """Start data of the page: examples, and tokens of a demo."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._examples = [asdict(each) for each in graphiql_examples.load_examples()]

    def serve_bootstrap(self, request: Request) -> Response:
        """Serve the examples, and tokens by role."""
        content = {"examples": self._examples, "tokens": self._demo_tokens(request)}
        return JSONResponse(content, headers={"cache-control": "no-store"})

    def _demo_tokens(self, request: Request) -> Mapping[str, str]:
        # Only the demo command writes this file, for synthetic people; only a local browser may have it.
        path = self._settings.data_dir / "tokens.json"
        if self._settings.profile is not Profile.DEMO or not _is_local_request(request) or not path.exists():
            return {}
        tokens: dict[str, str] = json.loads(path.read_text())
        return tokens


def _is_local_request(request: Request) -> bool:
    """Return true for a request of this server's own page from the same machine."""
    peer = "" if request.client is None else request.client.host
    return (
        _is_loopback(peer)
        and request.url.hostname in _LOCAL_HOSTS  # a foreign name resolving here may be another page's
        and request.headers.get("sec-fetch-site") in _SAME_SITE_VALUES
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
