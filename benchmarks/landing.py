"""Landing and refining beside stock Spark: MB of raw JSON per CPU-second of the whole consumer side, and the ratios.

Real Kafka, the same records for all sides, 1 KB and 11 KB events, JSON and Protobuf. Each side lives in a process with a broker of its own and gets
batch after batch, in turn with the others, so that a busy moment of the machine hits all alike. The first batches warm the JVMs up and fill
silver; the others are measured, and hold resends. CPU counts the JVM and its Python workers. MB are always those of the events as JSON,
so that Protobuf is measured by what it carries. Stock Spark also does the bare job that its figure of the design was measured with.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

SIZES = {1_000: 250_000, 11_000: 25_000}  # bytes of a body: events of a batch
SIDES = (("fleetlake", "json"), ("stock", "json"), ("fleetlake", "protobuf"))
BARS = {("json", "bronze"): 1.1, ("json", "silver"): 2.5, ("json", "whole"): 2.0, ("protobuf", "whole"): 3.5}  # ratios to stock JSON
DESIGNED = {  # MB/CPU-s of stock Spark, as the design has them
    (1_000, "bare bronze"): 86,
    (11_000, "bare bronze"): 129,
    (1_000, "bare silver"): 29,
    (11_000, "bare silver"): 43,
}
Batch = dict[str, Any]
Side = tuple[str, str]


def main() -> None:
    """Prints a line per side and size, then the ratios; --json gives all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the events, for a quick look")
    parser.add_argument("--warm", type=int, default=3, help="batches before those that count")
    parser.add_argument("--batches", type=int, default=2, help="batches that count")
    parser.add_argument("--json", action="store_true", help="all figures as JSON")
    options = parser.parse_args()
    said = {size: measured(size, int(count * options.scale), options.warm, options.batches) for size, count in SIZES.items()}
    if options.json:
        print(
            json.dumps(
                [
                    {"side": side, "format": form, "size": size, "batches": rows}
                    for size, by in said.items()
                    for (side, form), rows in by.items()
                ]
            )
        )
        return
    for size, by_side in said.items():
        report(size, {side: speeds(batches[options.warm :]) for side, batches in by_side.items()}, by_side)


def measured(size: int, count: int, warm: int, batches: int) -> dict[Side, list[Batch]]:
    """All batches of all sides, made in turn."""
    told: dict[Side, list[Batch]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory(prefix="fleetlake-bench-") as home, ExitStack() as stack:
        running = {side: stack.enter_context(started(Path(home) / "-".join(side), *side, size, count)) for side in SIDES}
        for number in range(warm + batches):
            for side, process in running.items():
                told[side].append(asked(process))
                seconds = {name: round(used, 1) for name, used in told[side][-1]["cpu_seconds"].items()}
                print(f"{size:,} bytes, batch {number + 1}, {', '.join(side)}: CPU-seconds {seconds}", file=sys.stderr, flush=True)
    return told


@contextmanager
def started(home: Path, side: str, form: str, size: int, count: int) -> Iterator["subprocess.Popen[str]"]:
    """A side with a broker and a lake of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")}
    environment |= {"FLEET_HOME": str(home), "FLEET_MASTER": "local[2]"}
    fleet(environment, "up", "kafka")
    command = [sys.executable, "-m", "benchmarks.landing_side", side, form, str(size), str(count)]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
        process.communicate(timeout=60)  # the end of its input is the end of its work
    finally:
        process.kill()
        fleet(environment, "down")


def fleet(environment: Mapping[str, str], *words: str) -> None:
    """One `fleet` command, quietly; raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", "fleetlake.cli", *words], env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)


def asked(process: "subprocess.Popen[str]") -> Batch:
    """The figures of one more batch. Raises RuntimeError when the side died."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("batch\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("{"):
            return dict(json.loads(line))
    raise RuntimeError(f"a side of the benchmark ended with status {process.wait()}; its last words are above")


def speeds(batches: Sequence[Batch]) -> dict[str, float]:
    """MB of raw JSON per CPU-second by stage, over all batches together; whole is bronze and silver."""
    megabytes = sum(batch["json_mb"] for batch in batches)
    seconds = {stage: sum(batch["cpu_seconds"][stage] for batch in batches) for stage in batches[0]["cpu_seconds"]}
    return {stage: megabytes / spent for stage, spent in (seconds | {"whole": seconds["bronze"] + seconds["silver"]}).items()}


def report(size: int, by_side: Mapping[Side, Mapping[str, float]], batches: Mapping[Side, Sequence[Batch]]) -> None:
    """The table of one size and the ratios."""
    print(f"\n{size:,} bytes: MB of raw JSON per CPU-second; MB of the largest worker; rows")
    for (side, form), figures in by_side.items():
        last = batches[side, form][-1]
        told = ", ".join(f"{stage} {figures[stage]:.1f}" for stage in ("bronze", "silver", "whole"))
        workers = max(worker for batch in batches[side, form] for worker in batch["worker_mb"].values())
        print(f"  {side:9} {form:8} {told}; {workers:.0f} MB; {last['rows']}")
    stock = by_side["stock", "json"]
    for (form, stage), bar in BARS.items():
        ratio = by_side["fleetlake", form][stage] / stock[stage]
        print(f"  {form}, {stage}: {ratio:.2f}× stock JSON ({'reaches' if ratio >= bar else 'FALLS SHORT OF'} {bar}×)")
    for stage in ("bare bronze", "bare silver"):
        print(
            f"  stock {stage}: {stock[stage]:.1f}, {stock[stage] / DESIGNED[size, stage] - 1:+.0%} of the design's {DESIGNED[size, stage]}"
        )


if __name__ == "__main__":
    main()
