"""One build at a time: the second one says so."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetlake.console import Busy
from spark_jobs.build.lease import Lease, held

NAME = ".build.lock"


@contextmanager
def only_one(lake: str) -> Iterator[None]:
    """Holds the lock of a lake, for builds of all machines; it goes with the process, in an object store two minutes after it. Raises Busy where
    another process has it."""
    with held(Lease(f"{lake}/gold", NAME)) if "://" in lake else _locked(Path(lake) / "gold" / NAME):
        yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise Busy(
                f"another build is at work on this lake (process {file.read().strip() or 'unknown'})", "wait until it has ended, or stop it"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
