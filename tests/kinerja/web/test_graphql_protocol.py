"""GraphQL over HTTP: media types, bodies and documents."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja.web import graphql_protocol
from kinerja.web.graphql_protocol import PLAIN_JSON, RESPONSE_JSON, ErrorCode, GraphQLRequest, RequestRejected


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, PLAIN_JSON),
        ("*/*", PLAIN_JSON),
        ("application/*", PLAIN_JSON),
        ("application/json", PLAIN_JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{RESPONSE_JSON}, application/json", RESPONSE_JSON),
        (f"application/json, {RESPONSE_JSON}", PLAIN_JSON),
        (f"application/json;q=0.5, {RESPONSE_JSON};q=0.9", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0, application/json;q=0.1", PLAIN_JSON),
        ("text/html, */*;q=0.1", PLAIN_JSON),
        ("APPLICATION/JSON; charset=UTF-8", PLAIN_JSON),
    ],
)
def test_the_answer_s_media_type(accept: str | None, chosen: str) -> None:
    assert graphql_protocol.choose_media_type(accept) == chosen


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "application/json;charset=latin1", ",", "q=x"]
)
def test_what_cannot_be_accepted(accept: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        graphql_protocol.choose_media_type(accept)
    assert caught.value.code == ErrorCode.NOT_ACCEPTABLE


def test_an_empty_text_beside_an_id_is_none() -> None:
    asked = graphql_protocol.parse_body(b'{"query": "", "documentId": "a"}', "application/json")
    assert (asked.query, asked.document_id) == (None, "a")


@given(st.text())
def test_no_header_breaks_the_choice(accept: str) -> None:
    with contextlib.suppress(RequestRejected):
        assert graphql_protocol.choose_media_type(accept) in {PLAIN_JSON, RESPONSE_JSON}


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    st.none() | st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.integers() | st.booleans()),
)
def test_a_body_is_read_as_it_was_written(query: str, variables: dict[str, Any] | None) -> None:
    body = json.dumps({"query": query, "variables": variables}).encode()
    assert graphql_protocol.parse_body(body, "application/json") == GraphQLRequest(query, None, variables or {}, {})


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/json; charset=latin1", "multipart/form-data"]
)
def test_bodies_of_another_type_are_refused(content_type: str | None) -> None:
    with pytest.raises(RequestRejected) as caught:
        graphql_protocol.parse_body(b'{"query": "{a}"}', content_type)
    assert caught.value.code == ErrorCode.UNSUPPORTED_MEDIA_TYPE


def test_nesting_has_a_limit_and_width_has_none() -> None:
    def body(depth: int) -> bytes:
        return b'{"query": "{a}", "variables": {"v": ' + b"[" * depth + b"]" * depth + b"}}"

    assert graphql_protocol.parse_body(body(29), "application/json").query == "{a}"
    with pytest.raises(RequestRejected):
        graphql_protocol.parse_body(body(33), "application/json")
    wide = json.dumps({"query": "{a}", "variables": {"v": [[1]] * 20_000}}).encode()
    assert len(graphql_protocol.parse_body(wide, "application/json").variables["v"]) == 20_000


@pytest.mark.parametrize("name", ["documentId", "doc_id", "id"])
def test_a_document_may_be_named_instead_of_sent(name: str) -> None:
    body = json.dumps({name: "abc", "variables": {"a": 1}}).encode()
    assert graphql_protocol.parse_body(body, "application/json") == GraphQLRequest(None, None, {"a": 1}, {}, "abc")


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{a}", "variables": {"a": "\\u0000"}}',
        b'{"query": "{a}", "variables": {"\\u0000": 1}}',
        b'{"query": "{a}", "variables": {"a": "\\uDC00"}}',
        b'{"query": "{a}", "variables": {"a": "\\ud83d"}}',
        b'{"query": "{a}", "variables": {"a": "\\ude00\\ud83d"}}',
        b'{"query": "{a}", "variables": {"a": -Infinity}}',
        b'{"query": "{a}", "variables": {"a": "\x00"}}',
        b'{"query": "{a}", "variables": {"a": "\xed\xa0\x80"}}',
        b'{"documentId": 7}',
    ],
)
def test_what_cannot_be_held_is_refused(body: bytes) -> None:
    with pytest.raises(RequestRejected) as caught:
        graphql_protocol.parse_body(body, "application/json")
    assert caught.value.code == ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "😀", "\u00e9"])
def test_what_only_looks_like_it_is_taken(text: str) -> None:
    body = json.dumps({"query": "{a}", "variables": {"a": text}}).encode()
    assert graphql_protocol.parse_body(body, "application/json").variables == {"a": text}
