"""Persisted queries: documents by id, trusted or automatic.

Trusted documents come from a manifest; automatic ones are registered by clients under their hash.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kinerja.cache import SegmentedCache
from kinerja.errors import OperatorError
from kinerja.graphql_server.document_cache import DocumentCache
from kinerja.web.graphql_protocol import ErrorCode, GraphQLRequest, InvalidDocument, RequestRejected

_MAX_ENTRIES: Final = 2_000
_MAX_CHARACTERS: Final = 2 * 1024 * 1024
_HASH_PREFIX: Final = "sha256:"


class ManifestInvalid(OperatorError):
    """The manifest of trusted documents is unusable."""

    exit_code = 2


class PersistedQueries:
    """Resolves document ids to texts.

    Args:
        documents: the document cache, holding trusted documents permanently.
        trusted: texts by id.
        trusted_only: reject all but trusted documents.
    """

    def __init__(self, documents: DocumentCache, trusted: Mapping[str, str], *, trusted_only: bool) -> None:
        self._documents = documents
        self._trusted = dict(trusted)
        self._trusted_only = trusted_only
        self._automatic: SegmentedCache[str, str] = SegmentedCache(_MAX_ENTRIES, _MAX_CHARACTERS)
        for name, text in trusted.items():
            self._pin_trusted(name, text)

    def resolve_text(self, request: GraphQLRequest) -> str:
        """Return the text of the requested document.

        Raises:
            RequestRejected: the id or hash is unknown, the hash does not fit the text, or the document is not
                trusted.
        """
        text = request.query
        if request.document_id is not None:
            text = self._find_trusted(request.document_id)
        elif request.extensions:
            text = self._find_automatic(request)
        if text is None:
            raise RequestRejected(ErrorCode.BAD_REQUEST, "`query` must be the text of a GraphQL document.")
        if self._trusted_only and not self._documents.is_pinned(text):
            raise RequestRejected(ErrorCode.TRUSTED_ONLY, "Only trusted documents are answered here.")
        return text

    def store_automatic(self, request: GraphQLRequest, text: str) -> None:
        """Store the text of a valid document under the hash sent with it."""
        given = _requested_hash(request)
        if given is not None and request.query is not None and not self._trusted_only:
            self._automatic.put(given, text, len(text))

    def _find_trusted(self, document_id: str) -> str:
        text = self._trusted.get(document_id) or self._trusted.get(document_id.removeprefix(_HASH_PREFIX))
        if text is None:
            raise RequestRejected(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "There is no trusted document of this id.")
        return text

    def _find_automatic(self, request: GraphQLRequest) -> str | None:
        given = _requested_hash(request)
        if given is None:
            return request.query
        if request.query is None:
            text = self._trusted.get(given) or self._automatic.get(given)
            if text is None:
                # Clients of this protocol recognise the answer by these exact words.
                raise RequestRejected(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
            return text
        if hashlib.sha256(request.query.encode()).hexdigest() != given:
            raise RequestRejected(ErrorCode.PERSISTED_QUERY_MISMATCH, "`sha256Hash` is not the hash of `query`.")
        return request.query

    def _pin_trusted(self, name: str, text: str) -> None:
        try:
            self._documents.pin_document(text)
        except (RequestRejected, InvalidDocument) as error:
            raise ManifestInvalid(f"the trusted document {name!r} does not fit the schema: {error}") from error


def _requested_hash(request: GraphQLRequest) -> str | None:
    given = request.extensions.get("persistedQuery")
    if given is None:
        return None
    found = given.get("sha256Hash") if isinstance(given, dict) else None
    if not isinstance(found, str) or given.get("version") != 1:
        raise RequestRejected(ErrorCode.BAD_REQUEST, "`persistedQuery` is `{version: 1, sha256Hash: …}`.")
    return found.lower()


def load_manifest(path: Path | None) -> Mapping[str, str]:
    """Load trusted documents by id from a manifest; empty without a path.

    Formats: those of graphql-codegen, Relay and Apollo.

    Raises:
        ManifestInvalid: the file is unreadable or in none of these formats.
    """
    if path is None:
        return {}
    try:
        return _parse_manifest(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ManifestInvalid(f"cannot read the trusted documents: {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestInvalid(f"{path} is no manifest of documents, `{{id: text}}`") from error


def _parse_manifest(value: Any) -> Mapping[str, str]:
    if value.get("format") == "apollo-persisted-query-manifest":
        value = {each["id"]: each["body"] for each in value["operations"]}
    if not all(isinstance(text, str) for text in value.values()):
        raise TypeError("a text is missing")
    return dict(value)
