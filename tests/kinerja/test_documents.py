"""Documents by their text."""

import gc

import pytest
from graphql import GraphQLSyntaxError, OperationType

from kinerja import cost, documents
from kinerja.documents import Document, Documents, Invalid
from kinerja.protocol import Code, Rejected
from tests.kinerja.served import API


@pytest.fixture
def read() -> Documents:
    return Documents(API.core, cost.Costs(API.core, API.graph, 100))


def test_a_document_is_read_once(read: Documents) -> None:
    first = read.read("{ hello }")
    assert read.read("{ hello }") is first
    assert read.read("{ hello } ") is not first
    assert (read.found, read.missed) == (1, 2)


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("{ hello }", None, OperationType.QUERY),
        ('mutation { setDay(day: "x") }', None, OperationType.MUTATION),
        ('query A { hello } mutation B { setDay(day: "x") }', "B", OperationType.MUTATION),
        ("query A { ...F } fragment F on Query { hello }", None, OperationType.QUERY),
    ],
)
def test_the_operation_that_is_asked_for(read: Documents, text: str, name: str | None, kind: OperationType) -> None:
    assert read.read(text).operation(name).operation.kind is kind


@pytest.mark.parametrize(
    ("text", "name"), [("query A { hello } query B { hello }", None), ("query A { hello }", "B")]
)
def test_what_names_no_one_operation_is_refused(read: Documents, text: str, name: str | None) -> None:
    with pytest.raises(Rejected):
        read.read(text).operation(name)


def test_a_document_without_operations_answers_nothing() -> None:
    with pytest.raises(Rejected):
        Document({}, introspects=False).operation(None)


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
def test_introspection_is_seen(read: Documents, text: str, expected: bool) -> None:
    assert read.read(text).introspects is expected


@pytest.mark.parametrize("text", ["", "{", "{ a " + "b " * 2_000 + "}", "{a" * 900])
def test_what_cannot_be_read(read: Documents, text: str) -> None:
    with pytest.raises((Invalid, Rejected)) as caught:
        read.read(text)
    if isinstance(caught.value, Invalid):
        assert isinstance(caught.value.errors[0], GraphQLSyntaxError)


def test_errors_are_few_and_placed(read: Documents) -> None:
    with pytest.raises(Invalid) as caught:
        read.read("{ " + " ".join(f"nothing{n}" for n in range(100)) + " }")
    assert len(caught.value.errors) <= 11
    assert caught.value.errors[0].locations


def test_errors_name_what_there_is_only_to_those_who_may_know_it() -> None:
    costs = cost.Costs(API.core, API.graph, 100)
    for suggests in (True, False):
        with pytest.raises(Invalid) as caught:
            Documents(API.core, costs, suggests=suggests).read("{ helo }")
        assert ("hello" in str(caught.value)) is suggests


def test_more_of_the_schema_than_tools_ask_is_refused(read: Documents) -> None:
    asked = " ".join(f"a{n}: __schema {{ types {{ fields {{ args {{ type {{ name }} }} }} }} }}" for n in range(28))
    with pytest.raises(Rejected) as caught:
        read.read(f"{{ {asked} }}")
    assert caught.value.code == Code.TOO_EXPENSIVE


def test_endless_new_documents_cost_no_memory_and_push_out_none_in_use(
    read: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_LETTERS", 4_000)
    read = Documents(API.core, cost.Costs(API.core, API.graph, 100))
    known = read.read("{ hello }")
    read.read("{ hello }")
    for n in range(300):
        read.read(f"{{ a{n}: hello }}")
    read.read("{ hello } #" + "x" * 100_000)
    assert len(read) < 300
    assert read.known("{ hello }") is known


def test_a_pinned_document_stays(read: Documents) -> None:
    read.pin("{ who }")
    for n in range(10):
        read.read(f"{{ a{n}: hello }}")
    assert read.pinned("{ who }")
    assert read.read("{ who }") is read.read("{ who }")
    assert read.missed == 10


def test_a_document_leaves_nothing_to_the_garbage_collector(read: Documents) -> None:
    text = "{ a: hello ...F } fragment F on Query { hello }" + " " * 60_000
    gc.collect()
    gc.disable()
    try:
        read.read(text)
        assert read.known(text) is None, "too long to be kept"
        assert gc.collect() == 0
    finally:
        gc.enable()
