"""What is counted."""

from kinerja.observability.metrics import Metrics
from kinerja.web.graphql_protocol import ErrorCode


def lines(metrics: Metrics) -> dict[str, float]:
    text = metrics.render_metrics().decode()
    return {
        name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    }


def test_a_code_that_is_none_of_ours_is_no_label() -> None:
    metrics = Metrics(dict, dict, ErrorCode)
    metrics.count_request("query", 200, "X-CHOSEN-BY-A-CLIENT", 0.1)
    metrics.count_request("query", 200, "ANOTHER", 0.1)
    metrics.count_request("query", 200, "NOT_ALLOWED", 0.1)
    found = lines(metrics)
    assert found['kinerja_requests_total{code="OTHER",kind="query",status="200"}'] == 2
    assert found['kinerja_requests_total{code="NOT_ALLOWED",kind="query",status="200"}'] == 1
    assert "CHOSEN" not in metrics.render_metrics().decode()


def test_times_fall_into_buckets_that_add_up() -> None:
    metrics = Metrics(dict, dict, ErrorCode)
    for seconds in (0.0005, 0.001, 0.002, 0.4, 99.0):
        metrics.count_request("query", 200, "OK", seconds)
    found = lines(metrics)
    assert found['kinerja_request_seconds_bucket{le="0.001"}'] == 2
    assert found['kinerja_request_seconds_bucket{le="0.0025"}'] == 3
    assert found['kinerja_request_seconds_bucket{le="10.0"}'] == 4
    assert found['kinerja_request_seconds_bucket{le="+Inf"}'] == found["kinerja_request_seconds_count"] == 5


def test_executors_and_what_stands_now_are_told() -> None:
    metrics = Metrics(lambda: {"connections": 3}, lambda: {"rate_limited": 7}, ErrorCode)
    metrics.count_execution(planned=True)
    metrics.count_execution(planned=True)
    metrics.count_execution(planned=False)
    found = lines(metrics)
    assert found['kinerja_executions_total{executor="planner"}'] == 2
    assert found['kinerja_executions_total{executor="reference"}'] == 1
    assert found["kinerja_connections"] == 3
    assert found["kinerja_rate_limited_total"] == 7
