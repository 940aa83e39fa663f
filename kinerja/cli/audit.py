"""Audit commands `kinerja audit …`: export the chain head, verify the hash chain."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from domain.audit import store, verification
from domain.audit.facts import ChainFault, ChainFinding, ChainHead
from kinerja.audit.signing_key import SigningKey
from kinerja.errors import OperatorError
from kinerja.postgres import database, role_pools

MAX_LISTED_FAULTS: Final = 100
"""Maximum number of faults listed one by one."""

_LIMITS: Final = database.ConnectionLimits(max_connections=1, statement_timeout_ms=600_000, idle_timeout_ms=600_000)

_FAULT_MESSAGES: Final = {
    ChainFault.CHANGED: "{row} was changed after it was sealed",
    ChainFault.REMOVED: "{row} was removed",
    ChainFault.INSERTED: "{row} was inserted later",
    ChainFault.SEAL_CHANGED: "seal {seal} was changed, or put in another's place",
    ChainFault.SEAL_REMOVED: "seal {seal} was removed",
    ChainFault.SIGNATURE: "seal {seal} was not signed by this key",
    ChainFault.HEAD: "the chain does not hold the head that was kept, of seal {seal}: it was cut off or written anew",
}


class HeadFileInvalid(OperatorError):
    """The file holds no audit head."""

    exit_code = 2


class ChainBroken(OperatorError):
    """The verification of the audit chain failed."""


async def fetch_audit_head(url: str, secret: str | None) -> ChainHead | None:
    """Fetch the head of the audit chain; None before the first seal.

    Raises:
        DatabaseUnavailable: the database is unreachable, or was not migrated.
    """
    async with (
        database.open_database(await role_pools.build_worker_url(url, secret), _LIMITS) as data,
        data.open_transaction() as db,
    ):
        last = await store.load_last_seal(db)
    return None if last is None else ChainHead(last.number, last.head, last.signature)


async def verify_audit_chain(
    url: str, secret: str | None, key: SigningKey, trusted_head: ChainHead | None
) -> AsyncIterator[str]:
    """Verify the audit chain; yields one line per fault, and a final summary.

    Raises:
        ChainBroken: after the last line, if there is a fault.
        DatabaseUnavailable: the database is unreachable, or was not migrated.
    """
    faults = 0
    walk = verification.VerificationState()
    async with (
        database.open_database(await role_pools.build_worker_url(url, secret), _LIMITS) as data,
        data.open_transaction() as db,
    ):
        async for finding in verification.verify_chain(db, walk, key.verify_signature, trusted_head):
            faults += 1
            if faults <= MAX_LISTED_FAULTS:
                yield describe_finding(finding)
    if faults > MAX_LISTED_FAULTS:
        yield f"… and {faults - MAX_LISTED_FAULTS} more"
    yield f"{walk.rows} rows in {walk.number} seals; {walk.unsealed} rows wait to be sealed"
    if faults:
        raise ChainBroken(f"the audit chain does not hold: {faults} faults")


def describe_finding(finding: ChainFinding) -> str:
    """Describe a fault in words, with its position."""
    mark = finding.position
    row = "" if mark is None else f"{mark.table.value} {mark.number} (transaction {mark.xid}, seal {finding.seal})"
    return _FAULT_MESSAGES[finding.fault].format(row=row, seal=finding.seal)


def format_audit_head(head: ChainHead, public: str) -> str:
    """Format a chain head as JSON text, for storage elsewhere."""
    shown = {
        "number": head.number,
        "head": head.head.hex(),
        "signature": head.signature.hex(),
        "publicKey": public,
    }
    return json.dumps(shown, indent=2)


def read_audit_head_file(path: Path) -> ChainHead:
    """Read a chain head from a file.

    Raises:
        HeadFileInvalid: the file holds none.
    """
    try:
        found: Any = json.loads(path.read_text())
        return ChainHead(int(found["number"]), bytes.fromhex(found["head"]), bytes.fromhex(found["signature"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadFileInvalid(f"{path} holds no head as `kinerja audit head` prints it") from error
