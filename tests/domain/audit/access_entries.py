"""Accesses for tests."""

from collections.abc import Iterable
from datetime import datetime

from domain.actor import Actor, Role
from domain.audit.facts import AccessEntry, ViewedPeople, ViewKind
from tests.conftest import NOW

HR = Actor(900, Role.HR, "1.")


def build_access(
    actor: Actor = HR, *, risk: Iterable[int] = (), record: Iterable[int] = (), at: datetime = NOW
) -> AccessEntry:
    """An answer that showed somebody the risk and the record of persons."""
    seen = ViewedPeople()
    seen.add(ViewKind.RISK, risk)
    seen.add(ViewKind.RECORD, record)
    return AccessEntry(
        at=at,
        principal=actor.principal,
        actor_id=actor.person_id,
        role=actor.role,
        others=seen.others(actor.person_id),
        operation="Looking",
        sha256="0" * 64,
        origin="request 127.0.0.1",
    )
