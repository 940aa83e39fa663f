"""The HTTP application: what a client sees, and what it never sees."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.postgres import database
from kinerja.web import graphql_protocol
from tests.kinerja.sample_api import HR, SECRET, bearer_header, schema

Client = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

GQL = graphql_protocol.RESPONSE_JSON


async def ask(made: httpx2.AsyncClient, query: str, accept: str = GQL, **more: Any) -> httpx2.Response:
    headers = {"accept": accept, **more.pop("headers", {})}
    return await made.post("/graphql", json={"query": query, **more}, headers=headers)


def code(response: httpx2.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


async def test_answers_data_with_its_media_type_and_id(client: Client) -> None:
    async with client() as made:
        answer = await ask(made, "{ hello }")
    assert answer.status_code == 200
    assert answer.json()["data"] == {"hello": "Hello, you"}
    assert answer.headers["content-type"] == f"{GQL}; charset=utf-8"
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["x-db-queries"] == "0"


async def test_get_is_for_queries(client: Client) -> None:
    async with client() as made:
        read = await made.get(
            "/graphql", params={"query": "query($n: String!) {hello(name: $n)}", "variables": '{"n": "Siti"}'}
        )
        written = await made.get("/graphql", params={"query": 'mutation { setDay(day: "2026-07-01") }'})
    assert read.json()["data"] == {"hello": "Hello, Siti"}
    assert written.status_code == 405
    assert written.headers["allow"] == "POST"
    assert code(written) == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"null", 400, "BAD_REQUEST"),
        (b'"x"', 400, "BAD_REQUEST"),
        (b"7", 400, "BAD_REQUEST"),
        (b"true", 400, "BAD_REQUEST"),
        (b"", 400, "BAD_REQUEST"),
        (b"{", 400, "BAD_REQUEST"),
        (b"\xff", 400, "BAD_REQUEST"),
        (b'[{"query": "{hello}"}]', 400, "BAD_REQUEST"),
        (b'{"qeury": "{hello}"}', 400, "BAD_REQUEST"),
        (b'{"query": 7}', 400, "BAD_REQUEST"),
        (b'{"query": "{hello}", "variables": "x"}', 400, "BAD_REQUEST"),
        (b'{"query": "{hello}", "operationName": 7}', 400, "BAD_REQUEST"),
        (b'{"query": "{hello}", "extensions": []}', 400, "BAD_REQUEST"),
        (b'{"query": "{hello}", "variables": {"a": NaN}}', 400, "BAD_REQUEST"),
        (b'{"query": "{hello}", "variables": {"a": "\\ud800"}}', 400, "BAD_REQUEST"),
        (b'{"query": "{hello}", "variables": {"a": "\\u0000"}}', 400, "BAD_REQUEST"),
        (b'{"query": "{hello}", "variables": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}", 400, "BAD_REQUEST"),
        (b"[" * 100_000, 400, "BAD_REQUEST"),
        (b'{"query": "' + b"{a" * 900 + b'"}', 400, "SYNTAX_ERROR"),
        (b'{"query": "' + b" " * graphql_protocol.MAX_BODY_BYTES + b'"}', 413, "TOO_LARGE"),
    ],
)
async def test_what_a_client_sends_wrongly_is_its_error(
    client: Client, body: bytes, status: int, expected: str
) -> None:
    async with client() as made:
        answer = await made.post(
            "/graphql", content=body, headers={"content-type": "application/json", "accept": GQL}
        )
    assert (answer.status_code, code(answer)) == (status, expected)
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]


async def test_a_body_without_a_length_is_cut_off(client: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 10_000

    async with client() as made:
        answer = await made.post("/graphql", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_a_slow_body_times_out(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinerja.graphql_server.endpoint._BODY_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1)
        yield b"}"

    async with client() as made:
        answer = await made.post("/graphql", content=slow(), headers={"content-type": "application/json"})
    assert (answer.status_code, code(answer)) == (408, "TIMEOUT")


async def test_media_types(client: Client) -> None:
    async with client() as made:
        unsupported = await made.post("/graphql", content=b"{hello}", headers={"content-type": "text/plain"})
        unacceptable = await ask(made, "{ hello }", accept="text/csv")
        assumed = await ask(made, "{ hello }", accept="*/*")
        wrong_method = await made.put("/graphql", content=b"")
    assert (unsupported.status_code, code(unsupported)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (unacceptable.status_code, code(unacceptable)) == (406, "NOT_ACCEPTABLE")
    assert assumed.headers["content-type"].startswith("application/json")
    assert (wrong_method.status_code, code(wrong_method)) == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in wrong_method.headers["allow"]


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{", {}, "SYNTAX_ERROR"),
        ("{ nothing }", {}, "VALIDATION_FAILED"),
        ("{ hello(name: 7) }", {}, "VALIDATION_FAILED"),
        ("query($n: Int!) { half(number: $n) }", {"n": "x"}, "INVALID_INPUT"),
        ("query($n: Int!) { half(number: $n) }", {}, "INVALID_INPUT"),
    ],
)
async def test_errors_of_the_document_are_coded_and_cost_200_or_400(
    client: Client, query: str, variables: dict[str, Any], expected: str
) -> None:
    async with client() as made:
        plain = await ask(made, query, accept="application/json", variables=variables)
        own = await ask(made, query, variables=variables)
    assert (plain.status_code, own.status_code) == (200, 400)
    assert code(plain) == code(own) == expected
    assert "data" not in own.json()


async def test_several_operations_need_a_name(client: Client) -> None:
    document = "query A { hello } query B { half(number: 8) }"
    async with client() as made:
        unnamed = await ask(made, document)
        named = await ask(made, document, operationName="B")
        unknown = await ask(made, document, operationName="C")
    assert (unnamed.status_code, code(unnamed)) == (400, "BAD_REQUEST")
    assert named.json()["data"] == {"half": 4}
    assert (unknown.status_code, code(unknown)) == (400, "BAD_REQUEST")


async def test_nothing_internal_leaks(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    async with client() as made:
        answer = await ask(made, "{ broken }")
    assert code(answer) == "INTERNAL"
    assert not re.search(r"1980|leaks|RuntimeError|secret|Traceback", answer.text)
    assert "field_failed" in "".join(capfd.readouterr())


async def test_refusals_keep_their_code_and_message(client: Client) -> None:
    async with client() as made:
        answer = await ask(made, "{ hello forbidden }")
    assert answer.status_code == 200
    assert answer.json()["data"] == {"hello": "Hello, you", "forbidden": None}
    assert answer.json()["errors"][0]["message"] == "The role hr may not look."
    assert code(answer) == "NOT_ALLOWED"


async def test_an_absent_database_is_503_with_a_time_to_try_again(client: Client) -> None:
    async with client() as made:
        inside = await ask(made, "{ away }")
    assert (inside.status_code, code(inside), inside.headers["retry-after"]) == (503, "UNAVAILABLE", "1")
    async with database.open_database("postgresql://nobody@/none?host=/nonexistent") as gone, client(gone) as made:
        ready = await made.get("/readyz")
        before = await ask(made, "{ hello }")
        alive = await made.get("/healthz")
    assert (ready.status_code, code(ready)) == (503, "UNAVAILABLE")
    assert (before.status_code, code(before)) == (503, "UNAVAILABLE")
    assert alive.status_code == 200


async def test_who_asks(client: Client) -> None:
    async with client() as made:
        nobody = await ask(made, "{ who }")
        somebody = await ask(made, "{ who }", headers=bearer_header(HR))
    assert nobody.json()["data"]["who"] is None
    assert somebody.json()["data"]["who"] == "hr:412"


@pytest.mark.parametrize("header", ["Bearer x", "Basic YTpi", "Bearer ", "Bearer " + "a" * 5000])
async def test_a_bad_token_is_401_and_not_nobody(client: Client, header: str) -> None:
    async with client() as made:
        answer = await ask(made, "{ who }", headers={"authorization": header})
    assert (answer.status_code, code(answer)) == (401, "NOT_SIGNED_IN")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "data" not in answer.json()


async def test_an_expired_token_is_401(client: Client) -> None:
    old = authenticator.DemoTokens(SECRET).issue_demo_token(HR, business_date.utc_now() - timedelta(hours=9))
    async with client() as made:
        answer = await ask(made, "{ who }", headers={"authorization": f"Bearer {old}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("profile", ["development", "production"])
async def test_a_token_is_401_outside_the_demo(client: Client, profile: str) -> None:
    async with client(profile=profile) as made:
        refused = await ask(made, "{ who }", headers=bearer_header(HR))
        nobody = await ask(made, "{ who }")
    assert (refused.status_code, code(refused)) == (401, "NOT_SIGNED_IN")
    assert refused.json()["errors"][0]["message"] == "The token is invalid or has expired."
    assert (nobody.status_code, nobody.json()["data"]) == (200, {"who": None})


async def test_statements_are_counted_but_not_in_production(client: Client) -> None:
    async with client() as made:
        twice = await ask(made, "{ a: one b: one }")
    async with client(profile="production") as made:
        hidden = await ask(made, "{ one }")
    assert twice.headers["x-db-queries"] == "2"
    assert "x-db-queries" not in hidden.headers


async def test_one_document_reads_one_snapshot(client: Client) -> None:
    async with client() as made:
        answer = await ask(made, "{ a: transaction b: transaction c: transaction }")
    assert len(set(answer.json()["data"].values())) == 1


async def test_a_write_is_seen_in_its_payload_and_by_the_next_request(client: Client) -> None:
    async with client() as made:
        unsigned = await ask(made, 'mutation { setDay(day: "2026-07-01") }')
        written = await ask(made, 'mutation { setDay(day: "2026-07-01") }', headers=bearer_header(HR))
        after = await ask(made, "{ today }")
    assert code(unsigned) == "NOT_SIGNED_IN"
    assert written.json()["data"] == {"setDay": "2026-07-01"}
    assert written.headers["x-db-queries"] == "3"
    assert after.json()["data"] == {"today": "2026-07-01"}


async def test_a_write_that_raises_leaves_nothing(client: Client) -> None:
    async with client() as made:
        await ask(made, 'mutation { setDay(day: "2026-07-02") }', headers=bearer_header(HR))
        answer = await ask(made, 'mutation { setDayAndFail(day: "2031-01-01") }', headers=bearer_header(HR))
        after = await ask(made, "{ today }")
    assert code(answer) == "INTERNAL"
    assert after.json()["data"]["today"] == "2026-07-02"


async def test_the_schema_can_be_asked_for_outside_production(client: Client) -> None:
    async with client(profile="development") as made:
        answer = await ask(made, "{ __schema { queryType { name } } }")
    assert answer.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


async def test_production_shows_neither_page_nor_schema(client: Client) -> None:
    async with client(profile="production") as made:
        shown = [(await made.get(path)).status_code for path in ("/", "/schema.graphql", "/explorer.json")]
        introspected = await ask(made, "{ __schema { queryType { name } } }")
        nested = await ask(made, 'query { ...F } fragment F on Query { t: __type(name: "Query") { name } }')
        answered = await ask(made, "{ __typename hello }")
    assert shown == [404, 404, 404]
    assert code(introspected) == code(nested) == "BAD_REQUEST"
    assert answered.status_code == 200


async def test_the_schema_is_served_as_text(client: Client) -> None:
    async with client() as made:
        served = await made.get("/schema.graphql")
        ready = await made.get("/readyz")
    assert served.text == schema.as_str()
    assert ready.json() == {"status": "ready"}


async def test_the_request_s_own_id_is_kept_if_it_is_one(client: Client) -> None:
    async with client() as made:
        kept = await made.get("/healthz", headers={"x-request-id": "abc-123"})
        replaced = await made.get("/healthz", headers={"x-request-id": "a b<script>"})
        missing = await made.get("/nowhere")
    assert kept.headers["x-request-id"] == "abc-123"
    assert re.fullmatch("[0-9a-f]{32}", replaced.headers["x-request-id"])
    assert (missing.status_code, code(missing)) == (404, "NOT_FOUND")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["query", "variables", "operationName", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
async def test_no_json_makes_a_5xx(client: Client, value: Any) -> None:
    async with client() as made:
        answer = await made.post(
            "/graphql", content=json.dumps(value).encode(), headers={"content-type": "application/json"}
        )
    assert answer.status_code < 500
