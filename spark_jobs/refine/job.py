"""The job: one run after another, until bronze holds nothing above the positions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import SparkSession

from expectations.contract import contract, families
from fleetlake.console import Failure
from fleetlake.names import position_id, topic
from fleetlake.settings import Settings, settings
from spark_jobs.decode import Limits
from spark_jobs.files import filesystem, raw_bytes
from spark_jobs.phase import phase
from spark_jobs.refine.choose import BronzeFile, bronze_files, choose
from spark_jobs.refine.find import Search, searches, silver_files
from spark_jobs.refine.items import SourceFile, WorkItem, batches
from spark_jobs.refine.tasks import Result, carried_out, counted, files_of, found_twins
from spark_jobs.refine.work import Notes
from spark_jobs.refine.worker import Task
from spark_jobs.runs import Intent, Runs, opened
from spark_jobs.tables import Table

SHARED = ("silver.quarantine", "ops.duplicates")  # what all families write to


@dataclass(frozen=True)
class Part:
    """What a run takes of one topic-partition."""

    family: str
    chosen: tuple[BronzeFile, ...]
    files: tuple[SourceFile, ...]  # the same, as workers read them
    after: int  # the family's position until now

    @property
    def source(self) -> tuple[str, int]:
        """The topic-partition: (topic id, partition)."""
        return self.chosen[0].source

    @property
    def first(self) -> int:
        """The lowest offset that the run takes."""
        return max(self.after + 1, min(file.first for file in self.chosen))

    @property
    def last(self) -> int:
        """The offset that the family's position moves to."""
        return max(file.last for file in self.chosen)

    @property
    def expected(self) -> int | None:
        """The rows that the log promises; None where the position stands within a file."""
        return sum(file.rows for file in self.chosen) if all(file.first > self.after for file in self.chosen) else None


@dataclass(frozen=True)
class Waiting:
    """What a run finds: the tables as they were when it began, and what it takes of them."""

    silver: dict[str, Table]
    parts: list[Part]
    items: list[WorkItem]  # their numbers are their indices


def refine(spark: SparkSession, lake: str, told: Callable[[str], None] = lambda step: None) -> Iterator[Intent]:
    """Runs until bronze is exhausted; yields what each has committed. First finishes a run that was interrupted."""
    while True:
        runs = Runs(lake)  # before anything is read: a run that another process makes meanwhile refuses ours
        if (finished := runs.finish()) is not None:
            told(f"run {finished} was interrupted: finished")
        waiting = find_waiting(lake, settings())
        if not waiting.parts:
            return
        intent = _written(spark, lake, runs.next, waiting, told)
        runs.carry_out(intent)
        yield intent


def find_waiting(lake: str, limits: Settings) -> Waiting:
    """What bronze holds above the families' positions, as much as one run takes."""
    silver: dict[str, Table] = {}
    parts: list[Part] = []
    for family in families():
        bronze = Table.existing(lake, f"bronze.{family}")
        if bronze is None:
            continue
        silver[family] = opened(lake, f"silver.{family}")
        parts += _parts(family, bronze, silver[family], limits)
    return Waiting(silver, parts, list(_items(parts, limits.item_bytes)))


def _items(parts: Sequence[Part], item_bytes: int) -> Iterator[WorkItem]:
    """A family's files in items of about `item_bytes`, whatever topic-partition they are of: a task costs more than a small file."""
    for family in dict.fromkeys(part.family for part in parts):
        files = [file for part in parts if part.family == family for file in part.files]
        yield from (WorkItem(family, batch) for batch in batches(files, item_bytes))


def _parts(family: str, bronze: Table, silver: Table, limits: Settings) -> Iterator[Part]:
    files = bronze_files(bronze.name, bronze.actions())
    positions = {source: _position(silver, source) for source in {file.source for file in files}}
    for source, chosen in _by_source(choose(files, positions, limits.run_bytes)).items():
        yield _part(family, bronze, chosen, positions[source])


def _position(silver: Table, source: tuple[str, int]) -> int:
    position = silver.position(position_id(silver.name, *source))
    return -1 if position is None else position


def _part(family: str, bronze: Table, chosen: list[BronzeFile], after: int) -> Part:
    return Part(family, tuple(chosen), tuple(replace(source_file(bronze, file), after=after) for file in chosen), after)


def source_file(table: Table, file: BronzeFile) -> SourceFile:
    """A file of a table's snapshot, looked at on disk; raises Failure when it is not there as the log has it."""
    uri = f"{table.path}/{file.path}"
    filesystem_, inside = filesystem(uri)
    if filesystem_.get_file_info(inside).size != file.size:
        raise Failure(
            f"{table.name}: {file.path} is in the log and not on disk as written",
            "nothing was refined; bring the file back from a copy of the lake: perhaps nothing else holds its events",
        )
    return SourceFile(uri, raw_bytes(uri), *file.source)


def _by_source(chosen: Iterable[BronzeFile]) -> dict[tuple[str, int], list[BronzeFile]]:
    by_source: dict[tuple[str, int], list[BronzeFile]] = defaultdict(list)
    for file in chosen:
        by_source[file.source].append(file)
    return by_source


def _written(spark: SparkSession, lake: str, run: int, waiting: Waiting, told: Callable[[str], None]) -> Intent:
    """The run's files, written and synced by Spark's workers, and all that its commits will say."""
    for table in SHARED:
        opened(lake, table)
    contracts = {part.family: contract(f"silver.{part.family}") for part in waiting.parts}
    limits = Limits(body_bytes=settings().max_body_bytes)
    told(f"run {run}: finding twins")
    groups = found_twins(spark, [search for family in contracts for search in _searches(family, waiting)])
    told(f"run {run}: decoding {len(waiting.items)} work items")
    phase("files")
    results = carried_out(spark, [Task(item, contracts[item.family], lake, run, limits, Notes()) for item in waiting.items], groups)
    return Intent(
        run,
        "refine",
        {table: files_of(results, table) for table in (*(each.id for each in contracts.values()), *SHARED)},
        _positions(waiting.parts),
        list(_counts(waiting, results)),
        {each.id: each.version for each in contracts.values()},
    )


def _searches(family: str, waiting: Waiting) -> Iterator[Search]:
    items = [(number, item) for number, item in enumerate(waiting.items) if item.family == family]
    rows = sum(file.rows for part in waiting.parts if part.family == family for file in part.chosen)
    return searches(family, items, rows, silver_files(waiting.silver[family]))


def _positions(parts: Iterable[Part]) -> dict[str, dict[str, int]]:
    """The new positions of each silver table, by transaction id."""
    positions: dict[str, dict[str, int]] = defaultdict(dict)
    for part in parts:
        table = f"silver.{part.family}"
        positions[table][position_id(table, *part.source)] = part.last
    return dict(positions)


def _counts(waiting: Waiting, results: Sequence[Result]) -> Iterator[dict[str, Any]]:
    """What became of each topic-partition's rows; raises Failure unless each row that the log promised went somewhere."""
    for part in waiting.parts:
        of_family = [result for item, result in zip(waiting.items, results, strict=True) if item.family == part.family]
        counts = counted(of_family, part.source)
        gone = sum(counts[name] for name in ("silver", "duplicates", "refined")) + sum(counts["quarantined"].values())
        if counts["rows"] != gone or (part.expected is not None and counts["rows"] != part.expected):
            raise Failure(
                f"bronze.{part.family}, {part.source[0]}/{part.source[1]}: {part.expected} rows in the log, {counts['rows']} read, {gone} accounted for",
                "nothing was committed; `fleet audit` shows whether bronze is as Kafka sent it",
            )
        place = {"family": part.family, "topic": topic(part.family), "topic_id": part.source[0], "partition": part.source[1]}
        yield place | {"first_offset": part.first, "last_offset": part.last} | counts
