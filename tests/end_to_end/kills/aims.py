"""Where a kill is to strike: which mark it waits for, what must have happened then, and how long it may dawdle after that."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.end_to_end.kills.commands import LOOK_S, Running
from tests.end_to_end.kills.interrupted import parquet

Marks = Iterator[str]
LAYER = {"land": "bronze", "refine": "silver"}


@dataclass(frozen=True)
class Aim:
    """A command and the phase in which it is to die. The process stands still at the first mark after the one waited for, see Marks."""

    command: str
    phase: str
    longest_delay_s: float

    def reached(self, running: Running, lake: Path, random: Random, *, new_runs: bool = True) -> bool:
        """Waits for the phase; False when the command has ended without it, or, unless `new_runs` may begin, writes files of a new one."""
        marks = _marks(running)
        return WAYS[self.phase](marks if new_runs or self.phase == "files" else _of_old_run(marks), running, self, lake, random)


def _marks(running: Running) -> Marks:
    while marks := running.mark():
        yield from marks


def _of_old_run(marks: Marks) -> Marks:
    """Marks until a new run writes files: it stands still before its intent then."""
    for mark in marks:
        if mark == "files":
            return
        yield mark


def _files(marks: Marks, running: Running, aim: Aim, lake: Path, random: Random) -> bool:
    """A new Parquet file is there, whole or not, and none is committed before the next mark."""
    if "files" not in marks:
        return False
    before = parquet(lake, LAYER[aim.command])
    return _until(lambda: parquet(lake, LAYER[aim.command]) != before, running)


def _intent(marks: Marks, running: Running, aim: Aim, lake: Path, random: Random) -> bool:
    """The intent is committed; the first table waits for its mark to be read."""
    if "files" not in marks:
        return False
    log = lake / "ops" / "refine_runs" / "_delta_log"
    before = set(log.iterdir())
    return "intent" in marks and _until(lambda: set(log.iterdir()) != before, running)


def _between(marks: Marks, running: Running, aim: Aim, lake: Path, random: Random) -> bool:
    """One table is committed, and another one still waits for its mark to be read."""
    wanted, seen = random.randint(2, 3), 0  # small runs commit few tables more
    for mark in marks:
        seen = seen + 1 if mark.startswith("commit ") else 0
        if seen == wanted:
            return True
    return False


def _ledger(marks: Marks, running: Running, aim: Aim, lake: Path, random: Random) -> bool:
    """All tables are committed."""
    return "ledger" in marks


def _anywhere(marks: Marks, running: Running, aim: Aim, lake: Path, random: Random) -> bool:
    """Whatever comes after some number of marks."""
    return any(seen == 0 for seen, _ in zip(range(random.randint(0, 20), -1, -1), marks, strict=False))


def _until(is_true: Callable[[], bool], running: Running) -> bool:
    while running.is_alive:
        if is_true():
            return True
        time.sleep(LOOK_S)
    return False


WAYS = {"files": _files, "intent": _intent, "between": _between, "ledger": _ledger, "close": _ledger, "anywhere": _anywhere}
LAND = (Aim("land", "files", 0.5), Aim("land", "between", 0.05), Aim("land", "ledger", 0.001))
REFINE = (Aim("refine", "files", 0.5), Aim("refine", "intent", 0.1), Aim("refine", "between", 0.05), Aim("refine", "close", 0.1))
