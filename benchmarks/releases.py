"""How long readers and releasers wait: importing fleetlake, a scan behind 1,000 commits, the first answer of `fleet sql`, a release of 40 tables."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pyarrow as pa

TABLES = 40
COMMITS = 1_000
AGAIN = 10
PYTHON_COMMAND = "import time; began = time.perf_counter(); import fleetlake; print(time.perf_counter() - began)"


def main() -> None:
    """Prints a line per figure, with the bar that it has to reach."""
    with tempfile.TemporaryDirectory(prefix="fleetlake-bench-") as home:
        os.environ |= {"FLEET_HOME": home, "FLEET_LAKE": f"{home}/lake"}
        for name in ("bronze.long", *(f"bronze.t{number:02}" for number in range(1, TABLES))):
            _grow(name, COMMITS if name == "bronze.long" else 3)
        _gate()
        for words in (("sql", "select 1"), ("release", "bronze", "--dry-run")):
            _run(_fleet(), *words)
        said("import fleetlake", 0.3, [float(_run(sys.executable, "-c", PYTHON_COMMAND)) for _ in range(AGAIN)])
        said('fleet sql "select 1", all of it', 1.0, timed(lambda: _run(_fleet(), "sql", "select 1")))
        said(f"release of {TABLES} tables", 1.0, [_release()])
        said(f"fleet release of {TABLES} tables, all of it", 1.5, [_released_by_command()])
        _scans()


def _scans() -> None:
    import fleetlake

    fleetlake.scan("bronze.long")  # polars is imported once
    said(f"scan of a table with {COMMITS:,} commits", 0.05, timed(lambda: fleetlake.scan("bronze.long")))
    said("the same, up to its first row", 1.0, timed(lambda: fleetlake.scan("bronze.long").head(1).collect()))
    said("fleetlake.sql over it, the first time in a process", 2.0, timed(lambda: fleetlake.sql("select max(id) from bronze.long"), 1))
    said("fleetlake.sql over it, again", 1.0, timed(lambda: fleetlake.sql("select max(id) from bronze.long")))
    said("fleetlake.sql over a table with 3 commits, again", 0.1, timed(lambda: fleetlake.sql("select max(id) from bronze.t01")))


def said(what: str, bar_s: float, seconds: list[float]) -> None:
    """One figure: the median, the worst and the bar."""
    median = statistics.median(seconds)
    print(
        f"{what:52} {median * 1000:7.0f} ms, worst {max(seconds) * 1000:7.0f} ms ({'reaches' if median <= bar_s else 'FALLS SHORT OF'} {bar_s} s)",
        flush=True,
    )


def timed(block: Callable[[], object], times: int = AGAIN) -> list[float]:
    """Seconds of each time."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        block()
        found.append(time.perf_counter() - began)
    return found


def _grow(name: str, commits: int) -> None:
    from fleetlake.settings import settings
    from spark_jobs.tables import Table

    table = Table.open(settings().lake_root, name, pa.schema([("id", pa.int64()), ("text", pa.string())]), statistics=["id"])
    for number in range(commits):
        table.append(pa.table({"id": [number], "text": ["x"]}), {"bench": number})


def _gate() -> None:
    """A gate run that passes everything as it is now."""
    from expectations.contract import contract
    from expectations.schemas import arrow_schema
    from fleetlake.settings import settings
    from spark_jobs.layers import tables_of
    from spark_jobs.runs import opened
    from spark_jobs.tables import Table

    lake = settings().lake_root
    results = opened(lake, "ops.gate_results")
    run = (results.position("gates") or 0) + 1
    words = {
        "expectation": "unique",
        "severity": "critical",
        "outcome": "passed",
        "remedy": "",
        "days": '"all"',
        "contract_version": "1.0.0",
        "code_version": "0",
    }
    rows = [
        words | {"gate_run": run, "at": datetime.now(UTC), "layer": "bronze", "table_name": name, "version": table.version, "seconds": 0.0}
        for name in tables_of(lake, "bronze")
        if (table := Table.existing(lake, name))
    ]
    results.append(pa.Table.from_pylist(rows, arrow_schema(contract("ops.gate_results"))), {"gates": run})


def _release() -> float:
    from fleetlake.settings import settings
    from spark_jobs.releases.plan import release

    [seconds] = timed(lambda: release(settings().lake_root, "bronze"), 1)
    return seconds


def _released_by_command() -> float:
    _gate()
    began = time.perf_counter()
    assert json.loads(_run(_fleet(), "release", "bronze", "--json"))["is_new"]
    return time.perf_counter() - began


def _run(*words: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }  # compiled once, as it is where people work
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, timeout=120, env=environment).stdout


def _fleet() -> str:
    return os.path.join(os.path.dirname(sys.executable), "fleet")


if __name__ == "__main__":
    main()
