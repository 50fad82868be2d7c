"""What commits say, read from the log itself: delta-rs' history() numbers commits wrongly while others commit beside us (1.6.6)."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from spark_jobs.files import filesystem


def actions(path: str, version: int, *kinds: str) -> list[dict[str, Any]]:
    """The actions of these kinds in a commit, each as {kind: …}. Raises FileNotFoundError when the log has been cleaned up beyond it."""
    files, root = filesystem(path)
    marks = [f'"{kind}"'.encode() for kind in kinds]
    with files.open_input_stream(f"{root}/_delta_log/{version:020d}.json") as log:
        found = [json.loads(line) for line in log.readall().splitlines() if any(mark in line for mark in marks)]
    return [action for action in found if action.keys() & set(kinds)]


def changed_days(path: str, versions: Iterable[int], column: str) -> frozenset[date]:
    """Values of a date partition whose rows these commits changed; compaction changes none. Raises FileNotFoundError as `actions` does."""
    touched = (file for version in versions for action in actions(path, version, "add", "remove") for file in action.values())
    return frozenset(date.fromisoformat(file["partitionValues"][column]) for file in touched if file.get("dataChange", True))
