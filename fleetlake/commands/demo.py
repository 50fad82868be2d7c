"""`fleet demo`: the main job from nothing to proof, as the commands that a person would type."""

import shutil
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from fleetlake.commands.shell import Shell
from fleetlake.commands.story import gold, mend, model, plant, released
from fleetlake.console import ERRORS, Failure

START = date(2026, 6, 1)
DAYS = 28  # a whole window; from 29 on the gate of volumes stops where so few cars change their software or their mind in waves
PARTITIONS = 2  # of each topic: one machine's two cores take no more at a time
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
    if home.exists():  # the demo's own, made anew each time
        run("down", check=False)
        shutil.rmtree(home, ignore_errors=True)
    truth = home / "truth"
    try:
        _begin(run, home)
        run("topics", "create", "--partitions", PARTITIONS)
        fleet = ["--vehicles", vehicles, "--days", days, "--seed", seed, "--density", DENSITY]
        run("simulate", *fleet, "--start", START, "--faults", "all", "--truth", truth)
        _land(run)
        run("audit")
        run("report", "--truth", truth, *(["--json"] if as_json else []), shown=True)
        run("import", "cost", truth / "charges.csv")
        end = datetime.combine(START + timedelta(days=days), datetime.min.time(), UTC)
        released(run, end)
        if files := real_files(samples):
            _send(run, files)
        plant(run, home, end)
        _land(run)
        _account(run)
        mend(run, home, end)
        gold(run, end)
        ERRORS.print(f"\ngold is out after {time.monotonic() - began:.0f} s", style="bold")
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


def _begin(run: Shell, home: Path) -> None:
    """Kafka, and a Spark for all commands that can share one."""
    from fleetlake.services.process import read_state

    run.export("FLEET_SHORT_LIVED", "true", "Spark lives for minutes: it starts sooner")
    run("up", "kafka", "connect")
    port = read_state(home / "services" / "connect" / "state.json")["port"]
    run.export("SPARK_REMOTE", f"sc://127.0.0.1:{port}", "commands share it, instead of starting one each")


def _land(run: Shell) -> None:
    run("land", "--once")
    run("refine", "--once")


def _send(run: Shell, files: dict[str, list[Path]]) -> None:
    """Real files go the same way as simulated events."""
    ERRORS.print("\nreal files come in: 1 Hz drive cycles, two makers' answers", style="bold")
    for adapter, paths in files.items():
        run("send", "--from", adapter, *paths, echo=f"send --from {adapter} … ({len(paths)} files)")


def _account(run: Shell) -> None:
    """Each event is in silver, a duplicate or in quarantine. Raises Failure where one is missing."""
    for row in run.answer("report"):
        parts = {name: row[name] for name in ("silver", "duplicates", "quarantined")}
        if row["sent"] != sum(parts.values()):
            raise Failure(f"{row['family']}: {row['sent']:,} events came, and not all are there: {parts}", "fleet audit --full names them")
        ERRORS.print(f"  {row['family']}: {row['sent']:,} = {' + '.join(f'{count:,} {name}' for name, count in parts.items())}")


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
