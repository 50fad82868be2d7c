"""Kills at seeded random moments, each followed by a plain restart; afterwards everything is as if nothing had happened."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil

from tests.end_to_end.kills import interrupted
from tests.end_to_end.kills.aims import LAYER, Aim
from tests.end_to_end.kills.commands import COMMAND_S, LOOK_S, Fleet, Running

ARGUMENTS = {"land": ("--once", "--max-offsets", 500), "refine": ("--once",)}
JUDGES = {"land": interrupted.land, "refine": interrupted.refine}
CHANGED = 0.5  # of restarts with an interrupted run
THREE_ATTEMPTS = "local[2,3]"  # local masters give a task one attempt unless told otherwise
DAEMON = "spark_jobs.daemon"  # forks the Python workers


@dataclass(frozen=True)
class Kill:
    """One process that was killed; `hit` None: nothing was under way, so it does not count."""

    seed: str
    command: str
    hit: str | None
    after_s: float  # its age
    delay_s: float  # since what was waited for
    is_changed: bool  # by other contracts than ours

    def __str__(self) -> str:
        changed = ", contracts changed" if self.is_changed else ""
        return f"seed {self.seed}: fleet {self.command} killed after {self.after_s:.2f} s, in {self.hit or 'nothing'}{changed} ({self.delay_s * 1000:.0f} ms late)"


@dataclass
class Drill:
    """A lake whose writers die again and again."""

    fleet: Fleet
    seed: int
    changed: Path  # a folder of other contracts
    kills: list[Kill] = field(default_factory=list)
    _tries: int = 0

    @property
    def counted(self) -> list[Kill]:
        """Kills that struck something."""
        return [kill for kill in self.kills if kill.hit]

    def histogram(self) -> dict[str, int]:
        """Kills by command and phase."""
        return dict(sorted(Counter(f"{kill.command} {kill.hit}" for kill in self.counted).items()))

    def strike(self, aim: Aim, *, is_changed: bool = False) -> bool:
        """Starts the aim's command and kills it there; False when that struck nothing.

        Under changed contracts it dies before it commits an intent of its own: what they judge must not be committed.
        """
        self._tries += 1
        seed = f"{self.seed}/{self._tries}"
        random = Random(seed)
        before = interrupted.loose(self.fleet.lake)
        settings = {"FLEET_CONTRACTS": str(self.changed)} if is_changed else {}
        with self.fleet.started(aim.command, *ARGUMENTS[aim.command], **settings) as running:
            if not aim.reached(running, self.fleet.lake, random, new_runs=not is_changed) and not running.is_alive:
                running.finish()  # all was done before the moment came
                return False
            delay_s = random.uniform(0, aim.longest_delay_s)
            time.sleep(delay_s)
            age_s = time.monotonic() - running.began
            running.kill()
        hit = JUDGES[aim.command](self.fleet.lake, before)
        self.kills.append(Kill(seed, aim.command, hit, age_s, delay_s, is_changed))
        print(f"{len(self.counted):3} {self.kills[-1]}", flush=True)
        return hit is not None

    def strike_all(self, command: str, aims: Sequence[Aim], upto: int) -> None:
        """Strikes with each aim, in an order of the seed's, until `upto` kills have counted; some restarts of refine are under changed contracts."""
        random = Random(f"{self.seed}/{self._tries}")
        for aim in random.sample(aims, len(aims)):
            if len(self.counted) < upto:
                is_pending = command == "refine" and interrupted.pending(self.fleet.lake) is not None
                self.strike(aim, is_changed=is_pending and random.random() < CHANGED)

    def forget_checkpoints(self) -> None:
        """Removes what Spark noted for itself."""
        shutil.rmtree(self.fleet.lake / "checkpoints", ignore_errors=True)

    def finish(self, command: str) -> None:
        """A plain start that runs to its end."""
        self.fleet.run(command, *ARGUMENTS[command])

    def finish_without_a_worker(self, command: str) -> bool:
        """A start that runs to its end though one of Spark's Python workers is killed while it has a file of the lake open.

        False when it ended without any work.
        """
        with self.fleet.started(command, *ARGUMENTS[command], FLEET_MASTER=THREE_ATTEMPTS) as running:
            while "files" not in (marks := running.mark()):
                if not marks:
                    running.finish()
                    return False
            assert _kill_a_worker(running, self.fleet.lake / LAYER[command]), (
                f"no worker of {running} was caught with a file open: {running.said()}"
            )
            running.finish()
            return True


def _kill_a_worker(running: Running, folder: Path) -> bool:
    """Stops workers one after the other until one has a file below `folder` open, and kills that one."""
    end = time.monotonic() + COMMAND_S
    while running.is_alive and time.monotonic() < end:
        for worker in _workers(running):
            with suppress(psutil.NoSuchProcess):
                worker.suspend()
                if any(Path(file.path).is_relative_to(folder) for file in worker.open_files()):
                    worker.kill()
                    return True
                worker.resume()
        time.sleep(LOOK_S)
    return False


def _workers(running: Running) -> list[psutil.Process]:
    """Python processes that Spark's daemon has forked."""
    found = []
    for process in running.members():
        with suppress(psutil.NoSuchProcess):
            if DAEMON in process.cmdline() and DAEMON in process.parent().cmdline():
                found.append(process)
    return found


def truth_of(folders: Sequence[Path], into: Path) -> Path:
    """One truth out of those of several simulations: sums, by family."""
    rows = [row for folder in folders for row in json.loads((folder / "summary.json").read_text())["families"]]
    families = {row["family"]: _sum(each for each in rows if each["family"] == row["family"]) for row in rows}
    into.mkdir()
    (into / "summary.json").write_text(json.dumps({"families": [{"family": name, **counts} for name, counts in families.items()]}))
    return into


def _sum(rows: Iterable[dict[str, int | str | dict[str, int]]]) -> dict[str, int | dict[str, int]]:
    listed = list(rows)
    counts = {name for row in listed for name, value in row.items() if isinstance(value, int)}
    reasons = Counter[str]()
    for row in listed:
        reasons.update(row["reasons"])
    return {name: sum(row[name] for row in listed) for name in sorted(counts)} | {"reasons": dict(reasons)}
