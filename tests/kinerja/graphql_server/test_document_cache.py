"""Documents by their text."""

import gc

import pytest
from graphql import GraphQLSyntaxError, OperationType

from kinerja.graphql_server import document_cache, query_cost
from kinerja.graphql_server.document_cache import CachedDocument, DocumentCache
from kinerja.web.graphql_protocol import ErrorCode, InvalidDocument, RequestRejected
from tests.kinerja.sample_api import API


@pytest.fixture
def read() -> DocumentCache:
    return DocumentCache(API.graphql_schema, query_cost.CostModel(API.graphql_schema, API.graph, 100))


def test_a_document_is_read_once(read: DocumentCache) -> None:
    first = read.load_document("{ hello }")
    assert read.load_document("{ hello }") is first
    assert read.load_document("{ hello } ") is not first
    assert (read.hits, read.misses) == (1, 2)


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("{ hello }", None, OperationType.QUERY),
        ('mutation { setDay(day: "x") }', None, OperationType.MUTATION),
        ('query A { hello } mutation B { setDay(day: "x") }', "B", OperationType.MUTATION),
        ("query A { ...F } fragment F on Query { hello }", None, OperationType.QUERY),
    ],
)
def test_the_operation_that_is_asked_for(
    read: DocumentCache, text: str, name: str | None, kind: OperationType
) -> None:
    assert read.load_document(text).select_operation(name).operation.kind is kind


@pytest.mark.parametrize(
    ("text", "name"), [("query A { hello } query B { hello }", None), ("query A { hello }", "B")]
)
def test_what_names_no_one_operation_is_refused(read: DocumentCache, text: str, name: str | None) -> None:
    with pytest.raises(RequestRejected):
        read.load_document(text).select_operation(name)


def test_a_document_without_operations_answers_nothing() -> None:
    with pytest.raises(RequestRejected):
        CachedDocument({}, introspects=False).select_operation(None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename hello }", False),
        ("{ __schema { types { name } } }", True),
        ("{ __schema { __typename } }", True),
        ('{ x: __type(name: "Q") { name } }', True),
        ('query { ... on Query { ...F } } fragment F on Query { __type(name: "Q") { name } }', True),
        ("query A { hello } query B { __schema { types { name } } }", True),
    ],
)
def test_introspection_is_seen(read: DocumentCache, text: str, expected: bool) -> None:
    assert read.load_document(text).introspects is expected


@pytest.mark.parametrize("text", ["", "{", "{ a " + "b " * 2_000 + "}", "{a" * 900])
def test_what_cannot_be_read(read: DocumentCache, text: str) -> None:
    with pytest.raises((InvalidDocument, RequestRejected)) as caught:
        read.load_document(text)
    if isinstance(caught.value, InvalidDocument):
        assert isinstance(caught.value.errors[0], GraphQLSyntaxError)


def test_errors_are_few_and_placed(read: DocumentCache) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read.load_document("{ " + " ".join(f"nothing{n}" for n in range(100)) + " }")
    assert len(caught.value.errors) <= 11
    assert caught.value.errors[0].locations


def test_errors_name_what_there_is_only_to_those_who_may_know_it() -> None:
    costs = query_cost.CostModel(API.graphql_schema, API.graph, 100)
    for suggests in (True, False):
        with pytest.raises(InvalidDocument) as caught:
            DocumentCache(API.graphql_schema, costs, suggests_fields=suggests).load_document("{ helo }")
        assert ("hello" in str(caught.value)) is suggests


def test_more_of_the_schema_than_tools_ask_is_refused(read: DocumentCache) -> None:
    asked = " ".join(f"a{n}: __schema {{ types {{ fields {{ args {{ type {{ name }} }} }} }} }}" for n in range(28))
    with pytest.raises(RequestRejected) as caught:
        read.load_document(f"{{ {asked} }}")
    assert caught.value.code == ErrorCode.TOO_EXPENSIVE


def test_endless_new_documents_cost_no_memory_and_push_out_none_in_use(
    read: DocumentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_cache, "_MAX_CHARACTERS", 4_000)
    read = DocumentCache(API.graphql_schema, query_cost.CostModel(API.graphql_schema, API.graph, 100))
    known = read.load_document("{ hello }")
    read.load_document("{ hello }")
    for n in range(300):
        read.load_document(f"{{ a{n}: hello }}")
    read.load_document("{ hello } #" + "x" * 100_000)
    assert len(read) < 300
    assert read.get_cached("{ hello }") is known


def test_a_pinned_document_stays(read: DocumentCache) -> None:
    read.pin_document("{ who }")
    for n in range(10):
        read.load_document(f"{{ a{n}: hello }}")
    assert read.is_pinned("{ who }")
    assert read.load_document("{ who }") is read.load_document("{ who }")
    assert read.misses == 10


def test_a_document_leaves_nothing_to_the_garbage_collector(read: DocumentCache) -> None:
    text = "{ a: hello ...F } fragment F on Query { hello }" + " " * 60_000
    gc.collect()
    gc.disable()
    try:
        read.load_document(text)
        assert read.get_cached(text) is None, "too long to be kept"
        assert gc.collect() == 0
    finally:
        gc.enable()
