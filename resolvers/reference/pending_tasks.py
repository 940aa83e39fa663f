"""Pending tasks of a request: awaited or cancelled before its connection is released."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from strawberry.extensions import SchemaExtension

TaskResult = TypeVar("TaskResult")

_PENDING: ContextVar[set[asyncio.Future[Any]]] = ContextVar("begun")


async def shield_task(work: Awaitable[TaskResult]) -> TaskResult:
    """Run a task to its end even if graphql-core cancels its field.

    graphql-core cancels fields when a sibling fails.
    """
    task = asyncio.ensure_future(work)
    _PENDING.get().add(task)
    return await asyncio.shield(task)


@asynccontextmanager
async def await_pending_tasks() -> AsyncIterator[None]:
    """Context manager of one execution: await the tasks of cancelled fields at its end.

    An exception in the block cancels them.
    """
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
    """Strawberry extension: pending tasks are awaited after each execution."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Await pending tasks around the execution of one document."""
        async with await_pending_tasks():
            yield
