"""What can be trained."""

from collections.abc import Mapping

from fleetlake.console import Failure
from fleetlake.training import battery, suggest
from fleetlake.training.task import Task

TASKS: Mapping[str, Task] = {each.name: each for each in (suggest.TASK, battery.TASK)}


def task(name: str) -> Task:
    """Raises Failure for one that there is not."""
    if name not in TASKS:
        raise Failure(f"{name!r} cannot be trained", f"there are {', '.join(TASKS)}")
    return TASKS[name]
