"""Minimal GraphQL client of the demo: HTTP requests with a token per role."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

TIMEOUT_SECONDS: Final = 60


class StepFailed(Exception):
    """A step of the walkthrough did not find the expected data."""


@dataclass(slots=True)
class DemoClient:
    """Sends operations to one server, each as one role.

    `statement_count` and `elapsed_ms` are those of the last response.
    """

    url: str
    tokens: Mapping[str, str]
    statement_count: int = field(default=0, init=False)
    elapsed_ms: float = field(default=0.0, init=False)

    async def send_operation(self, role: str | None, document: str, **variables: Any) -> dict[str, Any]:
        """Send an operation and return the `data` of its response.

        Raises:
            StepFailed: the response holds errors, or there is none.
        """
        answer = await asyncio.to_thread(self._post_json, role, document, variables)
        if answer.get("errors"):
            raise StepFailed(f"as {role}: {answer['errors'][0]['message']}")
        data: dict[str, Any] = answer["data"]
        return data

    def _post_json(self, role: str | None, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
        if role is not None:
            headers["authorization"] = f"Bearer {self.tokens[role]}"
        body = json.dumps({"query": document, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, headers)  # noqa: S310 - our own server
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - our own server
                answer: dict[str, Any] = json.load(response)
                self.statement_count = int(response.headers.get("x-db-queries", 0))
        except urllib.error.HTTPError as error:
            answer = json.load(error)
        except OSError as error:
            raise StepFailed(f"no answer from {self.url}: {error}") from error
        self.elapsed_ms = 1000 * (time.perf_counter() - began)
        return answer
