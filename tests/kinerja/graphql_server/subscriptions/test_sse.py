"""Subscriptions as server-sent events, and which clients get what: by what they accept and what they ask."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.graphql_server.subscriptions import sse
from kinerja.web import graphql_protocol
from kinerja.web.graphql_protocol import EVENT_STREAM, PLAIN_JSON, RESPONSE_JSON, ErrorCode, RequestRejected
from tests.kinerja.graphql_server.subscriptions.conftest import (
    AUDITOR,
    EMPLOYEE,
    LISTEN,
    LiveServer,
    Serving,
    get_delivery,
    issue_token,
)
from tests.kinerja.sample_api import SECRET

Progress = Callable[..., Awaitable[int]]

JSON = "application/graphql-response+json, application/graphql+json, application/json"
URQL = f"{JSON}, text/event-stream, multipart/mixed"


@asynccontextmanager
async def open_stream(
    served: LiveServer, document: str, accept: str = EVENT_STREAM, bearer: str | None = None, **variables: Any
) -> AsyncIterator[httpx2.Response]:
    headers = {"accept": accept, "authorization": f"Bearer {bearer or issue_token()}"}
    body = {"query": document, "variables": variables}
    async with (
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=15) as client,
        client.stream("POST", "/graphql", json=body, headers=headers) as response,
    ):
        yield response


async def events(response: httpx2.Response) -> AsyncIterator[tuple[str, Any]]:
    """The events of a stream; signs of life are left out."""
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            text = line.removeprefix("data:").strip()
            yield name, json.loads(text) if text else None


async def read_events_of(response: httpx2.Response, count: int = 1) -> list[tuple[str, Any]]:
    found = []
    async with asyncio.timeout(15):
        async for event in events(response):
            found.append(event)
            if len(found) == count:
                break
    return found


async def wait_for_listeners(served: LiveServer, count: int) -> None:
    """Wait until so many listen."""
    for _ in range(500):
        if get_delivery(served).subscription_count == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{get_delivery(served).subscription_count} listen, not {count}")


async def test_an_event_comes_to_who_listens(served: LiveServer, progress: Progress) -> None:
    async with open_stream(served, LISTEN) as response:
        assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert response.headers["x-request-id"]
        await wait_for_listeners(served, 1)
        job = await progress(3)
        ((name, result),) = await read_events_of(response)
        assert name == "next"
        assert result["data"]["jobProgressed"]["job"] == {"id": f"jo{job}", "done": 3}
        await response.aclose()
        await wait_for_listeners(served, 0)


async def test_a_cursor_goes_on_after_it(served: LiveServer, progress: Progress) -> None:
    async with open_stream(served, LISTEN) as response:
        await wait_for_listeners(served, 1)
        await progress(1)
        ((_, result),) = await read_events_of(response)
    await progress(2)
    async with open_stream(served, LISTEN, after=result["data"]["jobProgressed"]["cursor"]) as response:
        ((_, again),) = await read_events_of(response)
    assert again["data"]["jobProgressed"]["job"]["done"] == 2


async def test_who_may_not_see_it_is_told_nothing(served: LiveServer, progress: Progress) -> None:
    async with (
        open_stream(served, LISTEN, bearer=issue_token(EMPLOYEE)) as blind,
        open_stream(served, LISTEN) as seeing,
    ):
        await wait_for_listeners(served, 2)
        await progress(1)
        assert await read_events_of(seeing)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await read_events_of(blind)


async def test_between_events_there_are_signs_of_life(serving: Serving) -> None:
    async with (
        serving(beats=sse.StreamLimits(heartbeat_seconds=0.05)) as served,
        open_stream(served, LISTEN) as response,
    ):
        lines = response.aiter_lines()
        async with asyncio.timeout(5):
            assert [line async for line, _ in enumerate_lines(lines, 6)] == [":", ""] * 3


async def enumerate_lines(lines: AsyncIterator[str], count: int) -> AsyncIterator[tuple[str, int]]:
    for number in range(count):
        yield await anext(lines), number


async def test_a_token_that_is_over_ends_the_stream_with_a_code(served: LiveServer, progress: Progress) -> None:
    brief = authenticator.DemoTokens(SECRET).issue_demo_token(AUDITOR, business_date.utc_now(), timedelta(seconds=1))
    async with open_stream(served, LISTEN, bearer=brief) as response:
        (first, second) = await read_events_of(response, 2)
        assert [each["extensions"]["code"] for each in first[1]["errors"]] == ["NOT_SIGNED_IN"]
        assert second == ("complete", None)


async def test_the_end_of_the_server_ends_the_stream_unfinished(serving: Serving) -> None:
    async with serving() as served, open_stream(served, LISTEN) as response:
        await wait_for_listeners(served, 1)
        ending = asyncio.create_task(served.stop())
        assert await read_events_of(response) == []
        async with asyncio.timeout(2):
            await ending


REFUSED = [
    ("{ nothing }", ErrorCode.VALIDATION_FAILED),
    ('subscription { jobProgressed(after: "no cursor") { cursor } }', ErrorCode.INVALID_INPUT),
    ('subscription { jobProgressed(after: "WyJldmVudCIsMSwxXQ") { cursor } }', ErrorCode.CURSOR_EXPIRED),
]


@pytest.mark.parametrize(("document", "code"), REFUSED)
async def test_what_cannot_run_is_told_in_the_stream(served: LiveServer, document: str, code: ErrorCode) -> None:
    async with open_stream(served, document) as response:
        assert response.status_code == 200
        first, second = await read_events_of(response, 2)
        assert [each["extensions"]["code"] for each in first[1]["errors"]] == [code]
        assert second == ("complete", None)


async def test_a_bad_token_is_refused_by_its_status(served: LiveServer) -> None:
    async with open_stream(served, LISTEN, bearer="nonsense") as response:
        assert response.status_code == 401
        assert json.loads(await response.aread())["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


@pytest.mark.parametrize(
    ("accept", "document", "media"),
    [
        (URQL, "{ __typename }", RESPONSE_JSON),
        ("text/event-stream, application/json;q=0.1", "{ __typename }", PLAIN_JSON),
        ("*/*", "{ __typename }", PLAIN_JSON),
        (EVENT_STREAM, "{ __typename }", EVENT_STREAM),
        (URQL, LISTEN, EVENT_STREAM),
        ("*/*", LISTEN, EVENT_STREAM),
        (RESPONSE_JSON, LISTEN, None),
        ("application/json, text/event-stream;q=0", LISTEN, None),
        ("image/png", LISTEN, None),
        ("image/png", "{ __typename }", None),
    ],
)
async def test_what_a_client_gets_depends_on_what_it_takes_and_asks(
    served: LiveServer, accept: str, document: str, media: str | None
) -> None:
    async with open_stream(served, document, accept) as response:
        found = response.headers["content-type"].partition(";")[0]
        assert (response.status_code, found) == (200, media) if media else response.status_code == 406
        if media is None:
            assert json.loads(await response.aread())["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"


async def test_a_single_result_is_a_stream_of_one(served: LiveServer) -> None:
    async with open_stream(served, "{ __typename }") as response:
        first, second = await read_events_of(response, 2)
        assert (first[0], first[1]["data"]) == ("next", {"__typename": "Query"})
        assert second == ("complete", None)


async def test_a_subscription_may_come_by_get(served: LiveServer, progress: Progress) -> None:
    headers = {"accept": EVENT_STREAM, "authorization": f"Bearer {issue_token()}"}
    async with (
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client,
        client.stream("GET", "/graphql", params={"query": LISTEN}, headers=headers) as response,
    ):
        await wait_for_listeners(served, 1)
        await progress(8)
        ((_, result),) = await read_events_of(response)
    assert result["data"]["jobProgressed"]["job"]["done"] == 8


async def test_what_is_counted_tells_who_listens(serving: Serving, progress: Progress) -> None:
    async with serving() as served, open_stream(served, LISTEN) as response:
        await wait_for_listeners(served, 1)
        await progress(8)
        await read_events_of(response)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
            text = (await client.get("/metrics")).text
    assert "kinerja_listeners 1.0" in text
    assert "kinerja_events_told_total 1.0" in text


def test_a_client_that_takes_nothing_we_have_is_told_so() -> None:
    with pytest.raises(RequestRejected) as refused:
        graphql_protocol.choose_media_type("text/html")
    assert refused.value.code is ErrorCode.NOT_ACCEPTABLE
