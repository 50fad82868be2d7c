"""What a commit says that takes files out of a table and puts others in: pure, the lines of Delta's log."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Self

from spark_jobs.files import DataFile

ENGINE = f"fleetlake {version('fleetlake')}"


@dataclass(frozen=True)
class Held:
    """A file that a table holds: what the log says of it."""

    path: str  # relative to the table's folder
    size: int
    rows: int
    partition: Mapping[str, str | None]

    @classmethod
    def of(cls, action: Mapping[str, Any]) -> Self:
        """Out of a flattened add action."""
        values = {name.removeprefix("partition."): value for name, value in action.items() if name.startswith("partition.")}
        partition = {name: None if value is None else str(value) for name, value in values.items()}
        return cls(action["path"], action["size_bytes"], action["num_records"], partition)


@dataclass(frozen=True)
class Exchange:
    """What a commit says that takes files out and puts others in: `operation` as Delta names it, and whether the rows are others, too."""

    operation: str
    is_data_change: bool
    transactions: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)

    def actions(self, old: Sequence[Held], new: Sequence[DataFile]) -> list[dict[str, Any]]:
        """The commit, line by line."""
        now = int(time.time() * 1000)
        said = {"timestamp": now, "operation": self.operation, "operationParameters": {}, "isBlindAppend": False, "engineInfo": ENGINE}
        return [
            {"commitInfo": said | dict(self.metadata)},
            *({"txn": {"appId": app_id, "version": moved, "lastUpdated": now}} for app_id, moved in self.transactions.items()),
            *({"remove": self._file(file) | {"deletionTimestamp": now, "extendedFileMetadata": True}} for file in old),
            *({"add": self._file(file) | {"modificationTime": file.modified_ms, "stats": file.stats}} for file in new),
        ]

    def _file(self, file: Held | DataFile) -> dict[str, Any]:
        return {"path": file.path, "size": file.size, "partitionValues": dict(file.partition), "dataChange": self.is_data_change}
