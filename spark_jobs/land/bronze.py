"""One topic's bronze table as the lander commits to it: position and ledger move with the rows, in one commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.console import Failure
from fleetlake.names import family_of, position_id
from spark_jobs.land.continuity import Span, Start, recreated, require_continuous, starts
from spark_jobs.land.logs import Log, Place
from spark_jobs.land.partition import Report
from spark_jobs.ledger import Entry, metadata
from spark_jobs.phase import phase
from spark_jobs.tables import Table


@dataclass
class Bronze:
    """The table of one incarnation of a topic, and up to which offset each partition is landed (inclusive)."""

    topic: str
    topic_id: str
    table: Table
    positions: dict[int, int]

    @classmethod
    def open(cls, lake: str, topic: str, topic_id: str, partitions: tuple[int, ...], *, is_accepted: bool = False) -> Self:
        """Opens or makes the table; raises Failure when its rows come from another topic of that name, unless that `is_accepted`."""
        name = f"bronze.{family_of(topic)}"
        promise = contract(name)
        table = Table.open(lake, name, arrow_schema(promise), promise.partition_by, statistics_columns(promise))
        landed_from = table.position(_topic_app(table))
        if landed_from not in {None, _fingerprint(topic_id)} and not is_accepted:
            raise recreated(topic, name)
        held = {partition: table.position(position_id(name, topic_id, partition)) for partition in partitions}
        return cls(topic, topic_id, table, {partition: position for partition, position in held.items() if position is not None})

    def begin(self, logs: Mapping[int, Log], *, is_accepted: bool = False) -> None:
        """Decides where each partition begins and records new baselines; afterwards every partition has a position."""
        begun = starts(self.topic, self.positions, logs, is_accepted=is_accepted)
        baselines = {partition: start for partition, start in begun.items() if start.is_baseline}
        if baselines:
            self._record(baselines)

    def _record(self, baselines: Mapping[int, Start]) -> None:
        entries = [
            self._entry(partition, Span(start.offset, start.offset - 1), None, baseline=True) for partition, start in baselines.items()
        ]
        positions = {partition: start.offset - 1 for partition, start in baselines.items()}
        self._commit(entries, positions, [])

    def land(self, ends: Mapping[int, int], reports: Mapping[int, Report], logs: Mapping[int, Log]) -> None:
        """Commits what workers wrote, if it is all that Kafka had: `ends` are the offsets up to which (exclusive) each partition was read.

        Raises Failure when something is missing or another lander was here; then nothing was committed.
        """
        read = self.unlanded(ends)
        for partition, span in read.items():
            require_continuous(Place(self.topic, partition), span, reports.get(partition), logs[partition])
        if read:
            phase(f"commit {self.table.name}")
            entries = [self._entry(partition, span, reports.get(partition)) for partition, span in read.items()]
            self._commit(entries, {partition: span.last for partition, span in read.items()}, list(reports.values()))

    def unlanded(self, ends: Mapping[int, int]) -> dict[int, Span]:
        """What is between the position and the end (exclusive) of each partition, where anything is."""
        spans = {partition: Span(self.positions[partition] + 1, end - 1) for partition, end in ends.items()}
        return {partition: span for partition, span in spans.items() if span.first <= span.last}

    def lag(self, logs: Mapping[int, Log]) -> int:
        """Offsets in Kafka that are not landed yet."""
        return sum(max(0, log.end - 1 - self.positions.get(partition, -1)) for partition, log in logs.items())

    def _commit(self, entries: list[Entry], positions: Mapping[int, int], reports: list[Report]) -> None:
        self._require_alone()
        apps = {position_id(self.table.name, self.topic_id, partition): position for partition, position in positions.items()}
        files = [file for report in reports for file in report.files]
        self.table.commit(files, {_topic_app(self.table): _fingerprint(self.topic_id)} | apps, metadata(entries))
        self.positions.update(positions)

    def _require_alone(self) -> None:
        """Raises Failure when the table is not where this process left it (Delta itself only sees a second writer between two looks)."""
        for partition, position in self.positions.items():
            held = self.table.position(position_id(self.table.name, self.topic_id, partition))
            if held != position:
                raise Failure(
                    f"{self.table.name}: {Place(self.topic, partition)} stands at {held}, but this process landed up to {position}: another lander is at work",
                    "let one of the two go on; nothing was written twice",
                )

    def _entry(self, partition: int, span: Span, report: Report | None, *, baseline: bool = False) -> Entry:
        rows, checksum = (report.rows, report.checksum) if report else (0, 0)
        return Entry("land", self.topic, self.topic_id, partition, span.first, span.last, rows, f"{checksum:032x}", baseline)


def _topic_app(table: Table) -> str:
    """The transaction id whose version tells from which incarnation of the topic the table is landed."""
    return f"{table.name}:topic"


def _fingerprint(topic_id: str) -> int:
    """A topic id as a number that a transaction's version can hold (63 bits)."""
    return int.from_bytes(sha256(topic_id.encode()).digest()[:8], "big") >> 1


def bronze_schema() -> pa.Schema:
    """The columns that every bronze table has."""
    return arrow_schema(contract("bronze.events"))
