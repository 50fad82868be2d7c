"""Logs of services: parted by starts, asked for the reason of an end, moved aside before they grow too large; and those of tasks, deleted when old."""

import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

BEGUN = "=== started at "
WORDS = 20_000  # characters of a log in which a reason is looked for
LARGEST_BYTES = 10_000_000
KEPT = 3  # older ones: kafka.log.1 is the newest
SPARKS_OWN = "spark.log"  # log4j moves it aside by itself


def begin(log: Path) -> None:
    """A line that parts what the next start says from what was said before."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(f"{BEGUN}{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z\n")


def tail(log: Path) -> str:
    """The end of what a log has of the last start; empty when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - WORDS))
        return file.read().decode(errors="replace").rpartition(BEGUN)[2].partition("\n")[2]


def last_words(log: str) -> str:
    """The line that says most about why a process ended: the last error or exception, else the last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|exception|no space", line, re.IGNORECASE) and not line.startswith("at ")]
    return (telling or lines or ["nothing"])[-1][:300]


def rotate(folder: Path, largest_bytes: int = LARGEST_BYTES) -> None:
    """Moves aside every log of the folder that has grown too large.

    Copied and then cut, not renamed: services have their logs open, and no pipe of ours stands between that would die with us. A line that
    is written between the copy and the cut is lost.
    """
    for log in folder.glob("*.log"):
        if log.name != SPARKS_OWN and log.stat().st_size > largest_bytes:
            for number in range(KEPT - 1, 0, -1):
                if (older := _numbered(log, number)).exists():
                    older.replace(_numbered(log, number + 1))
            shutil.copyfile(log, _numbered(log, 1))
            os.truncate(log, 0)


def forget(folder: Path, before: float) -> int:
    """Deletes logs of tasks below a folder that were last written before a moment (seconds since the epoch), and what is empty then; how many."""
    old = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_mtime < before]
    for path in old:
        path.unlink()
    # The folder of a DAG, right below, stays: a run of it may be starting just now.
    parents = {parent for path in old for parent in path.parents if folder in parent.parents and parent.parent != folder}
    for parent in sorted(parents, reverse=True):
        if not any(parent.iterdir()):
            parent.rmdir()
    return len(old)


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
