"""A sweep reads all tables and Kafka once for many stretches of offsets: small topic-partitions cost no more than a large one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from spark_jobs.audit import marks
from spark_jobs.audit.bodies import Bodies
from spark_jobs.audit.dataset import Span, Spans
from spark_jobs.audit.findings import Log
from spark_jobs.audit.kafka import Asked, Source
from spark_jobs.audit.lake import Lake, Rows
from spark_jobs.audit.plan import LogPlan
from spark_jobs.audit.refined import Window

SWEEP = 500_000  # offsets: some 100 MB of marks
RAN: marks.Types = {"run": pl.Int64}
FAMILY: marks.Types = {"family": pl.String}
ByLog: TypeAlias = Mapping[tuple[str, Log], pl.DataFrame]  # marks by family and topic-partition


@dataclass(frozen=True)
class Stretch:
    """Offsets of one topic-partition from `first` to `last`, both included."""

    plan: LogPlan
    first: int
    last: int

    @property
    def asked(self) -> Asked | None:
        """What of it Kafka is asked for: what it holds, bronze claims and no earlier audit has compared."""
        plan = self.plan
        if plan.held is None or plan.position is None:
            return None
        begin = max(self.first, plan.held.start, plan.start.landed + 1)
        end = min(self.last, plan.position, plan.held.end - 1)
        return Asked(plan.topic, plan.log, begin, end) if begin <= end else None


@dataclass(frozen=True)
class Side:
    """Where everything is read from."""

    lake: Lake
    kafka: Source
    bodies: Bodies


def sweeps(plans: Iterable[LogPlan]) -> Iterator[list[Stretch]]:
    """All offsets of all topic-partitions, in sweeps of SWEEP offsets at most; a sweep has one stretch of a topic-partition."""
    sweep: list[Stretch] = []
    for stretch in (each for plan in plans for each in _stretches(plan)):
        if sweep and sum(map(_offsets, sweep)) + _offsets(stretch) > SWEEP:
            yield sweep
            sweep = []
        sweep.append(stretch)
    if sweep:
        yield sweep


def read(sweep: Sequence[Stretch], side: Side) -> Iterator[tuple[Stretch, Window, pl.DataFrame]]:
    """Each stretch with its marks of all tables, and those of Kafka (RECORD)."""
    bronze, silver = _bronze(sweep, side), _silver(sweep, side.lake)
    duplicates, quarantine = _shared(sweep, side.lake.duplicates, marks.TOLD), _shared(sweep, side.lake.quarantine, marks.RAW)
    kafka = _kafka(sweep, side.kafka)
    for stretch in sweep:
        window = Window(
            bronze=_of(stretch, bronze, marks.RAW).sort("offset"),
            silver=_of(stretch, silver, marks.TOLD),
            duplicates=_of(stretch, duplicates, marks.TOLD | RAN),
            quarantine=_of(stretch, quarantine, marks.RAW | RAN),
        )
        yield stretch, window, _of(stretch, kafka, marks.RECORD)


def _bronze(sweep: Sequence[Stretch], side: Side) -> ByLog:
    """Read byte by byte, but for rows that an earlier audit has read so."""
    found: list[pl.DataFrame] = []
    for family, stretches in _by_family(sweep).items():
        table = side.lake.bronze[family]
        believed = {each.plan.log: Span(each.first, min(each.last, each.plan.start.read)) for each in stretches}
        unread = {each.plan.log: Span(max(each.first, each.plan.start.read + 1), each.last) for each in stretches}
        for rows in table.batches(marks.BELIEVED_COLUMNS, _filled(believed)) if _filled(believed) else ():
            found.append(_labelled(marks.of_believed(rows), family))
        for rows in table.batches(marks.RAW_COLUMNS, _filled(unread)) if _filled(unread) else ():
            side.bodies.keep(family, rows)
            found.append(_labelled(marks.of_raw(rows), family))
    return _split(found, marks.RAW)


def _silver(sweep: Sequence[Stretch], lake: Lake) -> ByLog:
    found = (
        _labelled(marks.of_told(rows), family)
        for family, stretches in _by_family(sweep).items()
        for rows in lake.silver[family].batches(marks.TOLD_COLUMNS, _spans(stretches))
    )
    return _split(found, marks.TOLD)


def _shared(sweep: Sequence[Stretch], table: Rows, schema: marks.Types) -> ByLog:
    """Of a table that all families write to."""
    columns, of = (marks.RAW_COLUMNS, marks.of_raw) if schema == marks.RAW else (marks.TOLD_COLUMNS, marks.of_told)
    found = (
        of(rows).with_columns(pl.Series("run", rows["run"]), pl.Series("family", rows["family"]))
        for rows in table.batches([*columns, "run", "family"], _spans(sweep))
    )
    return _split(found, schema | RAN)


def _kafka(sweep: Sequence[Stretch], kafka: Source) -> ByLog:
    families = {each.plan.log.topic_id: each.plan.family for each in sweep if each.asked}
    found = (
        marks.of_records(records).with_columns(family=pl.col("topic_id").replace_strict(families))
        for records in kafka.records([each.asked for each in sweep if each.asked])
    )
    return _split(found, marks.RECORD)


def _split(found: Iterable[pl.DataFrame], schema: marks.Types) -> ByLog:
    whole = pl.concat([pl.DataFrame(schema=schema | FAMILY), *found])
    parts = whole.partition_by("family", "topic_id", "partition", as_dict=True, include_key=False)
    return {(str(family), Log(str(topic_id), int(partition))): rows for (family, topic_id, partition), rows in parts.items()}


def _of(stretch: Stretch, found: ByLog, schema: marks.Types) -> pl.DataFrame:
    rows = found.get((stretch.plan.family, stretch.plan.log))
    if rows is None:
        return pl.DataFrame(schema=schema).drop("topic_id", "partition")
    return rows.filter(pl.col("offset").is_between(stretch.first, stretch.last))


def _labelled(rows: pl.DataFrame, family: str) -> pl.DataFrame:
    return rows.with_columns(family=pl.lit(family))


def _by_family(sweep: Sequence[Stretch]) -> Mapping[str, list[Stretch]]:
    families: dict[str, list[Stretch]] = {}
    for stretch in sweep:
        families.setdefault(stretch.plan.family, []).append(stretch)
    return families


def _spans(stretches: Iterable[Stretch]) -> Spans:
    """What is read for these; more than that where two families claim the same topic-partition."""
    spans: dict[Log, Span] = {}
    for each in stretches:
        held = spans.get(each.plan.log, Span(each.first, each.last))
        spans[each.plan.log] = Span(min(held.first, each.first), max(held.last, each.last))
    return spans


def _filled(spans: Spans) -> Spans:
    return {log: span for log, span in spans.items() if span.first <= span.last}


def _stretches(plan: LogPlan) -> Iterator[Stretch]:
    for first in range(plan.first, plan.last + 1, SWEEP):
        yield Stretch(plan, first, min(first + SWEEP - 1, plan.last))


def _offsets(stretch: Stretch) -> int:
    return stretch.last - stretch.first + 1
