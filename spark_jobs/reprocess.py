"""Reprocess: rows that silver accepted are taken out and judged anew from bronze by today's contract, in one run.

The way out for rows that should not have been accepted. Duplicates of these rows are judged with them. Positions do not move.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
from pyspark.sql import SparkSession

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.console import Failure
from fleetlake.settings import settings
from spark_jobs.decode import Limits
from spark_jobs.files import DataFile, write
from spark_jobs.phase import phase
from spark_jobs.refine.choose import BronzeFile, bronze_files
from spark_jobs.refine.find import searches, silver_files
from spark_jobs.refine.items import SourceFile, WorkItem, batches
from spark_jobs.refine.job import SHARED, source_file
from spark_jobs.refine.tasks import Result, by_source, carried_out, counted, files_of, found_twins
from spark_jobs.refine.twins import PLACE
from spark_jobs.refine.work import Notes
from spark_jobs.refine.worker import Task
from spark_jobs.runs import Intent, Runs, opened
from spark_jobs.tables import Table
from spark_jobs.without import stretches

LOG = "ops.reprocesses"


@dataclass(frozen=True)
class Asked:
    """Which rows of silver: received at or after `since`, before `until`."""

    family: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Chosen:
    """Places (topic_id, partition, offset) of what is judged anew."""

    taken: pl.DataFrame  # in silver
    followers: pl.DataFrame  # duplicates of these
    replayed: pl.DataFrame  # those of both that a replay had brought out of quarantine: its rows go too, lest a place stand there twice

    @property
    def places(self) -> pl.DataFrame:
        """All of them."""
        return pl.concat([self.taken, self.followers])


@dataclass(frozen=True)
class Came:
    """What came of it, or would."""

    taken: int
    followers: int
    accepted: int
    duplicates: int
    quarantined: Mapping[str, int]  # by reason


def reprocess(spark: SparkSession, lake: str, asked: Asked, told: Callable[[str], None] = lambda step: None) -> tuple[int | None, Came]:
    """Judges anew and commits; returns the run, too, None where there was nothing to judge. First finishes a run that was interrupted."""
    runs = Runs(lake)  # before anything is read: a run that another process makes meanwhile refuses ours
    if (finished := runs.finish()) is not None:
        told(f"run {finished} was interrupted: finished")
    for table in (*SHARED, LOG):
        opened(lake, table)
    run = runs.next
    chosen, items, results = _judged(spark, lake, asked, run, told, dry=False)
    if items:
        runs.carry_out(_intent(lake, asked, run, chosen, items, results))
    return run if items else None, _came(chosen, results)


def rehearse(spark: SparkSession, lake: str, asked: Asked, told: Callable[[str], None] = lambda step: None) -> Came:
    """What `reprocess` would do; writes nothing."""
    chosen, _, results = _judged(spark, lake, asked, 0, told, dry=True)
    return _came(chosen, results)


def _judged(
    spark: SparkSession, lake: str, asked: Asked, run: int, told: Callable[[str], None], *, dry: bool
) -> tuple[Chosen, list[WorkItem], list[Result]]:
    told("looking for the rows")
    silver, bronze = (Table.existing(lake, f"{layer}.{asked.family}") for layer in ("silver", "bronze"))
    if silver is None or bronze is None:
        raise Failure(f"silver.{asked.family} has no rows yet", "`fleet land` and `fleet refine` bring them")
    chosen = _chosen(lake, silver, asked)
    items = list(_items(bronze, chosen.places, asked.family))
    if not items:
        return chosen, [], []
    told(f"judging {chosen.places.height:,} rows anew")
    groups = found_twins(
        spark, list(searches(asked.family, list(enumerate(items)), chosen.places.height, silver_files(silver))), chosen.taken
    )
    phase("files")
    by, limits = contract(silver.name), Limits(body_bytes=settings().max_body_bytes)
    results = carried_out(spark, [Task(item, by, lake, run, limits, Notes(), dry=dry) for item in items], groups)
    if (read := counted(results)["rows"]) != chosen.places.height:
        raise Failure(
            f"bronze.{asked.family} gave {read:,} of {chosen.places.height:,} rows",
            "nothing was committed; `fleet audit --full` names them",
        )
    return chosen, items, results


def _chosen(lake: str, silver: Table, asked: Asked) -> Chosen:
    within = pl.col("received_at").is_between(asked.since, asked.until, closed="left")
    taken = pl.scan_delta(silver.delta).filter(within).select(PLACE).collect()
    followers = _of_family(lake, "ops.duplicates", asked.family, taken, [f"kept_{name}" for name in PLACE])
    places = pl.concat([taken, followers])
    return Chosen(taken, followers, _of_family(lake, "silver.quarantine", asked.family, places, PLACE))


def _of_family(lake: str, name: str, family: str, places: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Places of the rows of a shared table whose columns `on` name one of `places`."""
    table = Table.existing(lake, name)
    if table is None:
        return places.clear()
    rows = pl.scan_delta(table.delta).filter(pl.col("family") == family)
    return rows.join(places.lazy(), left_on=list(on), right_on=PLACE, how="semi").select(PLACE).collect()


def _items(bronze: Table, places: pl.DataFrame, family: str) -> Iterator[WorkItem]:
    """Work items of the bronze files that hold the places, each file with those of its topic-partition."""
    files = bronze_files(bronze.name, bronze.actions())
    sources: list[SourceFile] = []
    for source, rows in places.sort("topic_id", "partition", "offset").partition_by("topic_id", "partition", as_dict=True).items():
        wanted = {file: _within(file, rows) for file in files if file.source == source}
        sources += [replace(source_file(bronze, file), only=frozenset(offsets)) for file, offsets in wanted.items() if offsets]
    yield from (WorkItem(family, batch) for batch in batches(sources, settings().item_bytes))


def _within(file: BronzeFile, rows: pl.DataFrame) -> list[int]:
    return rows.filter(pl.col("offset").is_between(file.first, file.last))["offset"].to_list()


def _came(chosen: Chosen, results: list[Result]) -> Came:
    counts = counted(results)
    return Came(chosen.taken.height, chosen.followers.height, counts["silver"], counts["duplicates"], counts["quarantined"])


def _intent(lake: str, asked: Asked, run: int, chosen: Chosen, items: list[WorkItem], results: list[Result]) -> Intent:
    by = contract(f"silver.{asked.family}")
    lost = {by.id: chosen.taken, "ops.duplicates": chosen.followers, "silver.quarantine": chosen.replayed}
    written = {table: files_of(results, table) for table in (by.id, *SHARED)}
    logged = {LOG: [_logged(lake, asked, run, _came(chosen, results))]}
    without = {table: stretches(places) for table, places in lost.items() if places.height}
    return Intent(run, "reprocess", written | logged, {}, list(_counts(chosen, items, results)), {by.id: by.version}, without)


def _counts(chosen: Chosen, items: list[WorkItem], results: list[Result]) -> Iterator[dict[str, Any]]:
    """What the run brought each table, per topic-partition, less what it took out."""
    for source, brought in by_source(items, results):
        lost = {"silver": _of(chosen.taken, source), "duplicates": _of(chosen.followers, source)}
        quarantined = brought["quarantined"] | {"replayed": -_of(chosen.replayed, source)}
        yield brought | {name: brought[name] - count for name, count in lost.items()} | {"quarantined": quarantined}


def _of(places: pl.DataFrame, source: tuple[str, int]) -> int:
    return places.filter((pl.col("topic_id") == source[0]) & (pl.col("partition") == source[1])).height


def _logged(lake: str, asked: Asked, run: int, came: Came) -> DataFile:
    told = asdict(asked) | asdict(came) | {"quarantined": sum(came.quarantined.values()), "run": run, "at": datetime.now(UTC)}
    rows = pa.Table.from_pylist([told], arrow_schema(contract(LOG)))
    return write(opened(lake, LOG).path, rows, {}, statistics_columns(contract(LOG)))
