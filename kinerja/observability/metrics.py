"""Prometheus metrics without personal data or label values chosen by clients."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from domain.refusals import Refusal

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_LATENCY_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OTHER_CODE: Final = "OTHER"

ReadGauges = Callable[[], dict[str, int]]


class Metrics(Collector):
    """Metrics of one process, stored as plain numbers because every request updates them.

    Args:
        gauges: current values by name, read at each scrape.
        totals: growing counters by name, read at each scrape.
        error_codes: the codes of rejected requests, besides those of refusals.
    """

    def __init__(self, gauges: ReadGauges, totals: ReadGauges, error_codes: Iterable[str]) -> None:
        self._gauges = [gauges]
        self._totals = [totals]
        self._error_codes = frozenset(error_codes)
        self._requests: Counter[tuple[str, int, str]] = Counter()
        self._executions: Counter[bool] = Counter()
        self._buckets = [0] * (len(_LATENCY_BOUNDS) + 1)
        self._seconds = 0.0
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def add_sources(self, gauges: ReadGauges, totals: ReadGauges) -> None:
        """Add gauges and totals to read at each scrape."""
        self._gauges.append(gauges)
        self._totals.append(totals)

    def count_request(self, kind: str, status: int, code: str, seconds: float) -> None:
        """Count an answered GraphQL request."""
        self._requests[kind, status, code] += 1
        self._buckets[bisect_left(_LATENCY_BOUNDS, seconds)] += 1
        self._seconds += seconds

    def count_execution(self, *, planned: bool) -> None:
        """Count an executed operation, by executor."""
        self._executions[planned] += 1

    def render_metrics(self) -> bytes:
        """Render all metrics in Prometheus text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """Describe nothing: the set of metrics may differ between scrapes."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics, for prometheus_client."""
        requests = CounterMetricFamily(
            "kinerja_requests", "GraphQL requests by kind, status and first code.", labels=["kind", "status", "code"]
        )
        codes = _all_codes(self._error_codes)
        summed: Counter[tuple[str, str, str]] = Counter()
        for (kind, status, code), count in self._requests.items():
            summed[kind, str(status), code if code in codes else _OTHER_CODE] += count
        for labels, count in summed.items():
            requests.add_metric(labels, count)
        yield requests
        executed = CounterMetricFamily("kinerja_executions", "Operations that ran, by executor.", labels=["executor"])
        for planned, name in ((True, "planner"), (False, "reference")):
            executed.add_metric([name], self._executions[planned])
        yield executed
        yield self._latency_histogram()
        for name, value in _read_sources(self._totals):
            yield CounterMetricFamily(f"kinerja_{name}", f"Total of {name.replace('_', ' ')}.", value=value)
        for name, value in _read_sources(self._gauges):
            yield GaugeMetricFamily(f"kinerja_{name}", f"Now: {name.replace('_', ' ')}.", value=value)

    def _latency_histogram(self) -> Metric:
        buckets, total = [], 0
        for bound, count in zip([*map(str, _LATENCY_BOUNDS), "+Inf"], self._buckets, strict=True):
            total += count
            buckets.append((bound, float(total)))
        return HistogramMetricFamily(
            "kinerja_request_seconds", "Seconds per GraphQL request.", buckets=buckets, sum_value=self._seconds
        )


def _all_codes(error_codes: Iterable[str]) -> set[str]:
    """Return the closed list of error codes."""
    known = {"OK", "OUT_OF_SIGHT", *error_codes}
    waiting = [Refusal]
    while waiting:
        found = waiting.pop().__subclasses__()
        known |= {each.code for each in found}
        waiting += found
    return known


def _read_sources(sources: list[ReadGauges]) -> Iterator[tuple[str, int]]:
    for source in sources:
        yield from source().items()
