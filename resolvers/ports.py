"""What one request gives to whoever answers it, as a protocol that `kinerja/` supplies."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any, Protocol

from domain.actor import Actor
from domain.audit.facts import Seen
from domain.ports import Act


class Asking(Protocol):
    """One request: who asks, when, and the way to the database."""

    @property
    def actor(self) -> Actor | None:
        """Who asks; None for somebody who is not signed in."""
        ...

    @property
    def today(self) -> date:
        """The business date in Asia/Jakarta."""
        ...

    @property
    def now(self) -> datetime:
        """The instant of the request, in UTC."""
        ...

    @property
    def largest(self) -> int:
        """The largest page that this actor may ask for."""
        ...

    @property
    def seen(self) -> Seen:
        """Whose risk and record the answer shows; whoever shows rows adds to it."""
        ...

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters.

        All reads of a query document see one snapshot; a read after a `write` sees what that wrote.
        Concurrent callers are served one after another. Each call counts as one statement.
        """
        ...

    async def read_once(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a SELECT that is the whole answer, and so needs no snapshot to share; inside a write as `read`."""
        ...

    def look(self) -> AbstractAsyncContextManager[Act]:
        """Read as a command would, in the snapshot of the document; nothing can be written.

        Raises `NotSignedIn` when there is no actor.
        """
        ...

    def write(self) -> AbstractAsyncContextManager[Act]:
        """Open the write transaction of one mutation field.

        It commits when the block ends and rolls back when the block raises. Raises `NotSignedIn` when there
        is no actor.
        """
        ...
