"""Landing and refining beside stock Spark: MB of raw JSON per CPU-second of the whole consumer side, and the ratios.

A real Kafka, the same records for both sides, 1 KB and 11 KB events, JSON and Protobuf. Each side is one process that does the whole job twice:
the first batch warms the JVM up and fills silver, the second is measured and holds resends of the first. CPU counts the JVM and its
Python workers. MB are always those of the events as JSON, so that Protobuf is measured by what it carries.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SIZES = {1_000: 250_000, 11_000: 25_000}  # bytes of a body: events of a batch
SIDES = (("fleetlake", "json"), ("stock", "json"), ("fleetlake", "protobuf"))
DESIGNED = {
    (1_000, "bronze"): 86,
    (11_000, "bronze"): 129,
    (1_000, "silver"): 29,
    (11_000, "silver"): 43,
}  # MB/CPU-s of stock Spark, measured before
TIME_LIMIT_S = 1_800


def main() -> None:
    """Prints a line per side and size, then the ratios; --json gives all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the events, for a quick look")
    parser.add_argument("--json", action="store_true", help="all figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleetlake-bench-") as home:
        environment = os.environ | {"FLEET_HOME": home, "FLEET_MASTER": "local[2]"}
        fleet(environment, "up", "kafka")
        try:
            figures = [
                measure(environment, side, form, size, int(count * options.scale)) for size, count in SIZES.items() for side, form in SIDES
            ]
        finally:
            fleet(environment, "down")
    print(json.dumps(figures)) if options.json else report(figures)


def fleet(environment: dict[str, str], *words: str) -> None:
    """One `fleet` command, quietly; raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", "fleetlake.cli", *words], env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)


def measure(environment: dict[str, str], side: str, form: str, size: int, count: int) -> dict[str, Any]:
    """One side on one kind of event, in a process and a lake of its own."""
    print(f"{side}, {form}, {size:,} bytes, 2 × {count:,} events …", file=sys.stderr, flush=True)
    lake = Path(environment["FLEET_HOME"]) / f"lake-{side}-{form}-{size}"
    command = [sys.executable, "-m", "benchmarks.landing_side", side, form, str(size), str(count)]
    said = subprocess.run(
        command, env=environment | {"FLEET_LAKE": str(lake)}, check=True, timeout=TIME_LIMIT_S, stdout=subprocess.PIPE, text=True
    ).stdout
    return {"side": side, "format": form, "size": size, **json.loads(said.splitlines()[-1])}


def report(figures: list[dict[str, Any]]) -> None:
    """The table and the ratios."""
    print(
        f"{'side':10} {'format':9} {'bytes':>6} {'bronze':>8} {'silver':>8} {'whole':>8}   MB of raw JSON per CPU-second; worker MB; rows"
    )
    for each in figures:
        speeds = " ".join(f"{each[stage]:8.1f}" for stage in ("bronze", "silver", "whole"))
        print(f"{each['side']:10} {each['format']:9} {each['size']:6} {speeds}   {each['worker_mb']:.0f} MB; {each['outcome']}")
    by_key = {(each["side"], each["format"], each["size"]): each for each in figures}
    for size in SIZES:
        stock = by_key["stock", "json", size]
        for form, bars in (("json", {"bronze": 1.1, "silver": 2.5, "whole": 2.0}), ("protobuf", {"whole": 3.5})):
            ours = by_key["fleetlake", form, size]
            for stage, bar in bars.items():
                ratio = ours[stage] / stock[stage]
                print(f"{form} {size:,} bytes, {stage}: {ratio:.2f}× stock JSON ({'reaches' if ratio >= bar else 'FALLS SHORT OF'} {bar}×)")
        for stage in ("bronze", "silver"):
            print(
                f"stock {stage} {size:,} bytes: {stock[stage] / DESIGNED[size, stage] - 1:+.0%} of the figure measured at design time ({DESIGNED[size, stage]} MB/CPU-s)"
            )


if __name__ == "__main__":
    main()
