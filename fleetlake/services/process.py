"""A process that outlives the command which started it, and is found again by pid and start time, never by name."""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from fleetlake.console import Failure

SAME_START_S = 2  # psutil derives start times from the boot time, which clock corrections move a little
PATIENCE_S = 30  # a broker under load closes its logs within seconds
ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME")  # a service behaves the same whatever the shell that started it had set
THREADS_S = 2  # the threads of what was killed end at once, on a busy machine a little later
LEFT_S = 3  # what has lost its leader has nothing more to do
SETTINGS = ("FLEET_", "AWS_")  # but for what it is meant to hear: the fleet's settings, and the keys of an object store
MARK = "FLEET_SERVICE"  # in the environment of all that a service starts, also of what leaves its group and session, as tasks of Airflow do


@dataclass(frozen=True)
class Started:
    """What is noted about a started process: `started_at` (seconds since the epoch) tells it from a later one with the same pid."""

    pid: int
    started_at: float


def launch(command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> Started:
    """Starts `command` as leader of a session and process group of its own; all that it prints goes to the end of `log`.

    It hears of its shell what ENVIRONMENT and SETTINGS name, and of `environment` all.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    heard = {name: value for name, value in os.environ.items() if name in ENVIRONMENT or (name.startswith(SETTINGS) and name != MARK)}
    words = [str(word) for word in command]
    pid = os.posix_spawn(words[0], words, heard | dict(environment or {}), file_actions=files, setsid=True)
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


def marked(mark: str) -> list[psutil.Process]:
    """All that runs with `mark` in its environment: what a service started, also when it left the group and its parent was killed."""
    return [process for process in psutil.process_iter() if mark and _mark(process) == mark and not _is_zombie(process.pid)]


def stop(started: Started | None, mark: str = "", patience_s: float = PATIENCE_S) -> None:
    """Ends the leader, which has `patience_s` to end what it has begun, then all that is left of the group and of what bears `mark`: SIGTERM,
    and SIGKILL. Raises Failure if something survives even that."""
    if started and (process := leader(started)):
        with suppress(psutil.NoSuchProcess):  # it ended by itself
            process.terminate()
        _ended(lambda: leader(started) is None, patience_s)
    for number, patience in ((signal.SIGTERM, LEFT_S), (signal.SIGKILL, PATIENCE_S)):
        _signal(started, mark, number)
        if _ended(lambda: not remains(started, mark), patience):
            break
    else:
        raise Failure(f"{', '.join(str(each.pid) for each in remains(started, mark))} do not end", "look at them with ps -fp PID")
    if started:
        signal_of_death(started)  # takes leave of it


def remains(started: Started | None, mark: str = "") -> list[psutil.Process]:
    """What still runs of a service."""
    return list({each.pid: each for each in [*(group(started) if started else ()), *marked(mark)]}.values())


def _signal(started: Started | None, mark: str, number: signal.Signals) -> None:
    """The group at once, so that no member can have a child in between; then each that has left it."""
    if started and group(started):
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(started.pid, number)
    for process in marked(mark):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _ended(has: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not has():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def signal_of_death(started: Started) -> signal.Signals | None:
    """What killed a process that this one started and that has ended, while nobody has taken leave of it; else None.

    The system tells when the last of its threads is gone, which may be a moment after the process is no more.
    """
    deadline = time.monotonic() + THREADS_S
    try:
        while not (told := os.waitpid(started.pid, os.WNOHANG))[0] and time.monotonic() < deadline:
            time.sleep(0.01)
    except ChildProcessError:  # it was started by another process
        return None
    pid, status = told
    return signal.Signals(os.WTERMSIG(status)) if pid and os.WIFSIGNALED(status) else None


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


def _mark(process: psutil.Process) -> str:
    try:
        return str(process.environ().get(MARK, ""))
    except (psutil.Error, OSError):  # it has ended, or is another user's
        return ""


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
