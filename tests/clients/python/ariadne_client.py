"""ariadne-codegen: a client generated from the committed schema, its scalars Python's own."""

import asyncio
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import check_runner


def generated(folder: Path) -> Any:
    """The package that ariadne-codegen makes in a folder."""
    source = Path(__file__).parent / "ariadne"
    for path in source.iterdir():
        shutil.copy(path, folder)
    shutil.copy(os.environ["KINERJA_SCHEMA"], folder / "schema.graphql")
    command = [str(Path(sys.executable).parent / "ariadne-codegen"), "client"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    return importlib.import_module("kinerja_client")


FOLDER = tempfile.TemporaryDirectory()
CLIENT = generated(Path(FOLDER.name))


def connect(role: str) -> Any:
    """A client of somebody who is signed in."""
    headers = check_runner.signed_in(role)
    return CLIENT.Client(
        url=check_runner.URL, headers=headers, ws_url=check_runner.SOCKET_URL, ws_connection_init_payload=headers
    )


async def check_types() -> None:
    """A query, its scalars Python's own."""
    async with connect("employee") as client:
        me = (await client.me()).me
    assert isinstance(me.joined_on, date)
    assert isinstance(me.evaluations[-1].score, Decimal)
    assert me.nip is not None
    assert len(me.nip) == 18


async def check_walk() -> None:
    """A connection walked to its end."""
    found: list[str] = []
    after = None
    async with connect("employee") as client:
        while True:
            page = (await client.positions(first=70, after=after)).positions
            found += [node.id for node in page.nodes]
            if not page.page_info.has_next_page:
                break
            after = page.page_info.end_cursor
    assert found == check_runner.position_ids()


async def check_refusal() -> None:
    """A mutation, its refusal typed."""
    given = check_runner.recordable()
    async with connect("supervisor") as client:
        made = CLIENT.RecordEvaluationInput(**{**given, "resultsIndex": Decimal("97.50")})
        recorded = (await client.record(made)).record_evaluation
        assert recorded.typename__ == "Evaluation", recorded
        assert isinstance(recorded.score, Decimal)
        again = made.model_copy(update={"client_mutation_key": str(uuid.uuid4())})
        refused = (await client.record(again)).record_evaluation
    assert refused.typename__ == "AlreadyEvaluated", refused


async def check_error() -> None:
    """Errors reach the client with their code."""
    errors: Sequence[Any] = ()
    async with connect("employee") as client:
        try:
            await client.positions(first=101)
        except CLIENT.GraphQLClientGraphQLMultiError as error:
            errors = error.errors
    assert errors
    assert errors[0].extensions["code"] == "INVALID_INPUT", errors


async def check_live() -> None:
    """Job progress, caused meanwhile."""
    document = "mutation ($input: RequestJobInput!) { requestJob(input: $input) { __typename } }"

    async def cause() -> None:
        while True:
            await asyncio.sleep(0.5)
            await asyncio.to_thread(check_runner.ask, "admin", document, input=check_runner.job_input())
            await asyncio.sleep(2)

    task = asyncio.create_task(cause())
    try:
        async with connect("admin") as client:
            async for event in client.progress():
                assert event.job_progressed.job.kind == "ESTIMATE_EFFECTS", event
                break
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    check_runner.run(check_types, check_walk, check_refusal, check_error, check_live)
