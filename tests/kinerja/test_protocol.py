"""GraphQL over HTTP: media types, bodies and documents."""

import contextlib
import json
from typing import Any

import pytest
from graphql import OperationType
from hypothesis import given
from hypothesis import strategies as st

from kinerja import protocol
from kinerja.protocol import PLAIN_JSON, RESPONSE_JSON, Asked, Code, Rejected


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
    assert protocol.media_type(accept) == chosen


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "application/json;charset=latin1", ",", "q=x"]
)
def test_what_cannot_be_accepted(accept: str) -> None:
    with pytest.raises(Rejected) as caught:
        protocol.media_type(accept)
    assert caught.value.code == Code.NOT_ACCEPTABLE


@given(st.text())
def test_no_header_breaks_the_choice(accept: str) -> None:
    with contextlib.suppress(Rejected):
        assert protocol.media_type(accept) in {PLAIN_JSON, RESPONSE_JSON}


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    st.none() | st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.integers() | st.booleans()),
)
def test_a_body_is_read_as_it_was_written(query: str, variables: dict[str, Any] | None) -> None:
    body = json.dumps({"query": query, "variables": variables}).encode()
    assert protocol.from_body(body, "application/json") == Asked(query, None, variables or {}, {})


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/json; charset=latin1", "multipart/form-data"]
)
def test_bodies_of_another_type_are_refused(content_type: str | None) -> None:
    with pytest.raises(Rejected) as caught:
        protocol.from_body(b'{"query": "{a}"}', content_type)
    assert caught.value.code == Code.UNSUPPORTED_MEDIA_TYPE


def test_nesting_has_a_limit_and_width_has_none() -> None:
    def body(depth: int) -> bytes:
        return b'{"query": "{a}", "variables": {"v": ' + b"[" * depth + b"]" * depth + b"}}"

    assert protocol.from_body(body(29), "application/json").query == "{a}"
    with pytest.raises(Rejected):
        protocol.from_body(body(33), "application/json")
    wide = json.dumps({"query": "{a}", "variables": {"v": [[1]] * 20_000}}).encode()
    assert len(protocol.from_body(wide, "application/json").variables["v"]) == 20_000


def test_the_tokens_of_a_document_are_counted() -> None:
    assert protocol.operations("{ a " * 1 + "}").introspects is False
    with pytest.raises(Exception, match="token"):
        protocol.operations("{" + " a" * 2_001 + "}")


@pytest.mark.parametrize(
    ("document", "name", "kind"),
    [
        ("{ a }", None, OperationType.QUERY),
        ("mutation { a }", None, OperationType.MUTATION),
        ("subscription S { a }", "S", OperationType.SUBSCRIPTION),
        ("query A { a } mutation B { b }", "B", OperationType.MUTATION),
        ("query A { a } fragment F on T { b }", None, OperationType.QUERY),
    ],
)
def test_the_kind_of_what_is_asked(document: str, name: str | None, kind: OperationType) -> None:
    assert protocol.kind(Asked(document, name)) is kind


@pytest.mark.parametrize(
    ("document", "name"),
    [("query A { a } query B { b }", None), ("query A { a }", "B"), ("fragment F on T { b }", None)],
)
def test_what_names_no_one_operation_is_refused(document: str, name: str | None) -> None:
    with pytest.raises(Rejected):
        protocol.kind(Asked(document, name))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ __typename a { __typename } }", False),
        ("{ __schema { types { name } } }", True),
        ('{ x: __type(name: "Q") { name } }', True),
        ('query { ... on Query { ...F } } fragment F on Query { __type(name: "Q") { name } }', True),
    ],
)
def test_introspection_is_seen(document: str, *, expected: bool) -> None:
    assert protocol.operations(document).introspects is expected


def test_endless_new_documents_cost_no_memory() -> None:
    for n in range(600):
        protocol.operations(f"{{ a{n} }}")
    protocol.operations("{ a } #" + "x" * 100_000)
    assert protocol.cached.cache_info().currsize <= 256
