"""One audit of a whole lake: every family, every topic-partition, and the row in ops.audits that the next one begins at."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pyarrow as pa

from expectations.contract import contract, families
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.names import family_of
from spark_jobs.audit import events, log, positions
from spark_jobs.audit.bodies import Bodies
from spark_jobs.audit.dataset import Span
from spark_jobs.audit.findings import Finding, merged
from spark_jobs.audit.kafka import Source
from spark_jobs.audit.lake import Lake, Rows, opened, rows
from spark_jobs.audit.marks import Types
from spark_jobs.audit.plan import LogPlan, Pending, Upto, last_audit, pending, plans
from spark_jobs.audit.sweep import SWEEP, Side, read, sweeps
from spark_jobs.tables import Table

TWINS: Types = events.EVENT | {
    "family": pl.String,
    "occurred_on": pl.Date,
    "kept_topic_id": pl.String,
    "kept_partition": pl.Int32,
    "kept_offset": pl.Int64,
    "run": pl.Int64,
}
Watched = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass
class Report:
    """What an audit found. `number` is its row in ops.audits."""

    number: int
    full: bool
    audited: list[log.Audited] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing is broken."""
        return not self.findings

    def table(self) -> list[dict[str, Any]]:
        """A row per family and topic-partition."""
        broken = {each.log for each in self.findings}
        return [_row(each, is_broken=each.plan.log in broken) for each in self.audited]


def audited_families(lake: str, kafka: Source) -> list[str]:
    """Families with a contract, and whatever else has a topic or has landed: bronze needs no contract."""
    landed = rows(lake, "ops.ledger").frame(["table"], {"table": pl.String})["table"].unique().to_list()
    bronze = {table.removeprefix("bronze.") for table in landed if table.startswith("bronze.")}
    return sorted({*families(), *bronze, *map(family_of, kafka.logs())})


def audit(lake: str, listed: Sequence[str], kafka: Source, *, full: bool, watched: Watched) -> Report:
    """Audits the families that are `listed` and writes ops.audits; `watched` gets the number of offsets and gives what is to be called as they pass."""
    upto = last_audit(rows(lake, "ops.audits"))
    full = full or not upto.number
    tables = opened(lake, listed, pruned=not full)
    logs, unclosed = kafka.logs(), pending(tables.runs)
    planned = plans(listed, tables, logs, upto, unclosed, full=full)
    report = Report(upto.number + 1, full, notes=_pending_notes(unclosed))
    with watched(sum(map(_offsets, planned.values()))) as tick:
        for together in _together(planned):
            _audit(together, tables, kafka, upto, unclosed, report, tick)
    _remember(lake, report, planned, tables, upto)
    return report


def _together(planned: Mapping[str, list[LogPlan]]) -> Iterator[dict[str, list[LogPlan]]]:
    """Families of which one sweep can read all; a large family is alone, so that only its own duplicates are in memory."""
    together: dict[str, list[LogPlan]] = {}
    for family, of_family in planned.items():
        if together and sum(map(_offsets, together.values())) + _offsets(of_family) > SWEEP:
            yield together
            together = {}
        together[family] = of_family
    if together:
        yield together


def _offsets(listed: Sequence[LogPlan]) -> int:
    return sum(max(0, plan.last - plan.first + 1) for plan in listed)


def _audit(
    planned: Mapping[str, list[LogPlan]],
    lake: Lake,
    kafka: Source,
    upto: Upto,
    unclosed: Pending | None,
    report: Report,
    tick: Callable[[int], None],
) -> None:
    twins = _twins(planned, lake, unclosed)
    auditing = {(family, plan.log): log.Auditing(plan, unclosed) for family, listed in planned.items() for plan in listed}
    with TemporaryDirectory(prefix="fleet-audit-") as folder:
        side = Side(lake, kafka, Bodies(Path(folder), twins))
        for sweep in sweeps(plan for listed in planned.values() for plan in listed):
            for stretch, window, records in read(sweep, side):
                auditing[stretch.plan.family, stretch.plan.log].take(stretch, window, records)
                tick(stretch.last - stretch.first + 1)
        side.bodies.fetch(lake.bronze)
        found = side.bodies.compare()
    audited = [each.ended(full=report.full) for each in auditing.values()]
    found += [bad for family in planned for bad in _across(family, lake.silver[family], audited, twins)]
    found += [bad for each in audited for bad in (*each.findings, *positions.check(each.plan, upto))]
    report.audited += audited
    report.findings += merged(found)
    report.notes += [note for each in audited for note in _notes(each.plan)]


def _across(family: str, silver: Rows, audited: Sequence[log.Audited], twins: pl.DataFrame) -> list[Finding]:
    """What only all topic-partitions of a family show together."""
    days = set[date]().union(*(each.days for each in audited if each.plan.family == family))
    return events.doubled(silver, days) + events.kept_missing(silver, twins.filter(pl.col("family") == family))


def _twins(planned: Mapping[str, list[LogPlan]], lake: Lake, unclosed: Pending | None) -> pl.DataFrame:
    """Duplicates among the audited places."""
    spans = {plan.log: Span(plan.first, plan.last) for listed in planned.values() for plan in listed}
    twins = lake.duplicates.frame(list(TWINS), TWINS, spans)
    ours = pl.DataFrame(
        [(family, *plan.log) for family, listed in planned.items() for plan in listed],
        {name: TWINS[name] for name in ("family", "topic_id", "partition")},
        orient="row",
    )
    twins = twins.join(ours, on=ours.columns, how="semi")
    return twins if unclosed is None else twins.filter(pl.col("run") != unclosed.run)


def _row(each: log.Audited, *, is_broken: bool) -> dict[str, Any]:
    plan, counts = each.plan, each.counts
    ahead = max(0, plan.held.end - 1 - (-1 if plan.position is None else plan.position)) if plan.held else 0
    return {
        "family": plan.family,
        "topic-partition": str(plan.log),
        "from": plan.first,
        "kafka": counts.kafka,
        "by ledger": counts.by_ledger,
        "bronze": counts.bronze,
        "silver": counts.silver,
        "duplicates": counts.duplicates,
        "open quarantine": counts.open,
        "not landed": ahead,
        "not refined": counts.unrefined,
        "ok": "no" if is_broken else "yes",
    }


def _pending_notes(unclosed: Pending | None) -> list[str]:
    finish = "fleet refine --once finishes it"
    return [f"run {unclosed.run} ({unclosed.kind}) is pending: {finish}; its rows count as not refined"] if unclosed else []


def _notes(plan: LogPlan) -> Iterator[str]:
    where = f"{plan.topic} {plan.log}"
    if plan.held is None:
        yield f"{where}: Kafka has no such topic any more: the ledger stands for all of its offsets"
    elif plan.held.start > plan.start.landed + 1:
        yield f"{where}: Kafka begins at offset {plan.held.start}: bytes were compared from there on, the ledger stands for what was before"
    if plan.is_copying:
        yield f"{where}: the newest commits are not in ops.ledger yet: fleet land --once copies them"
    for first, version in plan.landings.filter("baseline").sort("first_offset").select("first_offset", "version").rows()[1:]:
        yield f"{where}: landing began anew at offset {first} (version {version}): what Kafka had let go of before that was given up"


def _remember(lake: str, report: Report, planned: Mapping[str, list[LogPlan]], tables: Lake, upto: Upto) -> None:
    """A family with findings is audited again from where it was: the next audit must not begin behind what is broken."""
    broken = {_family_of(found, planned) for found in report.findings}
    settled: dict[str, dict[str, int]] = dict(upto.tables)
    for family in planned.keys() - broken:
        for layer in ("bronze", "silver"):
            held = {str(plan.log): plan.position if layer == "bronze" else plan.refined for plan in planned[family]}
            settled[f"{layer}.{family}"] = {name: offset for name, offset in held.items() if offset is not None}
    closed = _closed(tables)
    ended = Upto(report.number, upto.runs if broken else closed, settled)
    promise = contract("ops.audits")
    row = {
        "audit": report.number,
        "at": datetime.now(UTC),
        "ok": report.ok,
        "full": report.full,
        "findings": json.dumps([each.plain() for each in report.findings]),
        "upto": ended.to_json(),
    }
    schema = arrow_schema(promise)
    table = Table.open(lake, "ops.audits", schema, promise.partition_by, statistics_columns(promise))
    table.append(pa.Table.from_pylist([row], schema), {"audits": report.number})


def _closed(tables: Lake) -> int:
    """The last run that was closed."""
    states = tables.runs.frame(["run", "state"], {"run": pl.Int64, "state": pl.String})
    return max(states.filter(pl.col("state") == "closed")["run"].to_list(), default=0)


def _family_of(found: Finding, planned: Mapping[str, list[LogPlan]]) -> str:
    """The family that a finding is about; duplicates and quarantine are shared, so it goes by the topic-partition."""
    layer, _, name = found.table.partition(".")
    if name in planned and layer in ("bronze", "silver"):
        return name
    return next((family for family, listed in planned.items() if any(plan.log == found.log for plan in listed)), name)
