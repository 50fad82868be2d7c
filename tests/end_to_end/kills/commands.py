"""fleet commands as processes that can be killed with all that they started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import psutil

COMMAND_S = 300  # a machine may be busy
GONE_S = 30
LOOK_S = 0.002
LISTEN_S = 0.1


class Marks:
    """What a process writes to FLEET_PHASE_FILE, one mark at a time.

    The file is a FIFO: whoever opens it waits for a reader. With each look another one takes its place before it is read: only who stands at it
    already is heard, and stands still at the next mark until that is asked for. So a drill that has seen a mark can take its time, and still
    knows between which two marks it strikes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers: list[int] = []  # of the last look too, for who found the file just before it was replaced
        self._renew()

    def next(self, within_s: float) -> list[str]:
        """The next mark; none when nothing was said in time."""
        deadline = time.monotonic() + within_s
        while not (said := self._heard()) and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return said

    def close(self) -> None:
        """Holds up whatever comes."""
        while self._readers:
            os.close(self._readers.pop())

    def _heard(self) -> list[str]:
        old = self.path.with_suffix(".old")
        os.link(self.path, old)
        self._renew()
        self._readers.append(os.open(old, os.O_RDONLY | os.O_NONBLOCK))
        old.unlink()
        said = [mark for reader in self._readers for mark in b"".join(_all(reader)).decode().splitlines()]
        if len(self._readers) > 1:
            os.close(self._readers.pop(0))
        return said

    def _renew(self) -> None:
        fresh = self.path.with_suffix(".fresh")
        os.mkfifo(fresh)
        fresh.replace(self.path)


def _all(reader: int) -> Iterator[bytes]:
    while True:
        try:
            if not (read := os.read(reader, 4096)):
                return
            yield read
        except BlockingIOError:  # it is open and nothing is written yet
            time.sleep(LOOK_S)


class Running:
    """A command under way, leader of a session and process group of its own."""

    def __init__(self, words: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.words, self.log, self.began = words, log, time.monotonic()
        self.marks = Marks(log.with_suffix(".marks"))
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fleetlake.cli", *words],
                env={**environment, "FLEET_PHASE_FILE": str(self.marks.path)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether the command itself has not ended."""
        return self._process.poll() is None

    def mark(self) -> list[str]:
        """The next mark; none when the command ended without another one."""
        deadline = self.began + COMMAND_S
        while self.is_alive:
            if marks := self.marks.next(LISTEN_S):
                return marks
            assert time.monotonic() < deadline, f"{self} says nothing: {self.said()}"
        return []

    def finish(self) -> str:
        """Lets it run to its end, which must be a good one; what it said."""
        while self.mark():
            pass
        assert self._process.wait(GONE_S) == 0, f"{self} ended with {self._process.returncode}: {self.said()}"
        return self.said()

    def kill(self) -> None:
        """SIGKILL for the whole process group; returns when nothing of the session is left: Spark's workers end by themselves."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(GONE_S)
        deadline = time.monotonic() + GONE_S
        while self.members():
            assert time.monotonic() < deadline, f"{self} was killed, and its workers live on: {self.members()}"
            time.sleep(LOOK_S)

    def members(self) -> list[psutil.Process]:
        """Everything that it started, and itself."""
        return [process for process in psutil.process_iter() if _session(process.pid) == self._process.pid and _is_running(process)]

    def end(self) -> None:
        """Nothing of it is left, whatever happened before."""
        for process in self.members():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(GONE_S)
        self.marks.close()

    def said(self) -> str:
        """What it printed."""
        return self.log.read_text(errors="replace")

    def __str__(self) -> str:
        return f"fleet {' '.join(self.words)}"


class Fleet:
    """A home with its lake, and the commands that are run on it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.lake, self.environment = folder, Path(environment["FLEET_LAKE"]), dict(environment)
        self._started = 0
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def started(self, *words: object, **settings: str) -> Iterator[Running]:
        """A command as it runs; it ends with the block at the latest."""
        self._started += 1
        running = Running([*map(str, words)], self.environment | settings, self.folder / f"{self._started:03}-{words[0]}.log")
        try:
            yield running
        finally:
            running.end()

    def run(self, *words: object, **settings: str) -> str:
        """A command from beginning to end; what it said. Raises AssertionError when it fails."""
        with self.started(*words, **settings) as running:
            return running.finish()

    @classmethod
    def here(cls, folder: Path, **settings: str) -> Self:
        """With the environment of this process, and some settings more."""
        return cls(folder, os.environ | settings)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1


def _is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
