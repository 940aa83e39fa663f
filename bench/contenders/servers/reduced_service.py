"""Ours without one of its parts, to tell what the part costs: `wall` (row security) or `accesses` (who looked).

It is `kinerja serve` in everything else; nothing but the bench can run it so, for the service has no such setting.
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
    """The database as its owner in every role: row security binds them not, and the scopes of plans stand alone."""
    del secret  # the owner comes in by the address alone
    async with database.open_database(url, limits) as data:
        yield data


class DisabledAccessLog(access_log.AccessLogWriter):
    """Writes no access down."""

    async def write_access(self, access: AccessEntry) -> None:
        """Nothing."""


def _disable_row_security() -> None:
    role_pools.open_role_pools = open_as_owner


def _disable_access_log() -> None:
    access_log.AccessLogWriter = DisabledAccessLog  # type: ignore[misc] # the class that `kinerja.graphql_server.request_context` makes its own from


REMOVABLE_PARTS: Final[Mapping[str, Callable[[], None]]] = {
    "wall": _disable_row_security,
    "accesses": _disable_access_log,
}


def main(arguments: Sequence[str]) -> None:
    """Take the named parts out, then serve."""
    for part in arguments:
        REMOVABLE_PARTS[part]()
    app(["serve"])


if __name__ == "__main__":
    main(sys.argv[1:])
