"""The thin endpoint: deadlines, hang-ups, limits, compression, other origins, and documents by id."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp, Message

from kinerja import application, business_date
from kinerja.auth import authenticator
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests.kinerja.sample_api import API, HR, bearer_header, settings_for

Client = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

PLAIN = {"accept": "application/json"}
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"


async def post_query(made: httpx2.AsyncClient, query: str | None = None, **more: Any) -> httpx2.Response:
    headers = {"accept": "application/graphql-response+json", **more.pop("headers", {})}
    body = more if query is None else {"query": query, **more}
    return await made.post("/graphql", json=body, headers=headers)


def error_code_of(response: httpx2.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


async def wait_for_sleepers(data: database.Database, sleeping: int) -> bool:
    """Whether so many statements of PostgreSQL sleep within two seconds."""
    for _ in range(100):
        if (await data.fetch_without_snapshot(SLEEPING, []))[0][0] == sleeping:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_a_request_that_takes_too_long_ends_here_and_in_the_database(
    client: Client, module_data: database.Database
) -> None:
    async with client(deadline_ms=200) as made:
        answer = await post_query(made, "{ sleeps }")
    assert (answer.status_code, error_code_of(answer), answer.headers["retry-after"]) == (503, "TIMEOUT", "1")
    assert await wait_for_sleepers(module_data, 0)


async def test_what_a_client_no_longer_waits_for_is_ended_too(module_data: database.Database, tmp_path: Path) -> None:
    app = build_test_app(module_data, tmp_path)
    hung_up = asyncio.Event()
    body = json.dumps({"query": "{ sleeps }"}).encode()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        message = next(messages, None)
        if message is None:
            await hung_up.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    async def asks() -> None:
        await app(scope(), receive, send)

    asking = asyncio.create_task(asks())
    assert await wait_for_sleepers(module_data, 1)
    hung_up.set()
    await asyncio.wait_for(asking, 5)
    assert sent == []
    assert await wait_for_sleepers(module_data, 0)


async def test_a_client_that_hangs_up_within_its_body_is_not_answered(
    module_data: database.Database, tmp_path: Path
) -> None:
    sent: list[Message] = []
    half: Message = {"type": "http.request", "body": b"{", "more_body": True}
    messages = iter([half, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    await build_test_app(module_data, tmp_path)(scope(), receive, send)
    assert sent == []


def build_test_app(data: database.Database, folder: Path) -> ASGIApp:
    chosen = settings_for(folder)
    means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
    return application.build_app(chosen, API, means, authenticator.build_authenticator(chosen))


def scope() -> dict[str, Any]:
    headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
    head = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    return {**head, "root_path": "", "client": ("127.0.0.1", 1), "server": ("test", 80), "scheme": "http"}


async def test_waiting_in_vain_for_a_connection_is_503(
    module_url: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_ACQUIRE_SECONDS", 0.1)
    async with (
        database.open_database(module_url, database.ConnectionLimits(max_connections=1)) as small,
        client(small) as made,
    ):
        await post_query(made, "{ today }")
        async with small.lend_connection():
            answer = await post_query(made, "{ one }")
    assert (answer.status_code, error_code_of(answer), answer.headers["retry-after"]) == (503, "UNAVAILABLE", "1")


async def test_a_principal_has_so_much_in_a_minute(client: Client) -> None:
    async with client(nodes_per_minute=60) as made:
        first = await post_query(made, "{ hello }")
        again = [(await post_query(made, "{ hello }")).status_code for _ in range(10)]
        refused = await post_query(made, "{ a: hello }")
        other = await post_query(made, "{ hello }", headers=bearer_header(HR))
    assert first.json()["extensions"]["cost"]["requested"] == 0
    assert first.json()["extensions"]["cost"]["remaining"] <= 10
    assert 429 in again
    assert (refused.status_code, error_code_of(refused)) == (429, "RATE_LIMITED")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other.status_code == 200


async def test_nobody_counts_where_that_is_off(client: Client) -> None:
    async with client(nodes_per_minute=0) as made:
        answers = [await post_query(made, f"{{ a{n}: hello }}") for n in range(5)]
    assert answers[-1].json()["extensions"] == {"cost": {"requested": 0, "maximum": 5000, "remaining": None}}


async def test_what_costs_too_much_is_refused_before_it_runs(client: Client) -> None:
    async with client(most_nodes=100) as made:
        answer = await post_query(made, "{ __schema { queryType { name } } a: __schema { queryType { name } } }")
    assert (answer.status_code, error_code_of(answer)) == (400, "TOO_EXPENSIVE")
    assert "200" in answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip", "gzip"), ("br, gzip;q=0.5", "br"), ("identity", None)])
async def test_long_answers_are_compressed_as_the_client_likes(
    client: Client, accepted: str, encoding: str | None
) -> None:
    async with client() as made:
        text = "x" * 3_000
        long = await post_query(made, f'{{ hello(name: "{text}") }}', headers={"accept-encoding": accepted})
        short = await post_query(made, "{ hello }", headers={"accept-encoding": accepted})
    assert long.headers.get("content-encoding") == encoding
    assert "accept-encoding" in long.headers["vary"]
    assert long.json()["data"]["hello"].endswith("xxx")
    assert "content-encoding" not in short.headers


async def test_a_compressed_body_is_not_taken(client: Client) -> None:
    body = gzip.compress(json.dumps({"query": "{ hello }", "x": " " * 10_000_000}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    async with client() as made:
        answer = await made.post("/graphql", content=body, headers=headers)
        plain = await post_query(made, "{ hello }", headers={"content-encoding": "identity"})
    assert (answer.status_code, error_code_of(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert plain.status_code == 200


@pytest.mark.parametrize("length", ["262145", "9" * 400])
async def test_a_body_that_says_it_is_too_large_is_not_read(client: Client, length: str) -> None:
    headers = {"content-type": "application/json", "content-length": length}
    async with client() as made:
        answer = await made.post("/graphql", content=b"{}", headers=headers)
    assert (answer.status_code, error_code_of(answer)) == (413, "TOO_LARGE")


async def test_pages_of_other_origins_may_ask_only_where_that_is_set(client: Client) -> None:
    origin = {"origin": "https://app.example.go.id"}
    preflight = {**origin, "access-control-request-method": "POST"}
    async with client() as made:
        closed = [
            await made.options("/graphql", headers=preflight),
            await post_query(made, "{ hello }", headers=origin),
        ]
    async with client(allowed_origins="https://app.example.go.id, http://localhost:5173") as made:
        asked = await made.options("/graphql", headers=preflight)
        answer = await post_query(made, "{ hello }", headers=origin)
        refused = await post_query(made, "{", headers=origin)
        stranger = await post_query(made, "{ hello }", headers={"origin": "https://evil.example"})
    assert closed[0].status_code == 405
    assert not any("access-control-allow-origin" in each.headers for each in [*closed, stranger])
    assert asked.status_code == 204
    assert "authorization" in asked.headers["access-control-allow-headers"]
    assert "POST" in asked.headers["access-control-allow-methods"]
    for each in (asked, answer, refused):
        assert each.headers["access-control-allow-origin"] == origin["origin"]
        assert "access-control-allow-credentials" not in each.headers
    assert "origin" in answer.headers["vary"]
    assert "x-request-id" in answer.headers["access-control-expose-headers"]


async def test_a_query_may_be_asked_by_its_hash(client: Client) -> None:
    digest = hashlib.sha256(b"{ hello }").hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    async with client() as made:
        unknown = await post_query(made, extensions=extensions)
        softened = await post_query(made, extensions=extensions, headers=PLAIN)
        registered = await post_query(made, "{ hello }", extensions=extensions)
        known = await post_query(made, extensions=extensions)
        read = await made.get("/graphql", params={"extensions": json.dumps(extensions)})
        wrong = await post_query(made, "{ who }", extensions=extensions)
    assert (unknown.status_code, softened.status_code) == (400, 200)
    assert error_code_of(unknown) == error_code_of(softened) == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert registered.json()["data"] == known.json()["data"] == read.json()["data"] == {"hello": "Hello, you"}
    assert error_code_of(wrong) == "PERSISTED_QUERY_MISMATCH"


async def test_an_invalid_document_is_not_registered(client: Client) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(b"{ nothing }").hexdigest()}}
    async with client() as made:
        await post_query(made, "{ nothing }", extensions=extensions)
        after = await post_query(made, extensions=extensions)
    assert error_code_of(after) == "PERSISTED_QUERY_NOT_FOUND"


async def test_nothing_but_trusted_documents_where_that_is_set(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_text(json.dumps({"greet": "query Greet($n: String!) { hello(name: $n) }"}))
    async with client(trusted_documents=path, trusted_only=True) as made:
        trusted = await post_query(made, documentId="greet", variables={"n": "Siti"})
        relay = await post_query(made, doc_id="greet", variables={"n": "Siti"})
        other = await post_query(made, "{ hello }")
        schema = await post_query(made, "{ __schema { queryType { name } } }")
    assert trusted.json()["data"] == relay.json()["data"] == {"hello": "Hello, Siti"}
    assert (other.status_code, error_code_of(other), error_code_of(schema)) == (400, "TRUSTED_ONLY", "TRUSTED_ONLY")


async def test_introspection_in_production_is_for_the_signed_in_where_it_is_set(client: Client) -> None:
    document = "{ __schema { queryType { name } } }"
    async with client(profile="production", explorer=True) as made:
        anonymous = await post_query(made, document)
    async with client() as made:
        signed = await post_query(made, document, headers=bearer_header(HR))
    assert error_code_of(anonymous) == "BAD_REQUEST"
    assert signed.status_code == 200


async def test_requests_are_counted_without_a_word_of_theirs(client: Client) -> None:
    async with client() as made:
        await post_query(made, "query SecretName { hello }", headers={"x-request-id": "marked"})
        await post_query(made, "{ hello }")
        await post_query(made, "{ hello }")
        await post_query(made, "{")
        await post_query(made, "{ broken }")
        await post_query(made, "{ forbidden }")
        await made.post("/graphql", content=b"x", headers={"content-type": "text/plain"})
        counted = await made.get("/metrics")
    lines = dict(line.rsplit(" ", 1) for line in counted.text.splitlines() if not line.startswith("#"))
    assert counted.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert float(lines['kinerja_requests_total{code="OK",kind="query",status="200"}']) == 3
    assert float(lines['kinerja_requests_total{code="NOT_ALLOWED",kind="query",status="200"}']) == 1
    assert float(lines['kinerja_requests_total{code="SYNTAX_ERROR",kind="none",status="400"}']) == 1
    assert float(lines['kinerja_requests_total{code="UNSUPPORTED_MEDIA_TYPE",kind="none",status="415"}']) == 1
    assert float(lines['kinerja_executions_total{executor="reference"}']) == 5
    assert float(lines["kinerja_documents_found_total"]) == 1
    assert float(lines["kinerja_request_seconds_count"]) == 7
    assert float(lines['kinerja_request_seconds_bucket{le="+Inf"}']) == 7
    assert "SecretName" not in counted.text
    assert "marked" not in counted.text
