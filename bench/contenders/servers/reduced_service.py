"""Kinerja without one part, to measure its cost: row security or the access log.

The part is `wall` (row security) or `accesses` (access log). It is `kinerja serve` in everything else; nothing but
the bench can run it so, for the service has no such setting.
"""

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from domain.audit.facts import AccessEntry
from kinerja.audit import access_log
from kinerja.cli.main import app
from kinerja.postgres import database, role_pools


@asynccontextmanager
async def open_as_owner(
    url: str, secret: str | None = None, limits: database.ConnectionLimits | None = None
) -> AsyncIterator[database.Database]:
    """Open the database as its owner in every role, not bound by row security.

    The scopes of plans are then the only protection.
    """
    del secret  # the owner signs in by the address alone
    async with database.open_database(url, limits) as data:
        yield data


class DisabledAccessLog(access_log.AccessLogWriter):
    """Access log without any record."""

    async def write_access(self, access: AccessEntry) -> None:
        """Do nothing."""


def _disable_row_security() -> None:
    role_pools.open_role_pools = open_as_owner


def _disable_access_log() -> None:
    access_log.AccessLogWriter = DisabledAccessLog  # type: ignore[misc] # the class that `kinerja.graphql_server.request_context` makes its own from


REMOVABLE_PARTS: Final[Mapping[str, Callable[[], None]]] = {
    "wall": _disable_row_security,
    "accesses": _disable_access_log,
}


def main(arguments: Sequence[str]) -> None:
    """Disable the named parts, then serve."""
    for part in arguments:
        REMOVABLE_PARTS[part]()
    app(["serve"])


if __name__ == "__main__":
    main(sys.argv[1:])
