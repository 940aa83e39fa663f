"""Whether a page far down a list costs what the first one does."""

import json
import statistics
from dataclasses import dataclass
from typing import Final

from bench import load, rounds
from bench.asking import Ours
from bench.contenders import OURS
from bench.processes import Running
from bench.province import Say

SIZE: Final = 100
FURTHEST: Final = 500

_DOCUMENT: Final = (
    "query Page($after: String) { people(first: 100, after: $after)"
    " { nodes { id name rank unit { id name } } pageInfo { hasNextPage endCursor } } }"
)


@dataclass(frozen=True, slots=True)
class Pages:
    """Medians at one client in milliseconds, of the first page and of the one with this number."""

    number: int
    first_ms: float
    far_ms: float

    @property
    def ratio(self) -> float:
        """How many times as long the far page takes."""
        return self.far_ms / self.first_ms


def compare(server: Running, words: Ours, people: int, amount: int, say: Say) -> Pages:
    """Walk down the list of people by its cursors, then ask for both pages in turn, there and back again."""
    number = min(FURTHEST, people // SIZE)
    first, far = words.graphql(_DOCUMENT, {}), words.graphql(_DOCUMENT, {"after": _cursor(server, words, number)})
    taken: dict[str, list[float]] = {first.body: [], far.body: []}
    for request in (first, far, far, first, first, far):
        told = load.put(f"{OURS}, pages", server.address, [request], 1, amount)
        taken[request.body].append(told.p50)
    say("bench: pages done")
    return Pages(number, statistics.median(taken[first.body]), statistics.median(taken[far.body]))


def _cursor(server: Running, words: Ours, number: int) -> str:
    """The cursor after which the page with this number begins."""
    after = ""
    for _ in range(number - 1):
        asked = words.graphql(_DOCUMENT, {"after": after} if after else {})
        answer, _statements = rounds.ask(server, asked)
        after = json.loads(answer)["data"]["people"]["pageInfo"]["endCursor"]
    return after
