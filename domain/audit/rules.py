"""What counts as looking, and the chain: the bytes of a row, the link made of it, the head that is signed."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from domain.audit.facts import Entry, Looked, Mark, Sealed, Source
from domain.scope import Scope

LOOKED: Final[Mapping[str, Looked]] = {Scope.RECORD: Looked.RECORD, Scope.RISK: Looked.RISK}
"""What a row of a table of each scope shows of its person; the register says only who is who."""

GENESIS: Final = bytes(32)
"""The head before the first seal."""

WIDTH: Final = 49
"""Bytes of one sealed row: its table, transaction, number and link."""

_SOURCES: Final = (Source.ACCESS, Source.AUDIT)
_LINK: Final = b"kinerja link 1\n"
_HEAD: Final = b"kinerja head 1\n"


def canonical(mark: Mark, values: Sequence[Any]) -> bytes:
    """The bytes of a row: JSON of its table, transaction, number and the other columns in their order.

    Text, whole numbers, nulls, lists of these and instants are all that a row may hold; JSON comes as its text.
    """
    row = [mark.source.value, mark.xid, mark.number, *(_plain(value) for value in values)]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def link(before: bytes, row: bytes) -> bytes:
    """SHA-256 of the link before and the bytes of a row: it depends on the row and on all before it."""
    return hashlib.sha256(_LINK + before + row).digest()


def links(before: bytes, entries: Iterable[Entry]) -> Iterator[Sealed]:
    """The entries with their links, after the head `before`."""
    for entry in entries:
        before = link(before, entry.canonical)
        yield Sealed(entry.mark, before)


def packed(sealed: Iterable[Sealed]) -> bytes:
    """Sealed rows as a seal keeps them, `WIDTH` bytes each."""
    return b"".join(
        b"%c%b%b%b"
        % (
            _SOURCES.index(each.mark.source),
            each.mark.xid.to_bytes(8),
            each.mark.number.to_bytes(8),
            each.link,
        )
        for each in sealed
    )


def unpacked(rows: bytes) -> list[Sealed]:
    """The same back. Raises ValueError for bytes that are none."""
    if len(rows) % WIDTH:
        raise ValueError("a seal's rows have another length")
    return [_unpacked(rows[start : start + WIDTH]) for start in range(0, len(rows), WIDTH)]


def head(before: bytes, number: int, at: datetime, rows: bytes) -> bytes:
    """The head of a seal: SHA-256 of the head before, the number, the instant and the rows' links."""
    told = b"%d\n%b\n" % (number, _instant(at).encode())
    return hashlib.sha256(_HEAD + before + told + rows).digest()


def statement(number: int, head: bytes) -> bytes:
    """What is signed of a seal."""
    return b"kinerja audit %d %b" % (number, head.hex().encode())


def _unpacked(row: bytes) -> Sealed:
    if row[0] >= len(_SOURCES):
        raise ValueError("a seal names a table that there is not")
    mark = Mark(int.from_bytes(row[1:9]), _SOURCES[row[0]], int.from_bytes(row[9:17]))
    return Sealed(mark, row[17:])


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return _instant(value)
        case None | str() | int():
            return value
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            raise TypeError(f"{type(value).__name__} is no value of an entry")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
