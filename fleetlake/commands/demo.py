"""`fleet demo`: the main job from nothing to proof, as the commands that a person would type."""

import shutil
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from fleetlake.commands.shell import Shell
from fleetlake.commands.story import gold, model, story
from fleetlake.console import ERRORS, Failure

START = date(2026, 6, 1)
DAYS = 28  # a whole window; from 29 on the gate of volumes stops where so few cars change their software or their mind in waves
DENSITY = "20"  # events per vehicle and day: fewer reports of signals, all else as ever


def demo(
    vehicles: Annotated[int, typer.Option(help="Vehicles in the simulated fleet.")] = 300,
    days: Annotated[int, typer.Option(help="Days that they drive; windows of 28 days mean something from 28 on.")] = DAYS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 11,
    samples: Annotated[Path, typer.Option(help="Real files to land as well; left out where the folder is not there.")] = Path(
        "../shared/data"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Only the final counts, as JSON.")] = False,
) -> None:
    """Land a simulated fleet with every fault from a real Kafka, prove that nothing is lost or doubled, compare all counts with the truth; then gold."""
    from fleetlake.settings import settings

    home = settings().home.absolute() / "demo"
    run = Shell(home, quiet=as_json)
    began = time.monotonic()
    run("down", check=False)
    shutil.rmtree(home, ignore_errors=True)  # the demo's own home, made anew each time
    truth = home / "truth"
    try:
        run("up", "kafka")
        run("topics", "create")
        fleet = ["--vehicles", vehicles, "--days", days, "--seed", seed, "--density", DENSITY]
        run("simulate", *fleet, "--start", START, "--faults", "all", "--truth", truth)
        _land(run)
        run("report", "--truth", truth, *(["--json"] if as_json else []), shown=True)
        if files := real_files(samples):
            _real(run, files)
        run("import", "cost", truth / "charges.csv")
        end = datetime.combine(START + timedelta(days=days), datetime.min.time(), UTC)
        story(run, home, end)
        gold(run, end)
        model(run, end)
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


def counts(run: Shell) -> dict[str, dict[str, int]]:
    """What `fleet report` says, by family."""
    return {row["family"]: row for row in run.answer("report")}


def _land(run: Shell) -> None:
    run("land", "--once")
    run("refine", "--once")
    run("audit")


def _real(run: Shell, files: dict[str, list[Path]]) -> None:
    """Real files go the same way: all their rows are in silver or in quarantine afterwards."""
    ERRORS.print("\nreal files: 1 Hz drive cycles, two makers' answers", style="bold")
    before = counts(run)
    for adapter, paths in files.items():
        run("send", "--from", adapter, *paths, echo=f"send --from {adapter} … ({len(paths)} files)")
    _land(run)
    for family, row in counts(run).items():
        new = {name: row[name] - before[family][name] for name in ("sent", "silver", "duplicates", "quarantined")}
        if new["sent"]:
            ERRORS.print(f"  {family}: {', '.join(f'{count:,} {name}' for name, count in new.items())}")
        if new["sent"] != new["silver"] + new["duplicates"] + new["quarantined"]:
            raise Failure(f"{family}: rows of the real files are missing: {new}", "fleet audit --full names them")


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
  fleet kpis --day {START}        another day's page
  fleet up kafka && fleet audit --full
  fleet dashboard                     all numbers as pages in a browser""",
        markup=False,
        highlight=False,
    )


COMMANDS = {"demo": demo}
