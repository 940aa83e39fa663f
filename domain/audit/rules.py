"""Audit chain rules: canonical bytes of a row, hash link, and signed head."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from domain.access.scopes import Scope
from domain.audit.facts import ChainEntry, ChainLink, ChainPosition, ChainTable, ViewKind

VIEW_KIND_BY_SCOPE: Final[Mapping[str, ViewKind]] = {Scope.RECORD: ViewKind.RECORD, Scope.RISK: ViewKind.RISK}
"""The view kind of each scope; scope `register` holds identities alone and has none."""

GENESIS_HEAD: Final = bytes(32)
"""The head before the first seal."""

SEALED_ROW_BYTES: Final = 49
"""Bytes of one sealed row: its table, transaction, number and link."""

_CHAIN_TABLES: Final = (ChainTable.ACCESS, ChainTable.AUDIT)
_LINK_PREFIX: Final = b"kinerja link 1\n"
_HEAD_PREFIX: Final = b"kinerja head 1\n"


def canonical_bytes(position: ChainPosition, values: Sequence[Any]) -> bytes:
    """Canonical bytes of a row: JSON of its position and its columns in order.

    The position is table, transaction and number. A row may hold text, whole numbers, nulls, lists of these, and
    instants; a JSON column comes as its text.
    """
    row = [position.table.value, position.xid, position.number, *(_json_value(value) for value in values)]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def link_digest(before: bytes, row: bytes) -> bytes:
    """SHA-256 of the previous link and a row's bytes: it covers all previous rows."""
    return hashlib.sha256(_LINK_PREFIX + before + row).digest()


def link_entries(before: bytes, entries: Iterable[ChainEntry]) -> Iterator[ChainLink]:
    """The entries with their links, after the head `before`."""
    for entry in entries:
        before = link_digest(before, entry.canonical)
        yield ChainLink(entry.position, before)


def pack_links(sealed: Iterable[ChainLink]) -> bytes:
    """Pack sealed rows into bytes, `SEALED_ROW_BYTES` each."""
    return b"".join(
        b"%c%b%b%b"
        % (
            _CHAIN_TABLES.index(each.position.table),
            each.position.xid.to_bytes(8),
            each.position.number.to_bytes(8),
            each.digest,
        )
        for each in sealed
    )


def unpack_links(rows: bytes) -> list[ChainLink]:
    """Unpack the rows of a seal. Raises ValueError for malformed bytes."""
    if len(rows) % SEALED_ROW_BYTES:
        raise ValueError("a seal's rows have another length")
    return [_unpack_link(rows[start : start + SEALED_ROW_BYTES]) for start in range(0, len(rows), SEALED_ROW_BYTES)]


def seal_head(before: bytes, number: int, at: datetime, rows: bytes) -> bytes:
    """SHA-256 of the previous head, the seal's number, its instant and its packed rows."""
    told = b"%d\n%b\n" % (number, _format_instant(at).encode())
    return hashlib.sha256(_HEAD_PREFIX + before + told + rows).digest()


def seal_statement(number: int, head: bytes) -> bytes:
    """The statement signed by a seal's signature."""
    return b"kinerja audit %d %b" % (number, head.hex().encode())


def _unpack_link(row: bytes) -> ChainLink:
    if row[0] >= len(_CHAIN_TABLES):
        raise ValueError("a seal names a table that there is not")
    mark = ChainPosition(int.from_bytes(row[1:9]), _CHAIN_TABLES[row[0]], int.from_bytes(row[9:17]))
    return ChainLink(mark, row[17:])


def _json_value(value: Any) -> Any:
    match value:
        case datetime():
            return _format_instant(value)
        case None | str() | int():
            return value
        case list() | tuple():
            return [_json_value(each) for each in value]
        case _:
            raise TypeError(f"{type(value).__name__} is no value of an entry")


def _format_instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
