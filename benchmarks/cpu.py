"""CPU-seconds and peak memory of a process and all that it started: the JVM, its Python workers, all of it."""

import threading
from types import TracebackType
from typing import Self

import psutil


class Tree:
    """Measures a block: `with Tree() as used: …`, then `used.cpu_seconds` and `used.worker_mb`; of this process, or of the one that has `pid`."""

    def __init__(self, pid: int | None = None) -> None:
        self._root = psutil.Process(pid)

    def __enter__(self) -> Self:
        self.cpu_seconds, self.worker_mb = -_cpu(self._root), 0.0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._watch.join()
        self.cpu_seconds += _cpu(self._root)

    def _sample(self) -> None:
        while not self._done.wait(0.25):
            self.worker_mb = max([self.worker_mb, *(size / 1e6 for size in _workers(self._root))])


def _cpu(root: psutil.Process) -> float:
    """User and system seconds of the tree; those of ended children are in their parents' account."""
    total = 0.0
    for process in _tree(root):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it ended between listing and reading: its parent has its times now
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _workers(root: psutil.Process) -> list[int]:
    """Resident bytes of each PySpark worker (a child of pyspark's daemon), shared pages included."""
    sizes = []
    for process in _tree(root):
        try:
            if "pyspark" in " ".join(process.cmdline()) and process.name().startswith("python"):
                sizes.append(process.memory_info().rss)
        except psutil.Error:
            continue
    return sizes


def _tree(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]
