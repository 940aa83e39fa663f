"""Documents by id."""

import hashlib
import json
from pathlib import Path

import pytest

from kinerja.graphql_server import persisted_queries, query_cost
from kinerja.graphql_server.document_cache import DocumentCache
from kinerja.graphql_server.persisted_queries import ManifestInvalid, PersistedQueries
from kinerja.web.graphql_protocol import ErrorCode, GraphQLRequest, RequestRejected
from tests.kinerja.sample_api import API

HELLO = "{ hello }"
HASH = hashlib.sha256(HELLO.encode()).hexdigest()


def make(*, only: bool = False, **trusted: str) -> PersistedQueries:
    return PersistedQueries(
        DocumentCache(API.graphql_schema, query_cost.CostModel(API.graphql_schema, API.graph, 100)),
        trusted,
        trusted_only=only,
    )


def by_hash(query: str | None, digest: str = HASH) -> GraphQLRequest:
    return GraphQLRequest(query, extensions={"persistedQuery": {"version": 1, "sha256Hash": digest}})


def code(known: PersistedQueries, request: GraphQLRequest) -> ErrorCode:
    with pytest.raises(RequestRejected) as caught:
        known.resolve_text(request)
    return caught.value.code


def test_a_text_is_registered_by_its_hash_and_found_again() -> None:
    known = make()
    with pytest.raises(RequestRejected, match=r"^PersistedQueryNotFound$"):
        known.resolve_text(by_hash(None))
    assert known.resolve_text(by_hash(HELLO)) == HELLO
    assert code(known, by_hash(None)) == ErrorCode.PERSISTED_QUERY_NOT_FOUND
    known.store_automatic(by_hash(HELLO), HELLO)
    assert known.resolve_text(by_hash(None)) == known.resolve_text(by_hash(None, HASH.upper())) == HELLO


def test_a_hash_of_something_else_is_refused() -> None:
    assert code(make(), by_hash("{ who }")) == ErrorCode.PERSISTED_QUERY_MISMATCH


@pytest.mark.parametrize("given", [7, {}, {"sha256Hash": 7}, {"version": 2, "sha256Hash": HASH}, []])
def test_another_protocol_is_refused(given: object) -> None:
    assert code(make(), GraphQLRequest(HELLO, extensions={"persistedQuery": given})) == ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("given", ["abc", "sha256:abc"])
def test_trusted_documents_are_found_by_id(given: str) -> None:
    assert make(abc=HELLO).resolve_text(GraphQLRequest(None, document_id=given)) == HELLO
    assert code(make(), GraphQLRequest(None, document_id=given)) == ErrorCode.PERSISTED_QUERY_NOT_FOUND


def test_nothing_else_is_taken_where_only_the_trusted_is() -> None:
    known = make(only=True, abc=HELLO)
    assert (
        known.resolve_text(GraphQLRequest(HELLO))
        == known.resolve_text(GraphQLRequest(None, document_id="abc"))
        == HELLO
    )
    assert code(known, GraphQLRequest("{ who }")) == ErrorCode.TRUSTED_ONLY
    digest = hashlib.sha256(b"{ who }").hexdigest()
    assert code(known, by_hash("{ who }", digest)) == ErrorCode.TRUSTED_ONLY
    known.store_automatic(by_hash("{ who }", digest), "{ who }")
    assert code(known, by_hash(None, digest)) == ErrorCode.PERSISTED_QUERY_NOT_FOUND


def test_the_registered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted_queries, "_MAX_ENTRIES", 8)
    known = make()
    texts = [f"{{ a{n}: hello }}" for n in range(40)]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    for text, digest in zip(texts, digests, strict=True):
        known.store_automatic(by_hash(text, digest), text)
    assert code(known, by_hash(None, digests[0])) == ErrorCode.PERSISTED_QUERY_NOT_FOUND
    assert known.resolve_text(by_hash(None, digests[-1])) == texts[-1]


@pytest.mark.parametrize(
    "content",
    [
        {"abc": HELLO},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": "abc", "name": "A", "type": "query", "body": HELLO}],
        },
    ],
)
def test_manifests_as_tools_write_them(tmp_path: Path, content: object) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_text(json.dumps(content))
    assert persisted_queries.load_manifest(path) == {"abc": HELLO}
    assert persisted_queries.load_manifest(None) == {}


@pytest.mark.parametrize("text", ["", "[]", "7", '{"a": 7}', '{"format": "apollo-persisted-query-manifest"}', "\xff"])
def test_another_file_is_no_manifest(tmp_path: Path, text: str) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ManifestInvalid, match=r"persisted-documents\.json"):
        persisted_queries.load_manifest(path)
    with pytest.raises(ManifestInvalid, match="cannot read"):
        persisted_queries.load_manifest(tmp_path / "none.json")


def test_a_trusted_document_must_fit_the_schema() -> None:
    with pytest.raises(ManifestInvalid, match="'old'"):
        make(old="{ gone }")
