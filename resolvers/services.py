"""Services: fields of Query answered by a function instead of columns."""

from resolvers.ports import ExecutionContext
from training.assignment import commands as assignments
from training.assignment.facts import DrawPreview
from training.assignment.requests import PreviewAssignment


async def preview_assignment(context: ExecutionContext, request: PreviewAssignment) -> DrawPreview:
    """Preview an assignment, in a read-only snapshot."""
    async with context.open_snapshot() as act:
        return await assignments.preview_assignment(act, request)
