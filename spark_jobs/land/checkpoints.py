"""Folders for Spark's checkpoints. A start takes a new one, because positions are in the tables: what an old one says means nothing."""

import fcntl
import json
import os
import shutil
import time
from pathlib import Path
from typing import IO, Self

from spark_jobs.land.logs import Place


class Checkpoint:
    """A folder that belongs to this process as long as it lives, however it ends: a lock beside it says so."""

    def __init__(self, folder: Path, lock: IO[str]) -> None:
        self.folder, self._lock = folder, lock

    @classmethod
    def new(cls, root: Path) -> Self:
        """A new folder below `root`; those of processes that are gone are removed."""
        root.mkdir(parents=True, exist_ok=True)
        for path in root.glob("*.lock"):
            _remove_if_dead(path)
        while True:
            path = root / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.urandom(3).hex()}.lock"
            lock = path.open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():  # nobody took it for a dead one between the two lines above
                return cls(path.with_suffix(""), lock)

    def planned_ends(self, batch: int) -> dict[Place, int]:
        """Up to which offset (exclusive) Spark planned to read each topic-partition in a batch: it notes that before the batch begins."""
        noted = (self.folder / "offsets" / str(batch)).read_text().splitlines()[-1]
        return {Place(topic, int(partition)): end for topic, ends in json.loads(noted).items() for partition, end in ends.items()}

    def close(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        Path(self._lock.name).unlink(missing_ok=True)
        self._lock.close()


def _remove_if_dead(path: Path) -> None:
    try:
        with path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            path.unlink(missing_ok=True)
    except (BlockingIOError, FileNotFoundError):
        return  # its process lives, or another start has just removed it
