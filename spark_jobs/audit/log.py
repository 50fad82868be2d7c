"""One topic-partition, stretch by stretch of offsets: compare the marks of all sides, and count."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from spark_jobs.audit import landed, refined
from spark_jobs.audit.findings import Finding, finding, merged
from spark_jobs.audit.plan import NOTHING, LogPlan, Pending
from spark_jobs.audit.sweep import Stretch


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


class Auditing:
    """Everything that one topic-partition can show by itself, while its stretches come by in their order."""

    def __init__(self, plan: LogPlan, unclosed: Pending | None) -> None:
        self._plan, self._unclosed, self._audited = plan, unclosed, Audited(plan)
        is_new = (pl.col("first_offset") > plan.start.landed) & (pl.col("last_offset") >= pl.col("first_offset"))
        self._landings = plan.landings.filter(is_new)
        self._runs = plan.runs.filter(pl.col("first_offset") > plan.start.placed)
        self._sums: list[pl.DataFrame] = []
        self._run_sums: list[pl.DataFrame] = []
        self._closed = 0

    def take(self, stretch: Stretch, seen: refined.Window, kafka: pl.DataFrame) -> None:
        """Compares and counts a stretch; what a pending run has already written is left out, it is not settled."""
        plan, found = self._plan, self._audited.findings
        window = seen if self._unclosed is None else _settled(seen, plan, self._unclosed)
        new = window.bronze.filter(pl.col("offset") > plan.start.landed)
        found += _kafka(stretch, new, kafka, self._audited.counts) + landed.within(window.bronze, _bronze(plan), plan.log)
        self._sums.append(_ledger(plan, new, self._landings, self._audited))
        if plan.refined is not None or not window.silver.is_empty():
            compared = refined.compare(window, NOTHING if plan.refined is None else plan.refined, _silver(plan), plan.log)
            found += [each for each in compared if not (_is_moving(self._unclosed) and each.kind == "nowhere")]
        self._run_sums.append(refined.run_counts(window, self._runs))
        self._closed += len(window.closed)
        _count(self._audited, window, plan)

    def ended(self, *, full: bool) -> Audited:
        """What came out, when all has come by."""
        plan, found = self._plan, self._audited.findings
        found += landed.gaps(plan.landings, _bronze(plan), plan.log)
        found += landed.against_ledger(self._landings, self._sums, _bronze(plan), plan.log)
        if not _is_moving(self._unclosed):
            found += refined.against_runs(self._runs, self._run_sums, _silver(plan), plan.log, is_reprocessed=plan.is_reprocessed)
        found += _replays(plan, self._unclosed, self._closed) if full else []
        self._audited.findings = merged(found)
        return self._audited


def _is_moving(unclosed: Pending | None) -> bool:
    """Between its commits a reprocess has taken rows out of one table and not yet put them into another."""
    return unclosed is not None and unclosed.kind == "reprocess"


def _settled(window: refined.Window, plan: LogPlan, unclosed: Pending) -> refined.Window:
    upto = NOTHING if plan.refined is None else plan.refined
    is_settled = pl.col("offset") <= upto if unclosed.kind == "refine" else pl.lit(True)
    ran = pl.col("run") != unclosed.run
    return refined.Window(window.bronze, window.silver.filter(is_settled), window.duplicates.filter(ran), window.quarantine.filter(ran))


def _kafka(stretch: Stretch, bronze: pl.DataFrame, kafka: pl.DataFrame, counts: Counts) -> list[Finding]:
    """The part of the stretch that Kafka still holds and bronze claims; what Kafka has let go of stands in the ledger."""
    plan, asked = stretch.plan, stretch.asked
    start = plan.last + 1 if plan.held is None else plan.held.start
    counts.by_ledger += bronze.filter(pl.col("offset") < start).height
    counts.kafka += kafka.height
    if asked is None:
        return []
    return landed.compare(kafka, bronze.filter(pl.col("offset").is_between(asked.first, asked.last)), _bronze(plan), plan.log)


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


def _replays(plan: LogPlan, unclosed: Pending | None, closed: int) -> list[Finding]:
    if closed == plan.replayed or (unclosed and unclosed.kind != "refine"):
        return []
    return [
        Finding("closed_unaccounted", _silver(plan), plan.log, abs(closed - plan.replayed), (), f"{closed} rows, {plan.replayed} replayed")
    ]


def _end(entries: pl.DataFrame) -> int:
    return max(entries["last_offset"].to_list(), default=NOTHING)


def _bronze(plan: LogPlan) -> str:
    return f"bronze.{plan.family}"


def _silver(plan: LogPlan) -> str:
    return f"silver.{plan.family}"
