"""Finds twins in Spark: hashes meet in one shuffle over narrow columns, and only the few rows that met are looked at by their ids.

A match of 64-bit hashes is no proof at the size of a fleet (some seven chance matches a day among 16 billion events).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import polars as pl
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import Row

from spark_jobs.refine.items import WorkItem
from spark_jobs.refine.twins import FOUND
from spark_jobs.tables import Table

KEY = ("family", "occurred_on", "event_hash")
FACTS = ("vehicle_key", "event_id", "body_hash", "received_at", "topic_id", "partition", "offset")
SEEN = (*KEY, *FACTS)
DDL = "event_hash bigint, vehicle_key string, event_id string, body_hash binary, received_at timestamp, topic_id string, partition int, offset bigint"


@dataclass(frozen=True)
class Held:
    """A family's silver table at the version that this run was begun with."""

    family: str
    silver: Table


def met(spark: SparkSession, new: DataFrame, silver: Sequence[Held]) -> pl.DataFrame:
    """Rows (twins.FOUND) whose hashes meet with another's, of which one at least is new.

    new: SEEN columns, `item` and `turn`. Of silver only the days of the new rows are read.
    """
    held = _held(spark, new, silver)
    both = new.select(*KEY, F.lit(True).alias("new"))
    if held is not None:
        both = both.unionByName(held.select(*KEY, F.lit(False).alias("new")))
    keys = both.groupBy(*KEY).agg(F.count("*").alias("rows"), F.max("new").alias("new")).where("rows > 1 and new").select(*KEY).toArrow()
    if not keys.num_rows:
        return pl.DataFrame(schema=FOUND)
    few = F.broadcast(spark.createDataFrame(keys))
    rows = new.join(few, on=list(KEY), how="left_semi").select(*SEEN, F.lit(False).alias("held"), "item", "turn")
    if held is not None:
        twins = held.join(few, on=list(KEY), how="left_semi").select(*SEEN, F.lit(True).alias("held"))
        rows = rows.unionByName(twins, allowMissingColumns=True)
    return pl.DataFrame(rows.toArrow()).select(FOUND.names()).cast(FOUND)


def of_bronze(spark: SparkSession, items: Sequence[WorkItem]) -> DataFrame:
    """The rows of all work items, as `met` wants them; rows without identity are nobody's twins."""
    files = spark.createDataFrame(list(_file_rows(items)), "name string, item bigint, turn bigint, after bigint, family string")
    uris = [file.uri for item in items for file in item.files]
    rows = spark.read.schema(f"occurred_on date, {DDL}").parquet(*uris).withColumn("name", F.col("_metadata.file_name"))
    known = rows.join(F.broadcast(files), on="name", how="inner").where(
        "offset > after and occurred_on is not null and event_hash is not null"
    )
    return known.select(*SEEN, "item", "turn")


def _file_rows(items: Sequence[WorkItem]) -> Iterator[Row]:
    for number, item in enumerate(items):
        for turn, file in enumerate(item.files):
            yield Row(name=file.uri.rsplit("/", 1)[-1], item=number, turn=turn, after=item.after, family=item.family)


def _held(spark: SparkSession, new: DataFrame, silver: Sequence[Held]) -> DataFrame | None:
    """Silver's rows of the days that new rows happened on; None where there are none."""
    if not any(each.silver.delta.file_uris() for each in silver):
        return None
    days: dict[str, set[date]] = {}
    for row in new.select("family", "occurred_on").distinct().collect():
        days.setdefault(row.family, set()).add(row.occurred_on)
    parts = [part for each in silver if (part := _days_of(spark, each, days.get(each.family, set()))) is not None]
    return reduce(DataFrame.unionByName, parts) if parts else None


def _days_of(spark: SparkSession, held: Held, days: set[date]) -> DataFrame | None:
    """The snapshot's files of these days, listed by the log and not by Spark, whose first look at each Delta table costs seconds."""
    uris = held.silver.delta.file_uris(partition_filters=[("occurred_on", "in", sorted(map(str, days)))]) if days else []
    if not uris:
        return None
    rows = spark.read.schema(f"{DDL}, occurred_on date").option("basePath", held.silver.path).parquet(*uris)
    return rows.select(F.lit(held.family).alias("family"), "occurred_on", "event_hash", *FACTS)
