"""What a request began is finished, or given up, before its connection goes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from strawberry.extensions import SchemaExtension

TaskResult = TypeVar("TaskResult")

_PENDING: ContextVar[set[asyncio.Future[Any]]] = ContextVar("begun")


async def shield_task(work: Awaitable[TaskResult]) -> TaskResult:
    """Go on with the work even where graphql-core cancels its field, as it does when a sibling fails."""
    task = asyncio.ensure_future(work)
    _PENDING.get().add(task)
    return await asyncio.shield(task)


@asynccontextmanager
async def await_pending_tasks() -> AsyncIterator[None]:
    """Around the execution of one document: wait for work whose field was cancelled, or give it up with the block."""
    begun: set[asyncio.Future[Any]] = set()
    _PENDING.set(begun)
    try:
        yield
    except BaseException:
        for task in begun:
            task.cancel()
        raise
    finally:
        await asyncio.gather(*begun, return_exceptions=True)


class PendingTasksExtension(SchemaExtension):
    """The same where Strawberry executes."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Around the execution of one document."""
        async with await_pending_tasks():
            yield
