"""Answers that need more than columns: a function of the request, which reads as commands do."""

from resolvers.ports import Asking
from training.assignment import commands as assignments
from training.assignment.facts import Preview
from training.assignment.requests import PreviewAssignment


async def preview_assignment(asking: Asking, asked: PreviewAssignment) -> Preview:
    """What an assignment would do."""
    async with asking.look() as act:
        return await assignments.preview(act, asked)
