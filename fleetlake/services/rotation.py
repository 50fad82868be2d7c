"""Logs that do not grow for ever: what a service has written is moved aside while it writes on.

Copied and then cut, not renamed: the services have the file open, and no pipe of ours stands between them and it that would die with us. A
line that is written between the copy and the cut is lost.
"""

import os
import shutil
from pathlib import Path

LARGEST_BYTES = 10_000_000
KEPT = 3  # older ones: kafka.log.1 is the newest
SPARKS_OWN = "spark.log"  # log4j moves it aside by itself


def rotate(folder: Path, largest_bytes: int = LARGEST_BYTES) -> None:
    """Moves aside every log of the folder that has grown too large."""
    for log in folder.glob("*.log"):
        if log.name != SPARKS_OWN and log.stat().st_size > largest_bytes:
            for number in range(KEPT - 1, 0, -1):
                if (older := _numbered(log, number)).exists():
                    older.replace(_numbered(log, number + 1))
            shutil.copyfile(log, _numbered(log, 1))
            os.truncate(log, 0)


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
