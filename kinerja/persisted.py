"""Documents by id: those of a manifest, which are trusted, and those that clients have registered by their hash."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kinerja.documents import Documents, Invalid
from kinerja.failures import CannotRun
from kinerja.kept import Kept
from kinerja.protocol import Asked, Code, Rejected

_ENTRIES: Final = 2_000
_LETTERS: Final = 2 * 1024 * 1024
_HASH: Final = "sha256:"


class ManifestInvalid(CannotRun):
    """The file of trusted documents cannot be used."""

    exit_code = 2


class Persisted:
    """Finds the text of what is asked by its id.

    Args:
        documents: where trusted documents are kept for good.
        trusted: texts by id.
        only: whether nothing but trusted documents is taken.
    """

    def __init__(self, documents: Documents, trusted: Mapping[str, str], *, only: bool) -> None:
        self._documents = documents
        self._trusted = dict(trusted)
        self._only = only
        self._registered: Kept[str, str] = Kept(_ENTRIES, _LETTERS)
        for name, text in trusted.items():
            self._pin(name, text)

    def text(self, asked: Asked) -> str:
        """The text of the document that is asked for.

        Raises:
            Rejected: there is none of that id or hash, the hash is not that of the text, or it is not trusted.
        """
        text = asked.query
        if asked.document_id is not None:
            text = self._by_id(asked.document_id)
        elif asked.extensions:
            text = self._by_hash(asked)
        if text is None:
            raise Rejected(Code.BAD_REQUEST, "`query` must be the text of a GraphQL document.")
        if self._only and not self._documents.pinned(text):
            raise Rejected(Code.TRUSTED_ONLY, "Only trusted documents are answered here.")
        return text

    def register(self, asked: Asked, text: str) -> None:
        """Keep the text of a valid document under the hash that came with it."""
        given = _hash(asked)
        if given is not None and asked.query is not None and not self._only:
            self._registered.put(given, text, len(text))

    def _by_id(self, given: str) -> str:
        text = self._trusted.get(given) or self._trusted.get(given.removeprefix(_HASH))
        if text is None:
            raise Rejected(Code.PERSISTED_QUERY_NOT_FOUND, "There is no trusted document of this id.")
        return text

    def _by_hash(self, asked: Asked) -> str | None:
        given = _hash(asked)
        if given is None:
            return asked.query
        if asked.query is None:
            text = self._trusted.get(given) or self._registered.get(given)
            if text is None:
                # Clients of this protocol know the answer by these very words.
                raise Rejected(Code.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
            return text
        if hashlib.sha256(asked.query.encode()).hexdigest() != given:
            raise Rejected(Code.PERSISTED_QUERY_MISMATCH, "`sha256Hash` is not the hash of `query`.")
        return asked.query

    def _pin(self, name: str, text: str) -> None:
        try:
            self._documents.pin(text)
        except (Rejected, Invalid) as error:
            raise ManifestInvalid(f"the trusted document {name!r} does not fit the schema: {error}") from error


def _hash(asked: Asked) -> str | None:
    given = asked.extensions.get("persistedQuery")
    if given is None:
        return None
    found = given.get("sha256Hash") if isinstance(given, dict) else None
    if not isinstance(found, str) or given.get("version") != 1:
        raise Rejected(Code.BAD_REQUEST, "`persistedQuery` is `{version: 1, sha256Hash: …}`.")
    return found.lower()


def manifest(path: Path | None) -> Mapping[str, str]:
    """Trusted documents by id, from a file as graphql-codegen, Relay or Apollo write it; none without a file.

    Raises:
        ManifestInvalid: the file cannot be read or is none of these.
    """
    if path is None:
        return {}
    try:
        return _texts(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ManifestInvalid(f"cannot read the trusted documents: {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestInvalid(f"{path} is no manifest of documents, `{{id: text}}`") from error


def _texts(value: Any) -> Mapping[str, str]:
    if value.get("format") == "apollo-persisted-query-manifest":
        value = {each["id"]: each["body"] for each in value["operations"]}
    if not all(isinstance(text, str) for text in value.values()):
        raise TypeError("a text is missing")
    return dict(value)
