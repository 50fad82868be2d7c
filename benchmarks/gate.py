"""The gate beside hand-written passes that judge the same: CPU-seconds of the whole process tree and memory. `python -m benchmarks.gate [--rows N]`

Each side is a process of its own that judges the same table twice; the second time counts, when JVM and caches are warm. Then the gate judges
one changed day of a table of 10 days, and of one of 100 days.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psutil
from deltalake import DeltaTable

from benchmarks import gate_data
from benchmarks.cpu import Tree
from expectations.contract import contract
from expectations.suites import suite
from expectations.suites.expectation import ROWS
from expectations.suites.references import REGISTER
from fleetlake.names import table_path
from fleetlake.settings import settings

DAYS = 10
SIDES = ("gate", "spark", "polars")
BAR, FLAT_BAR, MEMORY_MB = 1.5, 1.2, 2_000
TIME_LIMIT_S = 1_800


def main() -> None:
    """Prints a line per side, then the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--side", choices=[*SIDES, "flat"], help="only this one, on the table that FLEET_LAKE has")
    asked = parser.parse_args()
    if asked.side:
        print(json.dumps(flat() if asked.side == "flat" else side(asked.side)))
        return
    with tempfile.TemporaryDirectory(prefix="fleetlake-bench-") as home:
        lake = Path(home) / "lake"
        told(f"writing {asked.rows:,} rows")
        gate_data.table(str(lake), DAYS, asked.rows // DAYS)
        figures = {name: run(name, home, lake) for name in SIDES}
        report(figures, asked.rows)
        for days in (DAYS, 10 * DAYS):
            told(f"writing {days} days of {asked.rows // 50:,} rows")
            gate_data.table(str(Path(home) / f"lake{days}"), days, asked.rows // 50)
            gate_data.released(str(Path(home) / f"lake{days}"), days - 1)
        spent = [run("flat", home, Path(home) / f"lake{days}")["cpu"] for days in (DAYS, 10 * DAYS)]
    print(f"one changed day of {DAYS}: {spent[0]:.2f} CPU-s, of {10 * DAYS}: {spent[1]:.2f} CPU-s; {bar(spent[1] / spent[0], FLAT_BAR)}")


def run(name: str, home: str, lake: Path) -> dict[str, Any]:
    """One side, in a process of its own."""
    told(f"{name} …")
    environment = os.environ | {"FLEET_HOME": home, "FLEET_LAKE": str(lake), "FLEET_MASTER": "local[2]", "POLARS_MAX_THREADS": "2"}
    command = [sys.executable, "-m", "benchmarks.gate", "--side", name]
    said = subprocess.run(command, env=environment, check=True, timeout=TIME_LIMIT_S, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, Any] = json.loads(said.splitlines()[-1])
    return figures


def report(figures: dict[str, dict[str, Any]], rows: int) -> None:
    """The table and the ratios."""
    print(f"{rows:,} rows of {gate_data.TABLE}, {figures['gate']['judged']} expectations, uniqueness, references and losses among them")
    for name, each in figures.items():
        print(f"{name:7} {each['cpu']:6.1f} CPU-s warm, {each['cold']:6.1f} the first time, {each['mb']:6.0f} MB")
    for name in SIDES[1:]:
        print(f"gate: {bar(figures['gate']['cpu'] / figures[name]['cpu'], BAR)} a pass written by hand in {name}")
    print(f"memory: {figures['gate']['mb']:.0f} MB ({'within' if figures['gate']['mb'] <= MEMORY_MB else 'OVER'} {MEMORY_MB})")


def bar(ratio: float, most: float) -> str:
    """A ratio beside what it may be."""
    return f"{ratio:.2f}× ({'within' if ratio <= most else 'OVER'} {most}×)"


def side(name: str) -> dict[str, Any]:
    """Judges the table twice; CPU-seconds of both, and the most memory that the tree had in the first: a command judges once."""
    judge = {"gate": gate, "spark": by_hand_in_spark, "polars": by_hand_in_polars}[name]()
    with Peak() as memory, Tree() as cold:
        judge()
    with Tree() as warm:
        judged = judge()
    return {"cold": cold.cpu_seconds, "cpu": warm.cpu_seconds, "mb": memory.mb, "judged": judged}


def flat() -> dict[str, Any]:
    """The gate of one changed day; the best of several, for it is short."""
    judge = gate()
    judge()
    spent = []
    for _ in range(5):
        with Tree() as used:
            judge()
        spent.append(used.cpu_seconds)
    return {"cpu": min(spent)}


def gate() -> Callable[[], int]:
    """The gate itself; the number of expectations."""
    from spark_jobs.gate.run import SPARK, check
    from spark_jobs.session import session

    spark, lake = session("bench gate", extra=SPARK), settings().lake_root
    now = datetime.combine(gate_data.FIRST, time(), UTC) + timedelta(days=DeltaTable(table_path(lake, gate_data.TABLE)).version())

    def judged() -> int:
        report = check(lake, gate_data.TABLE, lambda short_lived: spark, now=now)
        failed = [result.asked.id for result in report.results if result.outcome != "passed"]
        assert not failed, failed
        return len(report.results)

    return judged


def by_hand_in_spark() -> Callable[[], int]:
    """One aggregation over all row rules, a group-by for twins and one for boots, an anti-join for unknown vehicles."""
    from spark_jobs.session import session

    spark = session("bench by hand")
    lake = settings().lake_root
    rules = [broken_in_spark(asked) for asked in suite(contract(gate_data.TABLE)) if asked.frame == ROWS]

    def judged() -> int:
        spark.read.format("delta").load(table_path(lake, gate_data.TABLE)).createOrReplaceTempView("uses")
        spark.read.format("delta").load(table_path(lake, REGISTER)).createOrReplaceTempView("register")
        counts = spark.sql(f"select {', '.join(f'count_if({rule})' for rule in rules)} from uses").collect()[0]
        twins = spark.sql("select occurred_on, event_hash from uses group by occurred_on, event_hash having count(*) > 1").count()
        boots = spark.sql(
            "select vehicle_key, max(sequence) - min(sequence) + 1 - count(sequence) as lost from uses group by vehicle_key, boot_id, occurred_on"
        )
        lost = boots.selectExpr("sum(lost)").collect()[0][0]
        unknown = spark.sql("select distinct vehicle_key from uses where vehicle_key not in (select vehicle_key from register)").count()
        assert (sum(counts), twins, lost, unknown) == (0, 0, 0, 0)
        return len(rules) + 3

    return judged


def broken_in_spark(asked: Any) -> str:
    """The condition that a person would write."""
    words = ", ".join(f"'{word}'" for word in asked.values)
    return {
        "required": lambda: f"{asked.column} is null",
        "between": lambda: f"not {asked.column} between {asked.minimum} and {asked.maximum}",
        "among": lambda: f"{asked.column} not in ({words})",
        "matches": lambda: f"not {asked.column} rlike '{asked.pattern}'",
        "holds": lambda: f"not ({asked.expression})",
    }[asked.kind]()


def by_hand_in_polars() -> Callable[[], int]:
    """The same by the fastest library for one machine, streaming: what a table that fits there could cost."""
    lake = settings().lake_root
    rules = [asked for asked in suite(contract(gate_data.TABLE)) if asked.frame == ROWS]

    def judged() -> int:
        uses = pl.scan_delta(table_path(lake, gate_data.TABLE))
        counts = uses.select(broken_in_polars(asked).sum().alias(asked.id) for asked in rules).collect(engine="streaming").row(0)
        twins = uses.select(pl.struct("occurred_on", "event_hash").is_duplicated().sum()).collect().item()
        boots = uses.group_by("vehicle_key", "boot_id", "occurred_on").agg(
            lost=pl.max("sequence") - pl.min("sequence") + 1 - pl.count("sequence")
        )
        lost = boots.select(pl.sum("lost")).collect(engine="streaming").item()
        register = pl.scan_delta(table_path(lake, REGISTER))
        unknown = uses.select("vehicle_key").unique().join(register, on="vehicle_key", how="anti").select(pl.len())
        assert (sum(counts), twins, lost, unknown.collect(engine="streaming").item()) == (0, 0, 0, 0)
        return len(rules) + 3

    return judged


def broken_in_polars(asked: Any) -> pl.Expr:
    """The condition that a person would write."""
    column = pl.col(asked.columns[0]) if asked.columns else None
    if asked.kind == "holds":
        return pl.sql_expr(f"not ({asked.expression})")
    assert column is not None
    return {
        "required": column.is_null,
        "between": lambda: ~column.is_between(asked.minimum, asked.maximum),
        "among": lambda: ~column.is_in(list(asked.values)),
        "matches": lambda: ~column.str.contains(asked.pattern),
    }[asked.kind]()


class Peak:
    """The most resident memory of the process tree during a block."""

    def __enter__(self) -> "Peak":
        self.mb, self._done = 0.0, threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._done.set()
        self._watch.join()

    def _sample(self) -> None:
        while not self._done.wait(0.2):
            self.mb = max(self.mb, resident_mb())


def resident_mb() -> float:
    """Of this process and all that it started."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            total += process.memory_info().rss / 1e6
        except psutil.Error:
            continue
    return total


def told(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
