"""Sealing: extending the audit chain by a signed seal."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from domain.audit import access_summary, rules, store
from domain.audit.tables import AuditSealRow
from domain.ports import Db

MAX_ROWS_PER_SEAL: Final = 2_000
"""Maximum rows of each table in one seal."""

SignBytes = Callable[[bytes], bytes]
"""Signs bytes with the private key of the chain."""

_INSERT_SEAL: Final = sa.insert(AuditSealRow)


async def seal_entries(db: Db, now: datetime, sign: SignBytes, limit: int = MAX_ROWS_PER_SEAL) -> int:
    """Seal the next unsealed rows; returns their number, 0 while another sealer runs.

    At most `limit` rows of each table are sealed. They belong to transactions older than every open one: any later
    commit therefore comes after them.
    """
    if not await store.try_lock_sealer(db):
        return 0
    before = await store.load_last_seal(db)
    entries = await store.load_unsealed_entries(
        db, store.seal_end_position(before), await store.load_oldest_open_transaction(db), limit
    )
    if not entries:
        return 0
    number, head = (before.number + 1, before.head) if before else (1, rules.GENESIS_HEAD)
    rows = rules.pack_links(rules.link_entries(head, entries))
    head = rules.seal_head(head, number, now, rows)
    signature = sign(rules.seal_statement(number, head))
    db.execute_deferred(
        _INSERT_SEAL, {"number": number, "at": now, "rows": rows, "head": head, "signature": signature}
    )
    await access_summary.update_access_summary(db, [entry.position for entry in entries])
    return len(entries)
