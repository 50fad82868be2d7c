"""Replay: quarantined bytes are judged again by today's contract, in a run of their own.

What is accepted goes to silver, or is a duplicate; what is not stays where it is, open. Positions do not move.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
from pyspark.sql import SparkSession

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.settings import settings
from spark_jobs.decode import Limits
from spark_jobs.files import DataFile, raw_bytes, write
from spark_jobs.phase import phase
from spark_jobs.refine.find import searches, silver_files
from spark_jobs.refine.items import SourceFile, WorkItem, batches
from spark_jobs.refine.quarantine import open_rows
from spark_jobs.refine.tasks import Result, by_source, carried_out, counted, files_of, found_twins
from spark_jobs.refine.work import Notes
from spark_jobs.refine.worker import Task
from spark_jobs.runs import Intent, Runs, opened
from spark_jobs.tables import Table

LOG = "ops.replays"


@dataclass(frozen=True)
class Asked:
    """Which open rows to judge again; `since` is a moment of reception."""

    family: str
    reason: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Replayed:
    """What came of it, or would; `run` is None for a dry run."""

    run: int | None
    replayed: int
    accepted: int
    duplicates: int
    still_rejected: Mapping[str, int]  # by today's reason


def replay(spark: SparkSession, lake: str, asked: Asked, told: Callable[[str], None] = lambda step: None) -> Replayed:
    """Judges again and commits what is accepted now. First finishes a run that was interrupted."""
    runs = Runs(lake)  # before anything is read: a run that another process makes meanwhile refuses ours
    if (finished := runs.finish()) is not None:
        told(f"run {finished} was interrupted: finished")
    for table in (f"silver.{asked.family}", "ops.duplicates", LOG):
        opened(lake, table)
    items, results = _judged(spark, lake, asked, runs.next, told, dry=False)
    came = _came(results, runs.next)
    runs.carry_out(_intent(lake, asked, items, results, came))
    return came


def rehearse(spark: SparkSession, lake: str, asked: Asked, told: Callable[[str], None] = lambda step: None) -> Replayed:
    """What `replay` would do; writes nothing."""
    return _came(_judged(spark, lake, asked, 0, told, dry=True)[1], None)


def _judged(
    spark: SparkSession, lake: str, asked: Asked, run: int, told: Callable[[str], None], *, dry: bool
) -> tuple[list[WorkItem], list[Result]]:
    told("looking for open rows")
    rows = open_rows(lake, asked.family, asked.reason, asked.since)
    items = list(_items(rows, asked.family))
    if not items:
        return [], []
    told(f"judging {rows.height} rows again")
    silver = silver_files(Table.existing(lake, f"silver.{asked.family}"))
    groups = found_twins(spark, list(searches(asked.family, list(enumerate(items)), rows.height, silver)))
    phase("files")
    by, limits = contract(f"silver.{asked.family}"), Limits(body_bytes=settings().max_body_bytes)
    tasks = [Task(item, by, lake, run, limits, Notes(), replays=True, dry=dry) for item in items]
    return items, carried_out(spark, tasks, groups)


def _items(rows: pl.DataFrame, family: str) -> Iterator[WorkItem]:
    """Work items of the quarantine's files, each file with the offsets of a topic-partition that are open in it."""
    found = rows.sort("topic_id", "partition", "offset").partition_by("topic_id", "partition", "uri", as_dict=True, maintain_order=True)
    files = [
        SourceFile(str(uri), raw_bytes(str(uri)), str(topic_id), int(partition), only=frozenset(own["offset"]))
        for (topic_id, partition, uri), own in found.items()
    ]
    yield from (WorkItem(family, batch) for batch in batches(files, settings().item_bytes))


def _came(results: list[Result], run: int | None) -> Replayed:
    counts = counted(results)
    return Replayed(run, counts["rows"], counts["silver"], counts["duplicates"] + counts["refined"], counts["quarantined"])


def _intent(lake: str, asked: Asked, items: list[WorkItem], results: list[Result], came: Replayed) -> Intent:
    run = came.run or 0
    written = {table: files for table in (f"silver.{asked.family}", "ops.duplicates") if (files := files_of(results, table))}
    by = contract(f"silver.{asked.family}")
    return Intent(run, "replay", written | {LOG: [_logged(lake, asked, came)]}, {}, _counts(items, results), {by.id: by.version})


def _counts(items: list[WorkItem], results: list[Result]) -> list[dict[str, Any]]:
    """What the run brought, per topic-partition; what stays in quarantine was not quarantined by this run."""
    return [brought | {"quarantined": {}} for _, brought in by_source(items, results)]


def _logged(lake: str, asked: Asked, came: Replayed) -> DataFile:
    question = {"family": asked.family, "reason": asked.reason, "since": asked.since, "dry_run": False}
    answer = {"replayed": came.replayed, "accepted": came.accepted, "duplicates": came.duplicates}
    told = question | answer | {"still_rejected": sum(came.still_rejected.values()), "run": came.run, "at": datetime.now(UTC)}
    rows = pa.Table.from_pylist([told], arrow_schema(contract(LOG)))
    return write(opened(lake, LOG).path, rows, {}, statistics_columns(contract(LOG)))
