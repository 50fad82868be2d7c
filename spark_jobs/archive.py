"""Spark's classes, parsed and checked once: an archive out of which every later JVM maps them (Java's class data sharing).

The set-up makes it; a JVM then starts with half the CPU. Where it is missing, or made by another Java or of other jars, a JVM starts as ever.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from pyspark import SparkContext

from fleetlake.console import ERRORS
from spark_jobs.session import ARCHIVE, session

EXIT_S = 300  # the archive is written as the JVM ends


def make(path: Path) -> None:
    """Runs a little of what jobs do, and keeps the classes that this took."""
    draft = path.with_suffix(".draft")
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    keep = {"spark.driver.defaultJavaOptions": f"-XX:ArchiveClassesAtExit={draft} -Xlog:cds*=off"}
    spark = session("archive", "local[2]", keep, short_lived=True)
    gateway: Any = SparkContext._gateway
    spark.range(10).selectExpr("id", "id % 3 as third").groupBy("third").count().mapInArrow(same, "third bigint, count bigint").collect()
    spark.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(EXIT_S)
    if draft.exists():
        draft.replace(path)
    else:
        ERRORS.print("this Java keeps no classes: each JVM loads its own", style="dim")


def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What comes in."""
    yield from batches


if __name__ == "__main__":
    with TemporaryDirectory() as home:
        os.environ["FLEET_HOME"] = home  # a set-up leaves nothing in a lake's home
        make(ARCHIVE)
