"""How fast labels find what was known of their vehicle, beside Polars' join_asof and DuckDB's ASOF JOIN. `python -m benchmarks.features [--scale 0.1] [--json]`

A table of 20,000 vehicles × 90 days with 40 features, of which one day in twelve was corrected, and four million labels, both clustered by vehicle
and time. All three sides begin with the same rows in memory, give the newest day that was known in its newest known correction, and their
results are compared value by value. Then a set is streamed from a released lake to Parquet, in a process of its own, for its memory.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from fleetlake.features import gather
from fleetlake.features.declared import registry

VEHICLES, DAYS, FEATURES, LABELS = 20_000, 90, 40, 4_000_000
FIRST, TOLERANCE, LATER = date(2026, 1, 1), timedelta(days=3), (1, 3, 28)
INDEX_BAR, GATHER_BAR = 20e6, 2e6  # labels per core-second
NAMES = list(registry())[:FEATURES]
SHARD_DAYS = 14


def main() -> None:
    """Prints a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the vehicles and labels")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stream", type=Path, help="only this: write a set of the lake that FLEET_LAKE has into this folder")
    asked = parser.parse_args()
    if asked.stream:
        print(json.dumps(stream(asked.stream)))
        return
    vehicles, labels = max(10, round(VEHICLES * asked.scale)), max(1_000, round(LABELS * asked.scale))
    figures = {**joined(table(vehicles), asked_of(vehicles, labels)), "streamed": streamed(vehicles, labels)}
    print(json.dumps(figures)) if asked.json else said(figures, labels)


def table(vehicles: int) -> pl.DataFrame:
    """Rows of a table of days, in the order of vehicle, day and known_at."""
    rng = np.random.default_rng(7)
    vehicle, day = np.repeat(np.arange(vehicles), DAYS), np.tile(np.arange(DAYS), vehicles)
    again = rng.random(len(day)) < 1 / 12
    later = rng.choice(LATER, again.sum())
    drawn = pl.DataFrame(
        {
            "number": np.concatenate([vehicle, vehicle[again]]),
            "of": np.concatenate([day, day[again]]),
            "later": np.concatenate([0 * day, later]),
        }
    )
    drawn = drawn.sort("number", "of", "later").with_columns(day=pl.lit(FIRST) + pl.duration(days="of"))
    known_on = pl.col("day") + pl.duration(days="later")
    values = {name: rng.random(len(drawn), np.float32) for name in NAMES}
    return drawn.select(
        keys(vehicles).gather(drawn["number"]).alias("vehicle_key"),
        "day",
        ((known_on + pl.duration(days=1)).cast(pl.Datetime("us", "UTC")) + pl.duration(hours=2)).alias("known_at"),
        known_on.alias("known_on"),
    ).with_columns(**values)


def asked_of(vehicles: int, labels: int) -> pl.DataFrame:
    """Labels in the order of vehicle and time."""
    rng = np.random.default_rng(8)
    begin = datetime.combine(FIRST, datetime.min.time(), UTC)
    seconds = rng.integers(0, (DAYS + 5) * 86_400, labels)
    drawn = pl.DataFrame({"number": rng.integers(0, vehicles, labels), "at": seconds})
    times = (pl.lit(begin) + pl.duration(seconds="at")).cast(pl.Datetime("us", "UTC")).alias("at")
    drawn = drawn.sort("number", "at")
    return drawn.select(keys(vehicles).gather(drawn["number"]).alias("vehicle_key"), times, pl.int_range(pl.len()).alias("label"))


def keys(vehicles: int) -> pl.Series:
    """As keyed hashes of VINs are, in order: a vehicle's number is its place."""
    return pl.Series(sorted(hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest() for number in range(vehicles)))


def joined(rows: pl.DataFrame, labels: pl.DataFrame) -> dict[str, Any]:
    """Labels per core-second of each side; raises AssertionError where two of them differ."""
    _, vehicles = gather.clustered(labels)
    known = gather.index(rows, vehicles)
    numbers, seconds = gather.numbers(labels["vehicle_key"], vehicles), gather.seconds(labels["at"])
    figures = {"index": measured(partial(known.rows, numbers, seconds, int(TOLERANCE.total_seconds())), len(labels))[1]}
    ours, figures["fleetlake"] = measured(partial(by_index, rows, labels), len(labels))
    engine = in_duckdb(rows, labels)
    for name, side in (("polars", partial(by_polars, rows, labels)), ("duckdb", partial(by_duckdb, engine))):
        theirs, figures[name] = measured(side, len(labels))
        assert theirs.sort("label").select(NAMES).equals(ours), f"{name} found other values"
    assert 0.001 < ours[NAMES[0]].null_count() / len(ours) < 0.5, "labels before and after the days are to be among them"
    return figures


def measured(work: Callable[[], Any], labels: int) -> tuple[Any, float]:
    """What it returns, and labels per CPU-second of all its threads."""
    began = time.process_time()
    found = work()
    return found, labels / (time.process_time() - began)


def by_index(rows: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """As training sets do it."""
    ordered, vehicles = gather.clustered(labels)
    return gather.values(ordered, vehicles, rows, NAMES, TOLERANCE)


def by_polars(rows: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """A row of an older day than one that was known before is none's answer; of what remains the last one that was known is."""
    known = rows.sort("vehicle_key", "known_at", "day").filter(pl.col("day") >= pl.col("day").cum_max().over("vehicle_key"))
    found = labels.join_asof(
        known.drop("known_on"), left_on="at", right_on="known_at", by="vehicle_key", strategy="backward", check_sortedness=False
    )
    ends = (pl.col("day") + pl.duration(days=1)).cast(pl.Datetime("us", "UTC"))
    return found.select("label", pl.when(pl.col("at") - ends <= TOLERANCE).then(pl.col(NAMES)))


def in_duckdb(rows: pl.DataFrame, labels: pl.DataFrame) -> duckdb.DuckDBPyConnection:
    """Both as tables of its own: over Arrow's it would read them again and again."""
    engine = duckdb.connect(config={"threads": 2})
    engine.execute("set TimeZone = 'UTC'")
    for name, frame in (("rows", rows), ("labels", labels)):
        engine.register("frame", frame.to_arrow())
        engine.execute(f"create table {name} as from frame")
    return engine


def by_duckdb(engine: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The same; of rows that became known at one moment only the newest day's may remain, since it takes any of them."""
    values = ", ".join(f"if(is_near, {name}, null) as {name}" for name in NAMES)
    newest = "day = max(day) over (partition by vehicle_key order by known_at)"
    engine.execute(f"create table known as (from rows qualify {newest})")
    age = "epoch_us(l.at) - epoch_us((k.day + 1)::timestamp)"
    return engine.sql(
        f"with found as (select l.label, k.*, {age} <= {TOLERANCE // timedelta(microseconds=1)} as is_near from labels l "
        "asof left join known k on l.vehicle_key = k.vehicle_key and l.at >= k.known_at) "
        f"select label, {values} from found"
    ).pl()


def streamed(vehicles: int, labels: int) -> dict[str, Any]:
    """A set of a released lake, written in a process of its own: rows a second, its size, and the process's greatest memory."""
    from tests.fleetlake.features.lake import decision, laid

    with tempfile.TemporaryDirectory(prefix="fleetlake-bench-") as home:
        lake = str(Path(home) / "lake")
        rows = table(vehicles)
        purposes = {each.consent for each in registry().values() if each.consent}
        laid(lake, rows, [decision(key, purpose, given=True) for key in rows["vehicle_key"].unique() for purpose in purposes])
        asked_of(vehicles, labels).write_parquet(Path(home) / "labels.parquet")
        environment = os.environ | {"FLEET_HOME": home, "FLEET_LAKE": lake, "POLARS_MAX_THREADS": "2"}
        command = [sys.executable, "-m", "benchmarks.features", "--stream", str(Path(home) / "set")]
        told = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures: dict[str, Any] = json.loads(told.splitlines()[-1])
        return figures


def stream(folder: Path) -> dict[str, Any]:
    """Writes the set."""
    from fleetlake.features import training_set

    labels = pl.scan_parquet(folder.parent / "labels.parquet")
    made = training_set(labels, NAMES, tolerance=TOLERANCE, days_per_shard=SHARD_DAYS).write(folder)
    in_memory = made.rows * (FEATURES * 4 + 32 + 16)
    return {"rows": made.rows, "seconds": made.seconds, "cpu_seconds": made.cpu_seconds, "set_mb": in_memory / 1e6, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """The most that this process had in memory; getrusage tells of the parent's, too."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / 1e6


def said(figures: dict[str, Any], labels: int) -> None:
    """The table, and each bar beside what was reached."""
    print(f"{labels:,} labels, {FEATURES} features, values equal on all sides; million labels per core-second")
    for name, bar in (("index", INDEX_BAR), ("fleetlake", GATHER_BAR), ("polars", None), ("duckdb", None)):
        held = "" if bar is None else f"   ({'at least' if figures[name] >= bar else 'BELOW'} {bar / 1e6:g})"
        print(f"{name:>10} {figures[name] / 1e6:8.2f}{held}")
    one = figures["streamed"]
    print(
        f"streamed to Parquet: {one['rows']:,} rows ({one['set_mb']:,.0f} MB in memory) in {one['seconds']:.1f} s, {one['cpu_seconds']:.1f} CPU-s, "
        f"with {one['peak_mb']:,.0f} MB at most"
    )


if __name__ == "__main__":
    main()
