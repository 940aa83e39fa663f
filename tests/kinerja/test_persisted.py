"""Documents by id."""

import hashlib
import json
from pathlib import Path

import pytest

from kinerja import cost, persisted
from kinerja.documents import Documents
from kinerja.persisted import ManifestInvalid, Persisted
from kinerja.protocol import Asked, Code, Rejected
from tests.kinerja.served import API

HELLO = "{ hello }"
HASH = hashlib.sha256(HELLO.encode()).hexdigest()


def make(*, only: bool = False, **trusted: str) -> Persisted:
    return Persisted(Documents(API.core, cost.Costs(API.core, API.graph, 100)), trusted, only=only)


def by_hash(query: str | None, digest: str = HASH) -> Asked:
    return Asked(query, extensions={"persistedQuery": {"version": 1, "sha256Hash": digest}})


def code(known: Persisted, asked: Asked) -> Code:
    with pytest.raises(Rejected) as caught:
        known.text(asked)
    return caught.value.code


def test_a_text_is_registered_by_its_hash_and_found_again() -> None:
    known = make()
    with pytest.raises(Rejected, match=r"^PersistedQueryNotFound$"):
        known.text(by_hash(None))
    assert known.text(by_hash(HELLO)) == HELLO
    assert code(known, by_hash(None)) == Code.PERSISTED_QUERY_NOT_FOUND
    known.register(by_hash(HELLO), HELLO)
    assert known.text(by_hash(None)) == known.text(by_hash(None, HASH.upper())) == HELLO


def test_a_hash_of_something_else_is_refused() -> None:
    assert code(make(), by_hash("{ who }")) == Code.PERSISTED_QUERY_MISMATCH


@pytest.mark.parametrize("given", [7, {}, {"sha256Hash": 7}, {"version": 2, "sha256Hash": HASH}, []])
def test_another_protocol_is_refused(given: object) -> None:
    assert code(make(), Asked(HELLO, extensions={"persistedQuery": given})) == Code.BAD_REQUEST


@pytest.mark.parametrize("given", ["abc", "sha256:abc"])
def test_trusted_documents_are_found_by_id(given: str) -> None:
    assert make(abc=HELLO).text(Asked(None, document_id=given)) == HELLO
    assert code(make(), Asked(None, document_id=given)) == Code.PERSISTED_QUERY_NOT_FOUND


def test_nothing_else_is_taken_where_only_the_trusted_is() -> None:
    known = make(only=True, abc=HELLO)
    assert known.text(Asked(HELLO)) == known.text(Asked(None, document_id="abc")) == HELLO
    assert code(known, Asked("{ who }")) == Code.TRUSTED_ONLY
    digest = hashlib.sha256(b"{ who }").hexdigest()
    assert code(known, by_hash("{ who }", digest)) == Code.TRUSTED_ONLY
    known.register(by_hash("{ who }", digest), "{ who }")
    assert code(known, by_hash(None, digest)) == Code.PERSISTED_QUERY_NOT_FOUND


def test_the_registered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted, "_ENTRIES", 8)
    known = make()
    texts = [f"{{ a{n}: hello }}" for n in range(40)]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    for text, digest in zip(texts, digests, strict=True):
        known.register(by_hash(text, digest), text)
    assert code(known, by_hash(None, digests[0])) == Code.PERSISTED_QUERY_NOT_FOUND
    assert known.text(by_hash(None, digests[-1])) == texts[-1]


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
    assert persisted.manifest(path) == {"abc": HELLO}
    assert persisted.manifest(None) == {}


@pytest.mark.parametrize("text", ["", "[]", "7", '{"a": 7}', '{"format": "apollo-persisted-query-manifest"}', "\xff"])
def test_another_file_is_no_manifest(tmp_path: Path, text: str) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ManifestInvalid, match=r"persisted-documents\.json"):
        persisted.manifest(path)
    with pytest.raises(ManifestInvalid, match="cannot read"):
        persisted.manifest(tmp_path / "none.json")


def test_a_trusted_document_must_fit_the_schema() -> None:
    with pytest.raises(ManifestInvalid, match="'old'"):
        make(old="{ gone }")
