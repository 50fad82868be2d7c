"""`fleet` commands as a person would type them, for the demo.

Each is a process of its own, forked from one that has imported Great Expectations, dbt and Spark's client already: a dozen commands need
them, and to import them takes each of these three to five seconds when it is typed by hand.
"""

import atexit
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleetlake.console import ERRORS, Failure

STEP_TIME_LIMIT_S = 600
AHEAD = ["great_expectations", "dbt.cli.main", "pyspark.sql.connect.session"]  # nothing that starts threads: a fork has none of them
THREADLESS = {"OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}  # nor do numpy and Arrow, told so
FORKS = multiprocessing.get_context("forkserver")


class Shell:
    """Runs `fleet` commands in the demo's home, each shown as it would be typed."""

    def __init__(self, home: Path, *, quiet: bool) -> None:
        """`quiet`: what commands print stays unseen."""
        self.quiet = quiet
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")} | {"FLEET_HOME": str(home)}
        os.environ.update(THREADLESS)  # before the one process to fork from starts
        FORKS.set_forkserver_preload(AHEAD)

    def __call__(self, *words: object, check: bool = True, shown: bool = False, echo: str = "", status: int = 0) -> None:
        """Runs a command, and raises Failure unless it ends with `status`; `check=False` neither says nor minds anything."""
        if check:
            ERRORS.print(f"\n$ fleet {echo or ' '.join(map(str, words))}", style="bold", markup=False)
        began = time.monotonic()
        ended = self._ended(words, "" if check and (shown or not self.quiet) else os.devnull)
        if check and ended != status:
            raise Failure(
                f"fleet {words[0]} ended with status {ended}, not {status}",
                f"FLEET_HOME={self.environment['FLEET_HOME']} and the same command show it again",
            )
        if check:
            ERRORS.print(f"  {time.monotonic() - began:.1f} s", style="dim")

    def export(self, name: str, value: str, why: str = "") -> None:
        """Sets a variable for what comes, as a person would."""
        self.environment[name] = value
        ERRORS.print(f"\n$ export {name}={value}{f'    # {why}' if why else ''}", markup=False)

    def answer(self, *words: object) -> Any:
        """What a command says with --json."""
        with tempfile.NamedTemporaryFile() as said:
            if status := self._ended([*words, "--json"], said.name):
                raise Failure(f"fleet {words[0]} ended with status {status}", "what it said is above")
            return json.load(said)

    def _ended(self, words: Sequence[object], output: str) -> int:
        """Exit status of a command; what it prints goes to a file, unless that has no name."""
        command = FORKS.Process(target=_type, args=([*map(str, words)], self.environment, output))
        command.start()
        try:
            command.join(STEP_TIME_LIMIT_S)
            if command.exitcode is None:
                raise Failure(f"fleet {words[0]} has not ended after {STEP_TIME_LIMIT_S} s", "fleet status says how the services are")
            return command.exitcode
        finally:
            command.kill()  # does nothing to one that has ended
            command.join()


def _type(words: list[str], environment: Mapping[str, str], output: str) -> None:
    """The command, in a fork that becomes what a shell would have started."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["fleet", *words]
    if output:
        os.dup2(os.open(output, os.O_WRONLY), 1)
    from fleetlake.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # a fork ends without
