"""Answers needing more than columns: a function of the request, which reads as commands do."""

from resolvers.ports import ExecutionContext
from training.assignment import commands as assignments
from training.assignment.facts import DrawPreview
from training.assignment.requests import PreviewAssignment


async def preview_assignment(context: ExecutionContext, request: PreviewAssignment) -> DrawPreview:
    """What an assignment would do."""
    async with context.open_snapshot() as act:
        return await assignments.preview_assignment(act, request)
