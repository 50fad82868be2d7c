"""`fleet` commands as a person would type them, for the demo."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fleetlake.console import ERRORS, Failure

STEP_TIME_LIMIT_S = 600


class Shell:
    """Runs `fleet` commands in the demo's home, each shown as it would be typed."""

    def __init__(self, home: Path, *, quiet: bool) -> None:
        """`quiet`: what commands print stays unseen."""
        self.quiet = quiet
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")} | {"FLEET_HOME": str(home)}

    def __call__(self, *words: object, check: bool = True, shown: bool = False, echo: str = "", status: int = 0) -> None:
        """Runs a command, and raises Failure unless it ends with `status`; `check=False` neither says nor minds anything."""
        if check:
            ERRORS.print(f"\n$ fleet {echo or ' '.join(map(str, words))}", style="bold", markup=False)
        output = None if check and (shown or not self.quiet) else subprocess.DEVNULL
        began = time.monotonic()
        ended = subprocess.run(
            _command(words), env=self.environment, stdin=subprocess.DEVNULL, stdout=output, timeout=STEP_TIME_LIMIT_S, check=False
        ).returncode
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
        command = _command([*words, "--json"])
        said = subprocess.run(command, env=self.environment, capture_output=True, timeout=STEP_TIME_LIMIT_S, check=False)
        if said.returncode:
            raise Failure(f"fleet {words[0]} ended with status {said.returncode}", said.stderr.decode(errors="replace").strip()[-1_000:])
        return json.loads(said.stdout)


def _command(words: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "fleetlake.cli", *map(str, words)]
