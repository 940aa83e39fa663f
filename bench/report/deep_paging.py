"""Deep paging: cost of a page far down a list beside the first."""

import json
import statistics
from dataclasses import dataclass
from typing import Final

from bench.contenders import load_generator
from bench.contenders.contender import OURS
from bench.contenders.processes import ServerProcess
from bench.province_database import LineReporter
from bench.report import rounds
from bench.workload.request_builders import KinerjaRequests

PAGE_SIZE: Final = 100
FURTHEST_PAGE: Final = 500

_DOCUMENT: Final = (
    "query Page($after: String) { people(first: 100, after: $after)"
    " { nodes { id name grade unit { id name } } pageInfo { hasNextPage endCursor } } }"
)


@dataclass(frozen=True, slots=True)
class DeepPageTiming:
    """Median times of the first page and of a far one.

    At one client, in milliseconds; `number` is that of the far page.
    """

    number: int
    first_ms: float
    far_ms: float

    @property
    def ratio(self) -> float:
        """Time of the far page over that of the first."""
        return self.far_ms / self.first_ms


def time_deep_page(
    server: ServerProcess, builder: KinerjaRequests, people: int, amount: int, say: LineReporter
) -> DeepPageTiming:
    """Time the first and a far page of the list of people.

    Its cursor is reached page by page; then both are requested in turn, there and back again.
    """
    number = min(FURTHEST_PAGE, people // PAGE_SIZE)
    first, far = (
        builder.build_graphql(_DOCUMENT, {}),
        builder.build_graphql(_DOCUMENT, {"after": _find_page_cursor(server, builder, number)}),
    )
    taken: dict[str, list[float]] = {first.body: [], far.body: []}
    for request in (first, far, far, first, first, far):
        told = load_generator.run_load(f"{OURS}, pages", server.address, [request], 1, amount)
        taken[request.body].append(told.p50)
    say("bench: pages done")
    return DeepPageTiming(number, statistics.median(taken[first.body]), statistics.median(taken[far.body]))


def _find_page_cursor(server: ServerProcess, builder: KinerjaRequests, number: int) -> str:
    """Find the cursor before the page with this number."""
    after = ""
    for _ in range(number - 1):
        asked = builder.build_graphql(_DOCUMENT, {"after": after} if after else {})
        answer, _statements = rounds.send_bench_request(server, asked)
        after = json.loads(answer)["data"]["people"]["pageInfo"]["endCursor"]
    return after
