"""One side of `landing.py`, in a process of its own: for each line on its standard input it produces, lands and refines a batch and says its figures."""

import json
import sys
from collections.abc import Callable
from typing import Any

import polars as pl
from pyspark.sql import SparkSession

from benchmarks import stock
from benchmarks.cpu import Tree
from expectations.contract import contract
from fleetlake import kafka
from fleetlake.names import topic
from fleetlake.produce import produce
from fleetlake.settings import settings
from fleetlake.simulator.bench import bodies
from fleetlake.simulator.records import to_records
from spark_jobs.land.lander import Lander
from spark_jobs.land.stream import SESSION, Stream
from spark_jobs.refine.job import refine
from spark_jobs.session import session

FAMILY = "vehicle_signals"
PARTITIONS = 4
RESENT = 0.02  # of a batch, events of the batch before
Stage = Callable[[SparkSession], object]


def main(side: str, form: str, size: int, count: int) -> None:
    """A batch of `count` events of `size` bytes for each line that comes in."""
    kafka.create_topics([FAMILY], PARTITIONS)
    spark = session(f"bench {side}", extra=stock.TUNED if side == "stock" else SESSION)
    for number, _ in enumerate(sys.stdin, 1):
        say(batch(spark, side, number, form, size, count))
    spark.stop()


def batch(spark: SparkSession, side: str, number: int, form: str, size: int, count: int) -> dict[str, Any]:
    """MB of the events as JSON; CPU-seconds and memory of the largest Python worker by stage; rows of the tables."""
    json_bytes = send(form, size, count, number)
    used = {name: run(stage, spark) for name, stage in SIDES[side].items()}
    return {
        "json_mb": json_bytes / 1e6,
        "cpu_seconds": {name: each.cpu_seconds for name, each in used.items()},
        "worker_mb": {name: each.worker_mb for name, each in used.items()},
        "rows": OUTCOMES[side](settings().lake_root),
    }


def say(figures: dict[str, Any]) -> None:
    """One line of JSON."""
    print(json.dumps(figures), flush=True)


def send(form: str, size: int, count: int, number: int) -> int:
    """Produces a batch, from the second on with resends of the one before; the bytes that its bodies have as JSON."""
    produce(to_records(_batch(form, size, count, number)), kafka.client_config())
    return int(_batch("json", size, count, number)["body"].bin.size().sum())


def _batch(form: str, size: int, count: int, number: int) -> pl.DataFrame:
    """Events of their own seed; `bodies` gives the same ones only for the same count, so that is what resends are cut from."""
    resent = int(count * RESENT) if number > 1 else 0
    new = bodies(FAMILY, size, count, form, seed=number)[: count - resent]
    return pl.concat([new, bodies(FAMILY, size, count, form, seed=number - 1)[:resent]]) if resent else new


def run(stage: Stage, spark: SparkSession) -> Tree:
    """The stage's CPU-seconds, workers included."""
    with Tree() as used:
        stage(spark)
    return used


def _land(spark: SparkSession) -> None:
    Stream(spark, Lander(settings().lake_root, lambda batch: None), max_offsets=5_000_000, every_s=None).run()


def _refine(spark: SparkSession) -> None:
    list(refine(spark, settings().lake_root))


SIDES: dict[str, dict[str, Stage]] = {
    "fleetlake": {"bronze": _land, "silver": _refine},
    "stock": {
        "bronze": lambda spark: stock.land(spark, kafka.spark_options(), topic(FAMILY), settings().lake_root),
        "silver": lambda spark: stock.refine(spark, settings().lake_root, contract(f"silver.{FAMILY}")),
        "bare bronze": lambda spark: stock.land_bare(spark, kafka.spark_options(), topic(FAMILY), settings().lake_root),
        "bare silver": lambda spark: stock.refine_bare(spark, settings().lake_root, contract(f"silver.{FAMILY}")),
    },
}


def _counted(names: dict[str, str]) -> Callable[[str], dict[str, Any]]:
    return lambda lake: {name: pl.scan_delta(f"{lake}/{path}").select(pl.len()).collect().item() for name, path in names.items()}


OUTCOMES = {
    "fleetlake": _counted({"bronze": f"bronze/{FAMILY}", "silver": f"silver/{FAMILY}", "duplicates": "ops/duplicates"}),
    "stock": _counted({"bronze": "bronze/stock", "silver": "silver/stock"}),
}

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
