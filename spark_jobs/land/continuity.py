"""Nothing is skipped in silence: where a log must begin, and which holes are no loss. Pure: numbers in, a Failure where something is gone."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fleetlake.console import Failure
from spark_jobs.land.logs import Log, Place
from spark_jobs.land.partition import Report


class Start(NamedTuple):
    """From which offset a topic-partition is landed; a baseline is where its landing begins at all."""

    offset: int
    is_baseline: bool


class Span(NamedTuple):
    """Offsets from `first` to `last`, inclusive; empty where it ends before it begins."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"offset {self.first:,}" if self.first == self.last else f"offsets {self.first:,} to {self.last:,}"


def starts(topic: str, positions: Mapping[int, int], logs: Mapping[int, Log], *, is_accepted: bool = False) -> dict[int, Start]:
    """Where each partition's landing goes on: after its position; a known topic's new partition at 0; a new topic where its log begins.

    `is_accepted`: what Kafka has let go of is given up, landing begins anew where the log does. Raises Failure where a log does not reach
    from its position on.
    """
    return {partition: _start(Place(topic, partition), positions, log, is_accepted) for partition, log in logs.items()}


def _start(place: Place, positions: Mapping[int, int], log: Log, is_accepted: bool) -> Start:
    if not positions:
        return Start(log.start, True)
    following = positions.get(place.partition, -1) + 1
    if following > log.end:
        raise _went_back(place, following, log)
    if following < log.start and not is_accepted:
        raise lost(place, Span(following, log.start - 1))
    return Start(max(following, log.start), following < log.start or place.partition not in positions)


def require_continuous(place: Place, span: Span, report: Report | None, log: Log) -> None:
    """Raises Failure unless the rows of `report` are all that Kafka had in `span`.

    Offsets without a row are those of control records and aborted transactions, if the log still reaches down to them: `log` is what it
    was after the rows were read.
    """
    if log.end <= span.last:
        raise _went_back(place, span.last + 1, log)
    hole = next(holes(span, report), None)
    if hole is not None and hole.first < log.start:
        raise lost(place, Span(hole.first, min(hole.last, log.start - 1)))


def holes(span: Span, report: Report | None) -> Iterator[Span]:
    """Offsets of `span` without a row: before the first row, the first hole between rows, after the last row."""
    if report is None or report.first_offset is None or report.last_offset is None:
        yield span
        return
    if not span.first <= report.first_offset <= report.last_offset <= span.last:
        raise Failure(
            f"{report.topic}/{report.partition}: {Span(report.first_offset, report.last_offset)} were read where {span} were asked for",
            "nothing was committed; start again, and if it says so again the broker or its proxy is at fault",
        )
    if span.first < report.first_offset:
        yield Span(span.first, report.first_offset - 1)
    if report.hole_from is not None and report.hole_to is not None:
        yield Span(report.hole_from, report.hole_to)
    if report.last_offset < span.last:
        yield Span(report.last_offset + 1, span.last)


def lost(place: Place, span: Span) -> Failure:
    """Kafka has let go of offsets that never landed."""
    return Failure(
        f"{place}: {span} are gone from Kafka and were never landed (truncated, or older than its retention)",
        f"restore them if you can; to go on without them and record where landing begins anew: fleet land --accept-topic {place.topic}",
    )


def recreated(topic: str, table: str) -> Failure:
    """The topic's name now belongs to another topic."""
    return Failure(
        f"{topic} is not the topic that {table} was landed from: it was deleted and created again, so its offsets mean other records",
        f"to go on with the new one beside what is landed: fleet land --accept-topic {topic}",
    )


def _went_back(place: Place, following: int, log: Log) -> Failure:
    return Failure(
        f"{place}: landed up to offset {following - 1:,}, but Kafka's log now ends before {log.end:,}: the broker lost its tail, later records would reuse offsets",
        f"restore the broker's data, or delete and create {place.topic} again and then: fleet land --accept-topic {place.topic}",
    )
