"""What the suites in Python share: how they tell of their checks, and the plain answer to hold a client's against.

Needs nothing but the standard library: each suite runs in an environment of its own.
"""

import asyncio
import json
import os
import traceback
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

URL: Final = f"{os.environ['KINERJA_URL']}/graphql"
SOCKET_URL: Final = URL.replace("http", "ws", 1)
SECONDS: Final = 30

Check = Callable[[], Awaitable[None]]


def signed_in(role: str) -> dict[str, str]:
    """The header of somebody who is signed in."""
    with open(os.environ["KINERJA_TOKENS"], encoding="utf-8") as file:  # noqa: PTH123 - one line, no path to keep
        return {"authorization": f"Bearer {json.load(file)[role]}"}


def ask(role: str | None, document: str, **variables: Any) -> dict[str, Any]:
    """The `data` of a plain answer.

    Raises:
        AssertionError: there was an error in it.
    """
    headers = {"content-type": "application/json", **(signed_in(role) if role else {})}
    body = json.dumps({"query": document, "variables": variables}).encode()
    with urllib.request.urlopen(urllib.request.Request(URL, body, headers), timeout=SECONDS) as response:  # noqa: S310
        answer = json.load(response)
    assert not answer.get("errors"), answer["errors"]
    data: dict[str, Any] = answer["data"]
    return data


def position_ids() -> list[str]:
    """The IDs of all positions in their order, asked a hundred at a time."""
    document = """query ($after: String) {
      positions(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
    }"""
    found: list[str] = []
    after = None
    while True:
        page = ask(None, document, after=after)["positions"]
        found += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def recordable() -> dict[str, str]:
    """An input that records the year of somebody in the supervisor's team who has not been evaluated for it."""
    document = "{ me { team(first: 50) { nodes { plan { id year } evaluations(last: 12) { period } } } } }"
    for each in ask("supervisor", document)["me"]["team"]["nodes"]:
        plan = each["plan"]
        if plan and str(plan["year"]) not in {evaluation["period"] for evaluation in each["evaluations"]}:
            return {
                "clientMutationKey": str(uuid.uuid4()),
                "plan": plan["id"],
                "period": str(plan["year"]),
                "resultsIndex": "97.50",
                "behaviourIndex": "91.25",
                "evidence": "All quarters, from the systems of record",
                "evidenceSource": "tests/clients",
            }
    raise AssertionError("the supervisor has recorded the year of everybody")


def job_input() -> dict[str, str]:
    """What asks for a job that is quickly done."""
    return {"clientMutationKey": str(uuid.uuid4()), "kind": "ESTIMATE_EFFECTS"}


def run(*checks: Check, seconds: float = SECONDS) -> None:
    """Run each check, for so long at the most, and tell of it in a line of JSON."""
    asyncio.run(_run(checks, seconds))


async def _run(checks: tuple[Check, ...], seconds: float) -> None:
    for check in checks:
        _tell(await _outcome(check, seconds))


async def _outcome(check: Check, seconds: float) -> Mapping[str, str]:
    name = (check.__doc__ or "").splitlines()[0].rstrip(".")
    try:
        async with asyncio.timeout(seconds):
            await check()
    except Exception:  # noqa: BLE001 - whatever a client raises is the finding
        return {"name": name, "state": "fail", "why": traceback.format_exc(limit=-4)}
    return {"name": name, "state": "pass", "why": ""}


def _tell(outcome: Mapping[str, str]) -> None:
    print(json.dumps(outcome), flush=True)
