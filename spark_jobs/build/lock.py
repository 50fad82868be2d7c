"""One build at a time: the second one says so."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetlake.console import Busy
from fleetlake.settings import settings


@contextmanager
def only_one(lake: str) -> Iterator[None]:
    """Holds the lock of a lake; it goes with the process. Raises Busy where another process has it.

    In an object store only builds of this machine see each other; of two others the second one's entry in ops.builds is refused.
    """
    path = _path(lake)
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


def _path(lake: str) -> Path:
    if "://" in lake:
        return settings().home / "locks" / f"build-{hashlib.sha256(lake.encode()).hexdigest()[:16]}"
    return Path(lake) / "gold" / ".build.lock"
