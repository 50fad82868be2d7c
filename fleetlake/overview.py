"""What stands where, table by table: what is written, what is released, what the gate said, how many files there are."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fleetlake.names import table_path
from fleetlake.releases import RELEASES, Published, published, rows_of
from fleetlake.releases.model import LAYERS
from fleetlake.releases.pins import pinned
from fleetlake.settings import settings

SMALL_BYTES = 8_000_000  # on disk, some 64 MB of rows: `fleet maintain` brings smaller files together
RESULTS, LEDGER = "ops.gate_results", "ops.ledger"


def overview(lake: str) -> list[dict[str, Any]]:
    """A row per table of the lake; `oldest pin` is the oldest version that `fleet maintain` keeps for a release."""
    state, now = published(lake), datetime.now(UTC)
    gates, shares = last_gates(rows_of(lake, RESULTS)[0]), quarantined_shares(rows_of(lake, LEDGER)[0])
    pins = pinned(rows_of(lake, RELEASES)[0], now - settings().keep)
    return [row(lake, name, state, gates, shares, now) | {"oldest pin": min(pins.get(name, ()), default=None)} for name in tables(lake)]


def row(lake: str, name: str, state: Published, gates: Mapping[str, str], shares: Mapping[str, float], now: datetime) -> dict[str, Any]:
    """Versions, age of the release, the newest gate, share quarantined, waivers, files and megabytes of one table."""
    import pyarrow as pa
    from deltalake import DeltaTable

    delta = DeltaTable(table_path(lake, name))
    sizes = pa.table(delta.get_add_actions())["size_bytes"].to_pylist()
    release = state.releases.get(name.partition(".")[0])
    pin = release.pins.get(name) if release else None
    return {
        "table": name,
        "written": delta.version(),
        "released": pin.version if pin else None,
        "age": age((now - release.at).total_seconds()) if release and pin else None,
        "gate": gates.get(name),
        "quarantined": f"{shares[name]:.2%}" if name in shares else None,
        "waived": sum(waiver.table == name for waiver in state.waivers),
        "files": len(sizes),
        "small": sum(size < SMALL_BYTES for size in sizes),
        "mb": round(sum(sizes) / 1e6, 1),
    }


def tables(lake: str) -> Iterator[str]:
    """Every Delta table of a lake on this machine; in an object store, those that a release pins."""
    if "://" in lake:
        yield from sorted({name for release in published(lake).releases.values() for name in release.pins})
        return
    for layer in LAYERS:
        yield from (f"{layer}.{log.parent.name}" for log in sorted(Path(lake, layer).glob("*/_delta_log")))


def last_gates(results: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By table what its newest gate run said: `passed` or what stops a release, with its number."""
    return {table: f"{last['run']}: {_verdict(last)}" for table, last in last_verdicts(results).items()}


def last_verdicts(results: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """By table its newest gate run, and how many of its results stop a release and how many only warn."""
    newest: dict[str, dict[str, int]] = {}
    for result in sorted(results, key=lambda result: result["gate_run"]):
        last = newest.setdefault(result["table_name"], {"run": -1})
        if result["gate_run"] > last["run"]:
            last.update(run=result["gate_run"], stopping=0, warnings=0)
        last["stopping"] += result["outcome"] == "error" or (result["outcome"] == "failed" and result["severity"] == "critical")
        last["warnings"] += result["outcome"] == "failed" and result["severity"] == "warning"
    return newest


def quarantined_shares(ledger: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """By silver table the share of its family's events that refine refused."""
    counts: dict[str, list[int]] = {}
    for entry in ledger:
        if entry["kind"] == "refine" and entry["quarantined"] is not None:
            count = counts.setdefault(entry["table"], [0, 0])
            count[0] += entry["quarantined"]
            count[1] += entry["quarantined"] + entry["silver"] + entry["duplicates"]
    return {table: refused / rows for table, (refused, rows) in counts.items() if rows}


def age(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`, `9 d`."""
    for unit, length, until in (("s", 1, 90), ("min", 60, 90 * 60), ("h", 3600, 48 * 3600)):
        if seconds < until:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds // 86_400:.0f} d"


def _verdict(last: Mapping[str, int]) -> str:
    if last["stopping"]:
        return f"{last['stopping']} stop the release"
    return f"passed, {last['warnings']} warnings" if last["warnings"] else "passed"
