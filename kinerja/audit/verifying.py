"""`kinerja audit`: the head to be kept elsewhere, and whether the chain holds."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from domain.audit import checks, store
from domain.audit.facts import Fault, Finding, Head
from kinerja import database, logins
from kinerja.audit.keys import Key
from kinerja.failures import CannotRun

MOST: Final = 100
"""How many faults are told one by one."""

_LIMITS: Final = database.Limits(connections=1, statement_ms=600_000, idle_ms=600_000)

_SENTENCES: Final = {
    Fault.CHANGED: "{row} was changed after it was sealed",
    Fault.REMOVED: "{row} was removed",
    Fault.INSERTED: "{row} was inserted later",
    Fault.SEAL_CHANGED: "seal {seal} was changed, or put in another's place",
    Fault.SEAL_REMOVED: "seal {seal} was removed",
    Fault.SIGNATURE: "seal {seal} was not signed by this key",
    Fault.HEAD: "the chain does not hold the head that was kept, of seal {seal}: it was cut off or written anew",
}


class HeadInvalid(CannotRun):
    """The file holds no head."""

    exit_code = 2


class ChainBroken(CannotRun):
    """The chain does not hold."""


async def head(url: str, secret: str | None) -> Head | None:
    """The head of the chain; None where nothing is sealed yet.

    Raises:
        Unavailable: the database is away, or was not migrated.
    """
    async with database.opened(await logins.worker(url, secret), _LIMITS) as data, data.write() as db:
        last = await store.last(db)
    return None if last is None else Head(last.number, last.head, last.signature)


async def verify(url: str, secret: str | None, key: Key, kept: Head | None) -> AsyncIterator[str]:
    """Lines that tell what is wrong, and at last how much was looked at.

    Raises:
        ChainBroken: after the last line, where something is wrong.
        Unavailable: the database is away, or was not migrated.
    """
    faults = 0
    walk = checks.Walk()
    async with database.opened(await logins.worker(url, secret), _LIMITS) as data, data.write() as db:
        async for finding in checks.findings(db, walk, key.holds, kept):
            faults += 1
            if faults <= MOST:
                yield sentence(finding)
    if faults > MOST:
        yield f"… and {faults - MOST} more"
    yield f"{walk.rows} rows in {walk.number} seals; {walk.unsealed} rows wait to be sealed"
    if faults:
        raise ChainBroken(f"the audit chain does not hold: {faults} faults")


def sentence(finding: Finding) -> str:
    """A fault in words, with its place."""
    mark = finding.mark
    row = "" if mark is None else f"{mark.source.value} {mark.number} (transaction {mark.xid}, seal {finding.seal})"
    return _SENTENCES[finding.fault].format(row=row, seal=finding.seal)


def written(head: Head, public: str) -> str:
    """A head as text, to be kept elsewhere."""
    shown = {
        "number": head.number,
        "head": head.head.hex(),
        "signature": head.signature.hex(),
        "publicKey": public,
    }
    return json.dumps(shown, indent=2)


def read(path: Path) -> Head:
    """The head that a file holds.

    Raises:
        HeadInvalid: it holds none.
    """
    try:
        found: Any = json.loads(path.read_text())
        return Head(int(found["number"]), bytes.fromhex(found["head"]), bytes.fromhex(found["signature"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadInvalid(f"{path} holds no head as `kinerja audit head` prints it") from error
