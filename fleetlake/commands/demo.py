"""`fleet demo`: the main job from nothing to proof, as the commands that a person would type."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fleetlake.console import ERRORS, Failure

STEP_TIME_LIMIT_S = 600


def demo(
    vehicles: Annotated[int, typer.Option(help="Vehicles in the simulated fleet.")] = 300,
    days: Annotated[int, typer.Option(help="Days that they drive.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 11,
    samples: Annotated[Path, typer.Option(help="Real files to land as well; left out where the folder is not there.")] = Path(
        "../shared/data"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Only the final counts, as JSON.")] = False,
) -> None:
    """Land a simulated fleet with every fault from a real Kafka, prove that nothing is lost or doubled, and compare all counts with the truth."""
    from fleetlake.settings import settings

    home = settings().home.absolute() / "demo"
    run = _Shell(home, quiet=as_json)
    began = time.monotonic()
    run("down", check=False)
    shutil.rmtree(home, ignore_errors=True)  # the demo's own home, made anew each time
    truth = home / "truth"
    try:
        run("up", "kafka")
        run("topics", "create")
        fleet = ["--vehicles", vehicles, "--days", days, "--seed", seed]
        run("simulate", *fleet, "--faults", "all", "--truth", truth)
        _land(run)
        run("report", "--truth", truth, *(["--json"] if as_json else []), shown=True)
        if files := real_files(samples):
            _real(run, files)
    finally:
        run("down", check=False)
    if not as_json:
        _farewell(home, time.monotonic() - began)


def real_files(samples: Path) -> dict[str, list[Path]]:
    """By adapter, the sample files that are there."""
    found = {
        "drive-cycles": samples.glob("drive_cycles/*.parquet"),
        "bmw": samples.glob("maker_api/bmw/[A-Z]*/*.json"),
        "skoda": [*samples.glob("maker_api/skoda/*/*.json"), *samples.glob("maker_api/skoda/*/*.yaml")],
    }
    return {adapter: paths for adapter, glob in found.items() if (paths := sorted(glob))}


def _land(run: "_Shell") -> None:
    run("land", "--once")
    run("refine", "--once")
    run("audit")


def _real(run: "_Shell", files: dict[str, list[Path]]) -> None:
    """Real files go the same way: all their rows are in silver or in quarantine afterwards."""
    ERRORS.print("\nreal files: 1 Hz drive cycles, two makers' answers", style="bold")
    before = run.counts()
    for adapter, paths in files.items():
        run("send", "--from", adapter, *paths, echo=f"send --from {adapter} … ({len(paths)} files)")
    _land(run)
    for family, row in run.counts().items():
        new = {name: row[name] - before[family][name] for name in ("sent", "silver", "duplicates", "quarantined")}
        if new["sent"]:
            ERRORS.print(f"  {family}: {', '.join(f'{count:,} {name}' for name, count in new.items())}")
        if new["sent"] != new["silver"] + new["duplicates"] + new["quarantined"]:
            raise Failure(f"{family}: rows of the real files are missing: {new}", "fleet audit --full names them")


class _Shell:
    """Runs `fleet` commands in the demo's home, each shown as it would be typed."""

    def __init__(self, home: Path, *, quiet: bool) -> None:
        self.quiet = quiet
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")} | {"FLEET_HOME": str(home)}

    def __call__(self, *words: object, check: bool = True, shown: bool = False, echo: str = "") -> None:
        if check:
            ERRORS.print(f"\n$ fleet {echo or ' '.join(map(str, words))}", style="bold", markup=False)
        output = None if check and (shown or not self.quiet) else subprocess.DEVNULL
        began = time.monotonic()
        status = subprocess.run(
            _command(words), env=self._environment, stdin=subprocess.DEVNULL, stdout=output, timeout=STEP_TIME_LIMIT_S, check=False
        ).returncode
        if check and status:
            raise Failure(
                f"fleet {words[0]} ended with status {status}",
                f"FLEET_HOME={self._environment['FLEET_HOME']} and the same command show it again",
            )
        if check:
            ERRORS.print(f"  {time.monotonic() - began:.1f} s", style="dim")

    def counts(self) -> dict[str, dict[str, int]]:
        """What `fleet report --json` says, by family."""
        said = subprocess.run(
            _command(["report", "--json"]), env=self._environment, capture_output=True, timeout=STEP_TIME_LIMIT_S, check=True
        ).stdout
        return {row["family"]: row for row in json.loads(said)}


def _command(words: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "fleetlake.cli", *map(str, words)]


def _farewell(home: Path, seconds: float) -> None:
    ERRORS.print(
        f"\nall of it in {seconds:.0f} s; the tables are in {home / 'lake'}, the truth in {home / 'truth'}", style="bold", markup=False
    )
    ERRORS.print(
        f"""what to type next:
  export FLEET_HOME={home} PATH={Path(sys.executable).parent}:$PATH
  fleet tables                        every table, and what a row of it is
  fleet describe silver.charging      its columns, units, ranges
  fleet quarantine charging --rows 3  what was refused, why, and its bytes
  fleet up kafka && fleet audit --full""",
        markup=False,
        highlight=False,
    )


COMMANDS = {"demo": demo}
