"""One side of `landing.py`: produce, land and refine two batches in one process; the second one counts. Prints one line of JSON."""

import json
import sys
import time
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
from spark_jobs.land.stream import Stream
from spark_jobs.refine.job import refine
from spark_jobs.session import session

FAMILY = "vehicle_signals"
PARTITIONS = 4
RESENT = 0.02  # of a batch, events of the batch before
Stage = Callable[[SparkSession], object]


def main(side: str, form: str, size: int, count: int) -> None:
    """Two batches of `count` events of `size` bytes; figures of the second."""
    new_topic()
    spark = session(f"bench {side}", extra=stock.TUNED if side == "stock" else {})
    stages = SIDES[side]
    for number in (1, 2):
        json_bytes = send(form, size, count, number)
        used = {name: run(stage, spark) for name, stage in stages.items()}
    outcome = OUTCOMES[side](settings().lake_root)
    spark.stop()
    seconds = {name: each.cpu_seconds for name, each in used.items()}
    speeds = {name: json_bytes / 1e6 / each for name, each in (seconds | {"whole": sum(seconds.values())}).items()}
    print(
        json.dumps(
            speeds
            | {
                "json_mb": json_bytes / 1e6,
                "cpu_seconds": seconds,
                "worker_mb": max(each.worker_mb for each in used.values()),
                "outcome": outcome,
            }
        )
    )


def new_topic() -> None:
    """An empty topic, whatever another side has left."""
    client = kafka.admin()
    if topic(FAMILY) in kafka.topics():
        kafka.results(client.delete_topics([topic(FAMILY)]))
    while topic(FAMILY) in kafka.topics():
        time.sleep(0.2)  # brokers forget a topic a moment after they agreed to
    kafka.create_topics([FAMILY], PARTITIONS)


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
