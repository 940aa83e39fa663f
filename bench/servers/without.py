"""Ours without one of its parts, to tell what the part costs: `wall` (row security) or `accesses` (who looked).

It is `kinerja serve` in everything else; nothing but the bench can run it so, for the service has no such setting.
"""

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from domain.audit.facts import Access
from kinerja import cli, database, logins
from kinerja.audit import accesses


@asynccontextmanager
async def one_login(
    url: str, secret: str | None = None, limits: database.Limits | None = None
) -> AsyncIterator[database.Database]:
    """The database as its owner in every role: row security binds him not, and the scopes of plans stand alone."""
    del secret  # the owner comes in by the address alone
    async with database.opened(url, limits) as data:
        yield data


class Unwritten(accesses.Accesses):
    """Writes no access down."""

    async def write(self, access: Access) -> None:
        """Nothing."""


def _wall() -> None:
    logins.opened = one_login


def _accesses() -> None:
    accesses.Accesses = Unwritten  # type: ignore[misc] # the class that `kinerja.context` makes its own from


PARTS: Final[Mapping[str, Callable[[], None]]] = {"wall": _wall, "accesses": _accesses}


def main(arguments: Sequence[str]) -> None:
    """Take the named parts out, then serve."""
    for part in arguments:
        PARTS[part]()
    cli.app(["serve"])


if __name__ == "__main__":
    main(sys.argv[1:])
