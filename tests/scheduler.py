"""Scheduler of pytest-xdist: tests that share an expensive fixture run on one worker, the longest groups first."""

from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.workermanage import WorkerController

WORLDS = ("tests/access/", "tests/api/", "tests/corpus/")
"""Folders with a world of their own, built once for all of their tests; elsewhere a file is a group."""

LONGEST = ("tests/corpus/", "tests/kinerja/demo/test_demo.py", "tests/kinerja/test_server.py", *WORLDS)
"""Groups that begin first, for one begun at the end would keep a single worker busy."""


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives each worker one group of tests after the other, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in WORLDS if path.startswith(folder)), path)

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = next((group for group in LONGEST if group in self.workqueue), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
