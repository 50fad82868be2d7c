"""Hands work items to Spark, one task each, and adds up what they say."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import polars as pl
from pyspark.sql import SparkSession

from fleetlake.names import topic
from spark_jobs.files import DataFile
from spark_jobs.refine import twins
from spark_jobs.refine.find import Search, found, received
from spark_jobs.refine.items import SourceFile, WorkItem
from spark_jobs.refine.work import TWINS, Notes
from spark_jobs.refine.worker import QUARANTINED, Task, accepted_places, refined_files
from spark_jobs.spread import each


@dataclass(frozen=True)
class Result:
    """What became of a work item."""

    files: Mapping[str, Sequence[DataFile]]  # by table
    counts: Mapping[tuple[str, int], Mapping[str, int]]  # by topic-partition: rows, silver, duplicates, refined, and QUARANTINED + reason

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """A worker's answer."""
        said = json.loads(text)
        counts: dict[tuple[str, int], dict[str, int]] = {}
        for topic_id, partition, name, count in said["counts"]:
            counts.setdefault((topic_id, partition), {})[name] = count
        return cls({table: [DataFile(**file) for file in files] for table, files in said["files"].items()}, counts)


def found_twins(spark: SparkSession, searches: Sequence[Search], without: pl.DataFrame | None = None) -> pl.DataFrame:
    """The twins (twins.grouped) that all searches found; places `without` count as if silver did not hold them."""
    rows = received(each(spark, searches, found))
    return twins.grouped(rows if without is None else twins.not_held(rows, without))


def carried_out(spark: SparkSession, tasks: Sequence[Task], groups: pl.DataFrame) -> list[Result]:
    """Each task's result, in their order; `groups` are the twins among their rows and silver's (twins.grouped)."""
    return [Result.from_json(text) for text in each(spark, _with_notes(spark, tasks, groups), refined_files)]


def counted(results: Iterable[Result], source: tuple[str, int] | None = None) -> dict[str, Any]:
    """The sum of some results, of one topic-partition or all: rows, silver, duplicates, refined, and quarantined by reason."""
    counts = Counter[str]()
    for result in results:
        for of_source, of in result.counts.items():
            counts.update(of if source in {None, of_source} else {})
    reasons = {name.removeprefix(QUARANTINED): count for name, count in sorted(counts.items()) if name.startswith(QUARANTINED)}
    return {name: counts[name] for name in ("rows", "silver", "duplicates", "refined")} | {"quarantined": reasons}


def by_source(items: Iterable[WorkItem], results: Sequence[Result]) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """What the run brought, per topic-partition, for the ledger of a run that moves no position."""
    for family, source in dict.fromkeys((item.family, file.source) for item in items for file in item.files):
        place = {"topic": topic(family), "topic_id": source[0], "partition": source[1], "first_offset": None, "last_offset": None}
        yield source, {"family": family} | place | counted(results, source)


def files_of(results: Iterable[Result], table: str) -> list[DataFile]:
    """The files that a table gets."""
    return [file for result in results for file in result.files.get(table, ())]


def _with_notes(spark: SparkSession, tasks: Sequence[Task], groups: pl.DataFrame) -> list[Task]:
    """Each task with what its worker must know of twins; what no worker can decide alone is judged first, in a pass over just those rows."""
    if groups.is_empty():
        return list(tasks)
    early = twins.premature(groups)
    held = twins.kept_before(groups, twins.settled(early, _accepted(spark, tasks, early)))
    mine, refined = groups.filter(~pl.col("held")).partition_by("item", as_dict=True), twins.refined(groups)
    return [replace(task, notes=_notes(mine[(number,)], held, refined)) if (number,) in mine else task for number, task in enumerate(tasks)]


def _notes(mine: pl.DataFrame, held: pl.DataFrame, refined: pl.DataFrame) -> Notes:
    before = refined.join(mine, on=twins.PLACE, how="semi").select(twins.PLACE)
    return Notes(mine.select(TWINS.keys()), held.join(mine, on="group", how="semi"), before)


def _accepted(spark: SparkSession, tasks: Sequence[Task], early: pl.DataFrame) -> pl.DataFrame:
    """The places of the `early` rows that hold by themselves."""
    files: dict[int, list[SourceFile]] = defaultdict(list)
    for number, turn, offsets in early.group_by("item", "turn").agg("offset").sort("item", "turn").iter_rows():
        files[number].append(replace(tasks[number].item.files[turn], only=frozenset(offsets)))
    few = [replace(tasks[number], item=replace(tasks[number].item, files=tuple(listed))) for number, listed in files.items()]
    places = [place for text in each(spark, few, accepted_places) for place in json.loads(text)]
    return pl.DataFrame(places, schema=twins.PLACED, orient="row")
