"""Sealing what was written down: the next stretch of the chain."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from domain.audit import looks, rules, store
from domain.audit.tables import AuditSealRow
from domain.ports import Db

MOST: Final = 2_000
"""Most rows of each table that one seal holds."""

Sign = Callable[[bytes], bytes]
"""Signs bytes with the key of the chain."""

_SEALED: Final = sa.insert(AuditSealRow)


async def seal(db: Db, now: datetime, sign: Sign, most: int = MOST) -> int:
    """Seal the rows that come next, at most some thousands; how many those were, 0 also where another is at it.

    Sealed are those of transactions older than every open one: whatever commits later comes after them.
    """
    if not await store.alone(db):
        return 0
    before = await store.last(db)
    entries = await store.entries(db, store.end(before), await store.oldest_open(db), most)
    if not entries:
        return 0
    number, head = (before.number + 1, before.head) if before else (1, rules.GENESIS)
    rows = rules.packed(rules.links(head, entries))
    head = rules.head(head, number, now, rows)
    signature = sign(rules.statement(number, head))
    db.later(_SEALED, {"number": number, "at": now, "rows": rows, "head": head, "signature": signature})
    await looks.draw(db, [entry.mark for entry in entries])
    return len(entries)
