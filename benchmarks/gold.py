"""How long gold takes, whole and after one more day, beside DuckDB computing the same marts. `python -m benchmarks.gold [--scale 0.1] [--json]`

Three lakes: so many vehicles and days; a tenth of the vehicles for as many days; that tenth for ten times the days. Each is built whole, released,
given one more day and built again, every build a process of its own on the lake's `fleet connect`, as under `fleet up`: the first finds it new, the
second warm. The first lake's day is built in a Spark of its own, too, JVM start included, as a command without SPARK_REMOTE does. After it comes another
day, with what the register of vehicles hears late of days before, so that these are built again. DuckDB computes the marts of that lake from the same
files, whole; its side is the second computation that the tests compare gold with (money in Python there).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import gold_data
from benchmarks.cpu import Tree
from fleetlake.services.ports import HOST, free_port, is_open
from fleetlake.settings import settings

FIRST, VEHICLES, DAYS, LONGER = date(2026, 1, 1), 2_000, 90, 10
WHOLE_S, DAY_SHARE, FLAT = 300, 0.25, 1.2
TIME_LIMIT_S, START_S = 7_200, 120


def main() -> None:
    """Prints a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the vehicles")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--short", action="store_true", help="only the first lake")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=["build", "duckdb"], help="only this one, on the lake that FLEET_LAKE has")
    asked = parser.parse_args()
    if asked.side:
        print(json.dumps({"build": build, "duckdb": duckdb}[asked.side]()))
        return
    vehicles = max(20, round(VEHICLES * asked.scale))
    fewer = max(5, vehicles // 10)
    lakes = {"whole": (vehicles, asked.days)}
    lakes |= {} if asked.short else {"tenth": (fewer, asked.days), "longer": (fewer, LONGER * asked.days)}
    with tempfile.TemporaryDirectory(prefix="fleetlake-bench-") as home:
        figures = {name: one(Path(home) / name, *size, beside=name == "whole") for name, size in lakes.items()}
    print(json.dumps(figures)) if asked.json else said(figures)


def one(home: Path, vehicles: int, days: int, *, beside: bool) -> dict[str, Any]:
    """Figures of a lake: built whole, then one more day; a late one and DuckDB beside them if asked for."""
    written, figures = silver(home, vehicles, days), {"vehicles": vehicles, "days": days}
    told(f"{vehicles:,} vehicles × {days} days: writing silver")
    next(written)
    with shared(home) as spark:
        figures["full"] = run("build", home, spark)
        released(home)
        next(written)
        copy = shutil.copytree(home, home.with_name(f"{home.name}-alone")) if beside else None
        figures["day"] = run("build", home, spark)
        if copy:
            released(home)
            next(written)
            figures["late"] = run("build", home, spark)
    if copy:
        figures |= {"alone": run("build", copy), "duckdb": run("duckdb", home)}
    return figures


def silver(home: Path, vehicles: int, days: int) -> Iterator[int]:
    """Writes released silver with the bill of its days, then one day more, then one with late changes of days before."""
    from fleetlake.simulator.bill import bill
    from spark_jobs.imports.job import bring
    from spark_jobs.imports.kinds import KINDS

    home.mkdir(parents=True)
    plan = gold_data.plan(vehicles, days + 3, FIRST)
    bill(plan).write_csv(home / "charges.csv")
    bring(str(home / "lake"), KINDS["cost"], [home / "charges.csv"], lambda text, rows: None)
    yield from gold_data.silver(str(home / "lake"), plan, days + 1)  # of its last day it is not known yet whether it is over


@dataclass(frozen=True)
class Server:
    """A Spark Connect server that runs."""

    port: int
    pid: int


@contextmanager
def shared(home: Path) -> Iterator[Server]:
    """`fleet connect`, as long as the block lasts."""
    port = free_port()
    command = [sys.executable, "-m", "fleetlake.cli", "connect", "--port", str(port)]
    with subprocess.Popen(command, env=of_lake(home)) as process:
        try:
            until(lambda: is_open(port), process)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def until(is_there: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Waits for a process to be there. Raises TimeoutError where it ends instead, or takes too long."""
    deadline = time.monotonic() + START_S
    while not is_there():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"{process.args!r} is not there: its status is {process.poll()}")
        time.sleep(0.2)


def run(name: str, home: Path, spark: Server | None = None) -> dict[str, Any]:
    """One side, in a process of its own; with `spark`, that does the work, and its CPU counts."""
    told(f"{name} …")
    remote = {"SPARK_REMOTE": f"sc://{HOST}:{spark.port}"} if spark else {}
    command = [sys.executable, "-m", "benchmarks.gold", "--side", name]
    with Tree(spark.pid) if spark else nullcontext() as used:
        ended = subprocess.run(command, env=of_lake(home) | remote, check=True, timeout=TIME_LIMIT_S, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return figures | {"cpu": figures["cpu"] + (used.cpu_seconds if used else 0.0)}


def of_lake(home: Path) -> dict[str, str]:
    """The environment of what works on a lake."""
    lake = {"FLEET_HOME": str(home), "FLEET_LAKE": str(home / "lake"), "FLEET_MASTER": "local[2]", "POLARS_MAX_THREADS": "2"}
    return {name: value for name, value in os.environ.items() if name != "SPARK_REMOTE"} | lake


def build() -> dict[str, Any]:
    """Builds gold."""
    from spark_jobs.build.estimate import table_days
    from spark_jobs.build.job import SPARK, Wanted
    from spark_jobs.build.job import build as built
    from spark_jobs.session import session

    def started(short_lived: bool) -> Any:
        return session("bench gold", extra=SPARK, stream=False, short_lived=short_lived)

    began = time.monotonic()
    with Tree() as used:
        done = built(settings().lake_root, started, Wanted(), lambda text: None)
    slowest = sorted(done.seconds.items(), key=lambda item: -item[1])[:5]
    rebuilt = table_days(done.decided.values(), len(done.prepared.calendar.days))
    return {"seconds": time.monotonic() - began, "cpu": used.cpu_seconds, "table_days": rebuilt, "slowest": dict(slowest)}


def duckdb() -> dict[str, Any]:
    """Computes the same marts in DuckDB, from the same files."""
    from fleetlake.simulator.family import registry
    from spark_jobs.build.calendar import calendar
    from tests.gold import second
    from tests.gold.twice import costs_of

    lake, began = settings().lake_root, time.monotonic()
    with Tree() as used:
        engine, families = second.connected(), list(registry())
        days = calendar(lake, second.over(engine, lake, families), None, None)
        second.compute(engine, families, days.first, days.last)
        made = costs_of(lake, engine)
    return {"seconds": time.monotonic() - began, "cpu": used.cpu_seconds, "models": len(second.MARTS) + len(made)}


def released(home: Path) -> None:
    """Readers see gold as it was built, past its gate, which has a benchmark of its own."""
    from tests.end_to_end.gold.lake import passed

    passed(str(home / "lake"), "gold")


def said(figures: Mapping[str, Mapping[str, Any]]) -> None:
    """The table, and each bar beside what was reached."""
    print(f"{'vehicles × days':>18} {'whole s':>9} {'CPU-s':>8} {'one day s':>10} {'CPU-s':>8} {'of whole':>9}")
    for one_lake in figures.values():
        full, day = one_lake["full"], one_lake["day"]
        size = f"{one_lake['vehicles']:,} × {one_lake['days']}"
        print(
            f"{size:>18} {full['seconds']:9.1f} {full['cpu']:8.1f} {day['seconds']:10.1f} {day['cpu']:8.1f} {day['seconds'] / full['seconds']:9.0%}"
        )
    whole = figures["whole"]
    print(
        f"whole: {bar(whole['full']['seconds'], WHOLE_S, 's')}; one more day: {bar(whole['day']['seconds'] / whole['full']['seconds'], DAY_SHARE, '× of it')}"
    )
    alone, late = whole["alone"], whole["late"]
    print(f"one more day in a Spark of its own, from its start: {alone['seconds']:.1f} s, {alone['cpu']:.1f} CPU-s")
    print(
        f"the day after, with late changes of vehicles: {late['seconds']:.1f} s, {late['cpu']:.1f} CPU-s; "
        f"{late['table_days']} days of tables built anew, and {whole['day']['table_days']} for the day before"
    )
    print("slowest: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in whole["full"]["slowest"].items()))
    beside = whole["duckdb"]
    ratio = whole["full"]["cpu"] / beside["cpu"]
    print(
        f"DuckDB, the same marts whole from the same files: {beside['seconds']:.1f} s, {beside['cpu']:.1f} CPU-s; dbt on Spark takes {ratio:.1f}× the CPU"
    )
    if "longer" in figures:
        print(
            f"one day with {LONGER} times the history: {bar(figures['longer']['day']['seconds'] / figures['tenth']['day']['seconds'], FLAT, '×')} as long"
        )


def bar(found: float, most: float, unit: str) -> str:
    """A figure beside what it may be."""
    return f"{found:.2f} {unit} ({'within' if found <= most else 'OVER'} {most})"


def told(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
