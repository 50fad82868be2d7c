"""A process that outlives the command which started it, and is found again by pid and start time, never by name."""

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from fleetlake.console import Failure

SAME_START_S = 2  # psutil derives start times from the boot time, which clock corrections move a little
PATIENCE_S = 30  # a broker under load closes its logs within seconds
ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME")  # a service behaves the same whatever the shell that started it had set


@dataclass(frozen=True)
class Started:
    """What is noted about a started process: `started_at` (seconds since the epoch) tells it from a later one with the same pid."""

    pid: int
    started_at: float


def launch(command: Sequence[str | Path], log: Path) -> Started:
    """Starts `command` as leader of a session and process group of its own; all that it prints goes to `log`, begun anew."""
    log.parent.mkdir(parents=True, exist_ok=True)
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    pid = os.posix_spawn(command[0], [str(word) for word in command], environment, file_actions=files, setsid=True)
    return Started(pid, psutil.Process(pid).create_time())


def leader(started: Started) -> psutil.Process | None:
    """The process itself, if it still runs and its pid was not given to another one."""
    try:
        process = psutil.Process(started.pid)
        is_ours = abs(process.create_time() - started.started_at) <= SAME_START_S and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if is_ours else None


def group(started: Started) -> list[psutil.Process]:
    """All that still runs of the process group, also when its leader was killed."""
    if leader(started) is None and psutil.pid_exists(started.pid) and not _is_zombie(started.pid):
        return []  # the pid belongs to a stranger now
    return [process for process in psutil.process_iter() if _group_id(process.pid) == started.pid and not _is_zombie(process.pid)]


def stop(started: Started, patience_s: float = PATIENCE_S) -> None:
    """Ends the whole group: SIGTERM, after `patience_s` SIGKILL. Raises Failure if something survives even that."""
    for number, patience in ((signal.SIGTERM, patience_s), (signal.SIGKILL, PATIENCE_S)):
        if group(started):
            signal_group(started, number)
        if is_gone(started, patience):
            return
    raise Failure(f"process group {started.pid} does not end", f"look at it: ps -g {started.pid}")


def is_gone(started: Started, patience_s: float) -> bool:
    """Nothing of the group is left, within `patience_s`."""
    deadline = time.monotonic() + patience_s
    while group(started):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    with suppress(ChildProcessError):  # it was started by another process, which is the rule
        os.waitpid(started.pid, os.WNOHANG)
    return True


def signal_group(started: Started, number: signal.Signals) -> None:
    """Signals every member at once, so that none can have a child in between."""
    with suppress(ProcessLookupError):  # it ended by itself
        os.killpg(started.pid, number)


def read_state(path: Path) -> dict[str, int | float]:
    """What a service noted about itself; empty when it never ran here."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write_state(path: Path, state: Mapping[str, int | float], started: Started | None) -> None:
    """Replaces the state in one step, so that a kill leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(dict(state) | (asdict(started) if started else {})))
    draft.replace(path)


def started(state: Mapping[str, int | float]) -> Started | None:
    """The process that a state tells of; None after a stop."""
    return Started(int(state["pid"]), state["started_at"]) if "pid" in state else None


def _group_id(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
