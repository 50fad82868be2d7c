"""A stream's sign of life: a file that it touches, for it listens on no port. Supervisors of all kinds look at how old it is."""

import time
from pathlib import Path

from fleetlake.settings import settings

SILENT_S = 600  # a run over a day's backlog takes minutes


def beat(service: str) -> None:
    """Says that `service` is at work."""
    path = beat_file(service)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def sleep(service: str, seconds: float) -> None:
    """Waits, and goes on giving signs of life."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        beat(service)
        time.sleep(min(left, SILENT_S / 10))


def beats(service: str, since: float) -> bool:
    """Whether it gave a sign after `since` (seconds since the epoch) and lately."""
    path = beat_file(service)
    return path.exists() and path.stat().st_mtime >= max(since, time.time() - SILENT_S)


def beat_file(service: str) -> Path:
    """The file."""
    return (settings().home / "services" / service / "beat").absolute()
