"""gql: over HTTP with the schema fetched, over a WebSocket, and live."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import check_runner
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

POSITIONS = """query Positions($first: Int!, $after: String) {
  positions(first: $first, after: $after) { nodes { id title } pageInfo { hasNextPage endCursor } totalCount }
}"""
RECORD = """mutation Record($input: RecordEvaluationInput!) {
  recordEvaluation(input: $input) { __typename ... on Evaluation { id score } ... on Refusal { code message path } }
}"""
PROGRESS = "subscription { jobProgressed { cursor at job { id kind status } } }"
REQUEST = """mutation Request($input: RequestJobInput!) {
  requestJob(input: $input) { __typename ... on Job { id } ... on Refusal { message } }
}"""


def http(role: str | None = None) -> Client:
    """A client over HTTP that fetches the schema and checks documents against it."""
    headers = check_runner.signed_in(role) if role else {}
    return Client(
        transport=HTTPXAsyncTransport(url=check_runner.URL, headers=headers), fetch_schema_from_transport=True
    )


def socket(role: str) -> Client:
    """A client over a WebSocket, which offers the older protocol too."""
    return Client(
        transport=WebsocketsTransport(url=check_runner.SOCKET_URL, init_payload=check_runner.signed_in(role))
    )


async def asked(client: Client, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """One answer."""
    query = gql(document)
    query.variable_values = dict(variables)
    async with client as session:
        answer: dict[str, Any] = await session.execute(query)
        return answer


async def walked(client: Client) -> list[str]:
    """The IDs of a connection walked to its end in pages of 70."""
    found: list[str] = []
    after = None
    while True:
        page = (await asked(client, POSITIONS, {"first": 70, "after": after}))["positions"]
        found += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(found) == page["totalCount"] > 70
            return found
        after = page["pageInfo"]["endCursor"]


async def check_walk() -> None:
    """A connection walked to its end."""
    assert await walked(http()) == check_runner.position_ids()


async def check_walk_over_socket() -> None:
    """A connection walked to its end over a WebSocket."""
    assert await walked(socket("employee")) == check_runner.position_ids()


async def check_refusal() -> None:
    """A mutation, its refusal typed."""
    given = check_runner.recordable()
    client = http("supervisor")
    recorded = (await asked(client, RECORD, {"input": given}))["recordEvaluation"]
    assert recorded["__typename"] == "Evaluation", recorded
    again = {**given, "clientMutationKey": str(uuid.uuid4())}
    refused = (await asked(client, RECORD, {"input": again}))["recordEvaluation"]
    assert refused["__typename"] == "AlreadyEvaluated", refused


async def check_error() -> None:
    """Errors reach the client with their code."""
    errors: Sequence[Any] | None = None
    try:
        await asked(http(), POSITIONS, {"first": 101})
    except TransportQueryError as error:
        errors = error.errors
    assert errors
    assert errors[0]["extensions"]["code"] == "INVALID_INPUT", errors


async def check_live() -> None:
    """Job progress over a WebSocket, caused meanwhile."""

    async def cause() -> None:
        while True:
            await asyncio.sleep(0.5)
            await asked(http("admin"), REQUEST, {"input": check_runner.job_input()})
            await asyncio.sleep(2)

    task = asyncio.create_task(cause())
    try:
        async with socket("admin") as session:
            async for event in session.subscribe(gql(PROGRESS)):
                assert event["jobProgressed"]["job"]["kind"] == "ESTIMATE_EFFECTS", event
                assert event["jobProgressed"]["cursor"]
                break
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    check_runner.run(check_walk, check_refusal, check_error, check_walk_over_socket, check_live)
