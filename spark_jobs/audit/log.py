"""One topic-partition, window by window of offsets: read both sides, keep marks, compare, count."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from spark_jobs.audit import landed, marks, refined
from spark_jobs.audit.bodies import Bodies
from spark_jobs.audit.findings import Finding, finding, merged
from spark_jobs.audit.kafka import Source
from spark_jobs.audit.lake import Lake, of_log
from spark_jobs.audit.plan import NOTHING, LogPlan, Pending

WINDOW = 500_000  # offsets: some 100 MB of marks
RAN: marks.Types = {"run": pl.Int64}


@dataclass
class Counts:
    """Rows of one topic-partition in the offsets that were audited."""

    kafka: int = 0  # read and compared byte by byte
    by_ledger: int = 0  # bronze rows that Kafka has let go of: the ledger stands for them
    bronze: int = 0
    silver: int = 0
    duplicates: int = 0
    open: int = 0  # quarantined, and nowhere else
    unrefined: int = 0


@dataclass
class Audited:
    """What came out of one topic-partition."""

    plan: LogPlan
    counts: Counts = field(default_factory=Counts)
    findings: list[Finding] = field(default_factory=list)
    days: set[date] = field(default_factory=set)  # of silver's rows


@dataclass(frozen=True)
class Side:
    """Where everything is read from."""

    lake: Lake
    kafka: Source
    bodies: Bodies
    unclosed: Pending | None


def audit(plan: LogPlan, side: Side, *, full: bool, tick: Callable[[int], None]) -> Audited:
    """Everything that one topic-partition can show by itself."""
    audited = Audited(plan)
    landings = plan.landings.filter((pl.col("first_offset") > plan.start.landed) & (pl.col("last_offset") >= pl.col("first_offset")))
    runs = plan.runs.filter(pl.col("first_offset") > plan.start.placed)
    sums: list[pl.DataFrame] = []
    run_sums: list[pl.DataFrame] = []
    closed = 0
    for first, last in _windows(plan):
        window = _window(plan, side, first, last)
        new = window.bronze.filter(pl.col("offset") > plan.start.landed)
        audited.findings += _kafka(plan, side, new, first, last, audited.counts) + landed.within(window.bronze, _bronze(plan), plan.log)
        sums.append(_ledger(plan, new, landings, audited))
        if plan.refined is not None or not window.silver.is_empty():
            audited.findings += refined.compare(window, NOTHING if plan.refined is None else plan.refined, _silver(plan), plan.log)
        run_sums.append(refined.run_counts(window, runs))
        closed += len(window.closed)
        _count(audited, window, plan)
        tick(last - first + 1)
    audited.findings += landed.gaps(plan.landings, _bronze(plan), plan.log)
    audited.findings += landed.against_ledger(landings, sums, _bronze(plan), plan.log)
    audited.findings += refined.against_runs(runs, run_sums, _silver(plan), plan.log)
    audited.findings += _replays(plan, side, closed) if full else []
    audited.findings = merged(audited.findings)
    return audited


def _windows(plan: LogPlan) -> Iterator[tuple[int, int]]:
    for first in range(plan.first, plan.last + 1, WINDOW):
        yield first, min(first + WINDOW - 1, plan.last)


def _window(plan: LogPlan, side: Side, first: int, last: int) -> refined.Window:
    """Marks of all tables; what a pending run has already written is left out, it is not settled."""
    where, ours = of_log(plan.log, first, last), ds.field("family") == plan.family
    silver = [marks.of_told(rows) for rows in side.lake.silver[plan.family].batches(marks.TOLD_COLUMNS, where)]
    duplicates = [
        _ran(marks.of_told(rows), rows["run"]) for rows in side.lake.duplicates.batches([*marks.TOLD_COLUMNS, "run"], where & ours)
    ]
    quarantine = [
        _ran(marks.of_raw(plan.log, rows), rows["run"]) for rows in side.lake.quarantine.batches([*marks.RAW_COLUMNS, "run"], where & ours)
    ]
    window = refined.Window(
        bronze=pl.concat([pl.DataFrame(schema=marks.RAW), *_bronze_marks(plan, side, first, last)]).sort("offset"),
        silver=pl.concat([pl.DataFrame(schema=marks.TOLD), *silver]),
        duplicates=pl.concat([pl.DataFrame(schema=marks.TOLD | RAN), *duplicates]),
        quarantine=pl.concat([pl.DataFrame(schema=marks.RAW | RAN), *quarantine]),
    )
    return window if side.unclosed is None else _settled(window, plan, side.unclosed)


def _settled(window: refined.Window, plan: LogPlan, unclosed: Pending) -> refined.Window:
    upto = NOTHING if plan.refined is None else plan.refined
    is_settled = pl.col("offset") <= upto if unclosed.kind == "refine" else pl.lit(True)
    ran = pl.col("run") != unclosed.run
    return refined.Window(window.bronze, window.silver.filter(is_settled), window.duplicates.filter(ran), window.quarantine.filter(ran))


def _bronze_marks(plan: LogPlan, side: Side, first: int, last: int) -> Iterator[pl.DataFrame]:
    """Read byte by byte, but for rows that an earlier audit has read so."""
    bronze, read = side.lake.bronze[plan.family], plan.start.read
    if first <= read:
        yield from (marks.of_believed(rows) for rows in bronze.batches(marks.BELIEVED_COLUMNS, of_log(plan.log, first, min(last, read))))
    for rows in bronze.batches(marks.RAW_COLUMNS, of_log(plan.log, max(first, read + 1), last)) if last > read else ():
        side.bodies.keep(plan.log, rows["offset"], rows["body"])
        yield marks.of_raw(plan.log, rows)


def _kafka(plan: LogPlan, side: Side, bronze: pl.DataFrame, first: int, last: int, counts: Counts) -> list[Finding]:
    """The part of the window that Kafka still holds and bronze claims; what Kafka has let go of stands in the ledger."""
    start = plan.last + 1 if plan.held is None else max(first, plan.held.start)
    counts.by_ledger += bronze.filter(pl.col("offset") < start).height
    if plan.held is None or plan.position is None:
        return []
    begin, end = max(start, plan.start.landed + 1), min(last, plan.position, plan.held.end - 1)
    if begin > end:
        return []
    records = [marks.of_records(plan.log, batch) for batch in side.kafka.records(plan.topic, plan.log, begin, end)]
    kafka = pl.concat([pl.DataFrame(schema=marks.RECORD), *records])
    counts.kafka += kafka.height
    return landed.compare(kafka, bronze.filter(pl.col("offset").is_between(begin, end)), _bronze(plan), plan.log)


def _ledger(plan: LogPlan, bronze: pl.DataFrame, landings: pl.DataFrame, audited: Audited) -> pl.DataFrame:
    """Sums per entry of the ledger; rows of commits that the ledger has not copied yet are behind its end."""
    sums, outside = landed.counted(bronze, landings)
    end = _end(plan.landings)
    unrecorded = outside.filter(outside <= end) if plan.is_copying else outside
    audited.findings += finding("unrecorded", _bronze(plan), plan.log, unrecorded.unique())
    return sums


def _count(audited: Audited, window: refined.Window, plan: LogPlan) -> None:
    counts, upto = audited.counts, NOTHING if plan.refined is None else plan.refined
    counts.bronze += window.bronze.height
    counts.silver += window.silver.height
    counts.duplicates += window.duplicates.height
    counts.open += window.quarantine.height - len(window.closed)
    counts.unrefined += window.bronze.filter(pl.col("offset") > upto).height
    audited.findings += _positions(plan, window.bronze)
    audited.days.update(window.silver["occurred_on"].unique().to_list())


def _positions(plan: LogPlan, bronze: pl.DataFrame) -> list[Finding]:
    """Rows that stand above bronze's position, and refined rows that no run took."""
    position, upto = (NOTHING if offset is None else offset for offset in (plan.position, plan.refined))
    return [
        *finding("above_position", _bronze(plan), plan.log, bronze.filter(pl.col("offset") > position)["offset"]),
        *refined.unrecorded(bronze, plan.runs, upto, _silver(plan), plan.log),
    ]


def _replays(plan: LogPlan, side: Side, closed: int) -> list[Finding]:
    if closed == plan.replayed or (side.unclosed and side.unclosed.kind != "refine"):
        return []
    return [
        Finding("closed_unaccounted", _silver(plan), plan.log, abs(closed - plan.replayed), (), f"{closed} rows, {plan.replayed} replayed")
    ]


def _end(entries: pl.DataFrame) -> int:
    return max(entries["last_offset"].to_list(), default=NOTHING)


def _ran(rows: pl.DataFrame, run: pa.Array) -> pl.DataFrame:
    return rows.with_columns(pl.Series("run", run))


def _bronze(plan: LogPlan) -> str:
    return f"bronze.{plan.family}"


def _silver(plan: LogPlan) -> str:
    return f"silver.{plan.family}"
