"""What the driver does with each batch: it checks, commits once per table, and copies to the ledger."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pyspark.sql import DataFrame

from expectations.contract import contract
from expectations.schemas import statistics_columns
from fleetlake.console import Failure
from fleetlake.kafka import TopicInfo
from fleetlake.names import table_path
from fleetlake.settings import settings
from spark_jobs.land.bronze import Bronze, bronze_schema
from spark_jobs.land.checkpoints import Checkpoint
from spark_jobs.land.logs import Log, Place, logs, places, topics
from spark_jobs.land.partition import REPORT, Report, Target
from spark_jobs.ledger import Ledger
from spark_jobs.phase import phase

Value = TypeVar("Value")
KAFKA_COLUMNS = ("key", "value", "topic", "partition", "offset", "timestamp", "headers")


@dataclass(frozen=True)
class Batch:
    """What one batch brought: rows and bytes of bodies by topic, its duration, and what Kafka has beyond it."""

    number: int
    rows: Mapping[str, int]
    bytes: Mapping[str, int]
    seconds: float
    lag: int


class Lander:
    """Lands the fleet's topics in bronze; the tables' positions are what it goes by."""

    def __init__(self, lake: str, said: Callable[[Batch], None], accepted: Collection[str] = ()) -> None:
        """`said` hears of each batch; `accepted` names topics whose lost or former records are given up."""
        self._lake, self._said, self._accepted = lake, said, set(accepted)
        self._tables: dict[str, Bronze] = {}
        self._ledger = Ledger.open(lake)

    def begin(self) -> str:
        """Looks at Kafka and the tables, and returns Spark's startingOffsets (JSON). Raises Failure where the two do not fit."""
        found = topics()
        if not found:
            raise Failure("there is no topic of the fleet to land", "fleet topics create")
        if unknown := self._accepted - found.keys():
            raise Failure(f"--accept-topic {min(unknown)}: there is no such topic", f"topics: {', '.join(found)}")
        reach = logs(places(found))
        self._tables = {name: self._opened(name, topic, reach, is_accepted=name in self._accepted) for name, topic in found.items()}
        self._accepted = set()  # once: what happens later has to be looked at again
        self._ledger.catch_up([bronze.table for bronze in self._tables.values()])
        return json.dumps(
            {name: {str(partition): last + 1 for partition, last in bronze.positions.items()} for name, bronze in self._tables.items()}
        )

    def land(self, frame: DataFrame, number: int, checkpoint: Checkpoint) -> None:
        """One batch of the stream. Raises Failure, having committed nothing of the table concerned, where something does not fit."""
        began = time.monotonic()
        ends = checkpoint.planned_ends(number)
        self._adopt(topics(), ends)
        if not any(bronze.unlanded(_of(name, ends)) for name, bronze in self._tables.items()):
            return  # the first batch of a start may have nothing new
        phase("files")
        rows = frame.select(*KAFKA_COLUMNS).mapInArrow(self._target().write, REPORT).collect()
        reports = {Place(report.topic, report.partition): report for report in (Report.from_row(row.asDict()) for row in rows)}
        found = topics()
        self._require_same(found)
        reach = logs({*places(found), *ends})  # after the batch was read: what was deleted meanwhile may be missing from it
        for name, bronze in self._tables.items():
            bronze.land(_of(name, ends), _of(name, reports), _of(name, reach))
        phase("ledger")
        self._ledger.catch_up([bronze.table for bronze in self._tables.values()])
        self._said(
            _batch(number, reports, time.monotonic() - began, sum(bronze.lag(_of(name, reach)) for name, bronze in self._tables.items()))
        )

    def _opened(self, name: str, topic: TopicInfo, reach: Mapping[Place, Log], *, is_accepted: bool = False) -> Bronze:
        bronze = Bronze.open(self._lake, name, topic.topic_id, topic.partitions, is_accepted=is_accepted)
        bronze.begin(_of(name, reach), is_accepted=is_accepted)
        return bronze

    def _adopt(self, found: Mapping[str, TopicInfo], planned: Collection[Place]) -> None:
        """Takes in topics and partitions that have appeared since the start; Spark reads them from offset 0 or fails."""
        self._require_same(found)
        if unseen := {place.topic for place in planned} - found.keys():
            raise Failure(
                f"{min(unseen)} is in Spark's batch but not among Kafka's topics", "it is being made or deleted just now: start again"
            )
        from_zero = {place: Log(0, 0) for place in {*places(found), *planned}}
        for name, topic in found.items():
            if name not in self._tables:
                self._tables[name] = self._opened(name, topic, from_zero)
            held = self._tables[name].positions
            self._tables[name].begin({partition: log for partition, log in _of(name, from_zero).items() if partition not in held})

    def _require_same(self, found: Mapping[str, TopicInfo]) -> None:
        """Raises Failure when a topic that is being landed is gone or another one has taken its name."""
        for name, bronze in self._tables.items():
            if name not in found or found[name].topic_id != bronze.topic_id:
                what = "is another topic now" if name in found else "is gone"
                raise Failure(
                    f"{name} was deleted while it was landed and {what}; nothing of this batch was committed",
                    "start again: it says what can be done",
                )

    def _target(self) -> Target:
        return Target(
            {name: table_path(self._lake, bronze.table.name) for name, bronze in self._tables.items()},
            {name: bronze.topic_id for name, bronze in self._tables.items()},
            bronze_schema(),
            statistics_columns(contract("bronze.events")),
            settings().item_bytes,
        )


def _of(name: str, by_place: Mapping[Place, Value]) -> dict[int, Value]:
    """What belongs to one topic, by partition."""
    return {place.partition: value for place, value in by_place.items() if place.topic == name}


def _batch(number: int, reports: Mapping[Place, Report], seconds: float, lag: int) -> Batch:
    topics = {place.topic for place in reports}
    rows = {name: sum(report.rows for report in _of(name, reports).values()) for name in sorted(topics)}
    return Batch(number, rows, {name: sum(report.bytes for report in _of(name, reports).values()) for name in rows}, seconds, lag)
