"""A payload over the row that was written: the same SELECT with parameters of its own."""

from resolvers.planner.payload_rewrite import build_written_row_query


def test_parameters_that_nothing_names_are_left_out() -> None:
    made = build_written_row_query(
        "SELECT $4::text, a$1 FROM b WHERE c = $2::bigint AND d = $4::text", ["one", "two", "three", "four"]
    )
    assert made.sql == "SELECT $2::text, a$1 FROM b WHERE c = $1::bigint AND d = $2::text"
    assert made.parameters == ("two", "four")
