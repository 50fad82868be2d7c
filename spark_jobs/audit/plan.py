"""What is to be audited: per topic-partition where to begin, where the tables claim to end, and what the ledger says of it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from fleetlake.names import topic
from spark_jobs.audit.dataset import EVERYWHERE, Span, Spans
from spark_jobs.audit.findings import Log
from spark_jobs.audit.kafka import Held
from spark_jobs.audit.lake import Lake, Rows
from spark_jobs.audit.marks import PLACE, Types

LEDGER: Types = {
    "table": pl.String,
    "version": pl.Int64,
    "kind": pl.String,
    "run": pl.Int64,
    "topic_id": pl.String,
    "partition": pl.Int32,
    "first_offset": pl.Int64,
    "last_offset": pl.Int64,
    "rows": pl.Int64,
    "checksum": pl.String,
    "silver": pl.Int64,
    "duplicates": pl.Int64,
    "quarantined": pl.Int64,
    "baseline": pl.Boolean,
}
RUNS: Types = {"run": pl.Int64, "kind": pl.String, "state": pl.String}
AUDITS: Types = {"audit": pl.Int64, "upto": pl.String}
LEDGER_KEY = "fleetlake.ledger"  # what a commit of land says of itself in its metadata, before ops.ledger has a copy
NOTHING = -1  # the offset before the first


@dataclass(frozen=True)
class Start:
    """The last offsets that earlier audits have settled."""

    landed: int = NOTHING  # Kafka against bronze
    read: int = NOTHING  # bronze's bytes
    placed: int = NOTHING  # bronze against silver, duplicates and quarantine; below the others after a replay


@dataclass(frozen=True)
class LogPlan:
    """One topic-partition of one family."""

    family: str
    log: Log
    start: Start
    last: int  # the last offset that a table holds or claims
    position: int | None  # of bronze
    refined: int | None  # of silver, without a pending run
    held: Held | None  # by Kafka
    landings: pl.DataFrame  # LEDGER: what bronze's ledger says of it
    runs: pl.DataFrame  # LEDGER: what silver's ledger says of it, runs of refine only
    later: pl.DataFrame  # LEDGER: what it says of runs that judged old rows anew: replays and reprocesses
    is_copying: bool  # bronze's newest commits are not in ops.ledger yet

    @property
    def topic(self) -> str:
        """Its topic."""
        return topic(self.family)

    @property
    def replayed(self) -> int:
        """Rows that replays brought out of quarantine, less those that a reprocess put back, by the ledger."""
        return sum(sum(self.later[name].fill_null(0).to_list()) for name in ("silver", "duplicates", "quarantined"))

    @property
    def is_reprocessed(self) -> bool:
        """Rows of refine's runs were judged anew: what each run put where no longer shows."""
        return "reprocess" in self.later["kind"]

    @property
    def first(self) -> int:
        """The first offset to look at."""
        return self.start.placed + 1


@dataclass(frozen=True)
class Pending:
    """A run of refine that was begun and not closed."""

    run: int
    kind: str


@dataclass
class Upto:
    """Where the last audit ended: offsets by table and topic-partition, and the last run that it saw closed."""

    number: int = 0
    runs: int = 0
    tables: dict[str, dict[str, int]] = field(default_factory=dict)

    def of(self, table: str, log: Log) -> int:
        """The last settled offset."""
        return self.tables.get(table, {}).get(str(log), NOTHING)

    def to_json(self) -> str:
        """As ops.audits keeps it."""
        return json.dumps({"runs": self.runs, "tables": self.tables}, sort_keys=True)


def last_audit(audits: Rows) -> Upto:
    """Where the last audit ended; the beginning when there was none."""
    held = audits.frame(list(AUDITS), AUDITS).sort("audit").tail(1)
    if held.is_empty():
        return Upto()
    number, upto = held.row(0)
    said = json.loads(upto)
    return Upto(number, said["runs"], said["tables"])


def pending(runs: Rows) -> Pending | None:
    """The run that was begun and not closed."""
    states = runs.frame(list(RUNS), RUNS)
    closed = states.filter(pl.col("state") == "closed")
    opened = states.filter(pl.col("state") == "intent").join(closed, on="run", how="anti").sort("run")
    return None if opened.is_empty() else Pending(*opened.select("run", "kind").row(-1))


def plans(
    families: Sequence[str], lake: Lake, kafka: Mapping[str, Mapping[Log, Held]], upto: Upto, unclosed: Pending | None, *, full: bool
) -> dict[str, list[LogPlan]]:
    """By family every topic-partition that Kafka, the ledger or (in a full audit) a table knows."""
    entries = lake.ledger.frame(list(LEDGER), LEDGER)
    told = {family: _told(family, entries, unclosed) for family in families}
    known = {family: {*kafka.get(topic(family), {}), *_logs(landings), *_logs(runs)} for family, (landings, runs) in told.items()}
    starts = {
        family: {log: Start() if full else _start(family, log, told[family][1], lake.quarantine, upto) for log in known[family]}
        for family in families
    }
    ends = _ends(lake, families, None if full else starts)
    return {
        family: _plans(family, lake, starts[family], ends[family], kafka.get(topic(family), {}), *told[family], unclosed)
        for family in families
    }


def _told(family: str, entries: pl.DataFrame, unclosed: Pending | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the ledger says of a family's bronze, and of its silver without a pending run."""
    landings, runs = (entries.filter(pl.col("table") == f"{layer}.{family}") for layer in ("bronze", "silver"))
    return landings, runs.filter(pl.col("run") != unclosed.run) if unclosed else runs


def _plans(
    family: str,
    lake: Lake,
    starts: Mapping[Log, Start],
    ends: Mapping[Log, int],
    kafka: Mapping[Log, Held],
    landings: pl.DataFrame,
    runs: pl.DataFrame,
    unclosed: Pending | None,
) -> list[LogPlan]:
    bronze = lake.bronze[family]
    copied = lake.ledger.claimed(f"ledger:{bronze.name}")
    is_copying = bronze.has_metadata(LEDGER_KEY, NOTHING if copied is None else copied)
    return [
        _plan(
            family,
            log,
            lake,
            starts.get(log, Start()),
            ends.get(log, NOTHING),
            kafka.get(log),
            landings,
            runs,
            unclosed,
            is_copying=is_copying,
        )
        for log in sorted({*starts, *ends})
    ]


def _plan(
    family: str,
    log: Log,
    lake: Lake,
    start: Start,
    end: int,
    held: Held | None,
    landings: pl.DataFrame,
    runs: pl.DataFrame,
    unclosed: Pending | None,
    *,
    is_copying: bool,
) -> LogPlan:
    bronze, silver = lake.bronze[family], lake.silver[family]
    ours = (pl.col("topic_id") == log.topic_id) & (pl.col("partition") == log.partition)
    refines, later = runs.filter(ours & (pl.col("kind") == "refine")), runs.filter(ours & (pl.col("kind") != "refine"))
    position, refined = bronze.position(log), silver.position(log)
    if unclosed and unclosed.kind == "refine":
        refined = max(refines["last_offset"].to_list(), default=None)
    return LogPlan(
        family=family,
        log=log,
        start=start,
        last=max(end, NOTHING if position is None else position),
        position=position,
        refined=refined,
        held=held,
        landings=landings.filter(ours),
        runs=refines,
        later=later,
        is_copying=is_copying,
    )


def _start(family: str, log: Log, runs: pl.DataFrame, quarantine: Rows, upto: Upto) -> Start:
    """After a replay the places begin where quarantine does: it moves old places, and the ledger does not say which."""
    landed, refined = upto.of(f"bronze.{family}", log), upto.of(f"silver.{family}", log)
    new = (
        (pl.col("kind") != "refine")
        & (pl.col("run") > upto.runs)
        & (pl.col("topic_id") == log.topic_id)
        & (pl.col("partition") == log.partition)
    )
    if runs.filter(new).is_empty():
        return Start(landed, refined, min(landed, refined))
    offsets = quarantine.frame(["offset"], {"offset": pl.Int64}, {log: Span(0, refined)}, {"family": family})["offset"].to_list()
    return Start(landed, refined, min([landed, refined, *(offset - 1 for offset in offsets)]))


def _ends(lake: Lake, families: Sequence[str], starts: Mapping[str, Mapping[Log, Start]] | None) -> dict[str, dict[Log, int]]:
    """By family the last offset of each topic-partition in any table, out of the rows themselves; above the `starts` only."""
    ends: dict[str, dict[Log, int]] = {family: defaultdict(lambda: NOTHING) for family in families}
    for (family, log), offset in _lasts(lake, families, starts):
        if family in ends:
            ends[family][log] = max(offset, ends[family][log])
    return {family: dict(of_family) for family, of_family in ends.items()}


def _lasts(lake: Lake, families: Sequence[str], starts: Mapping[str, Mapping[Log, Start]] | None) -> Iterator[tuple[tuple[str, Log], int]]:
    for family in families:
        for rows in (lake.bronze[family], lake.silver[family]):
            for batch in rows.batches(list(PLACE), None if starts is None else _after(starts[family])):
                yield from _last_of(pl.DataFrame(batch).with_columns(family=pl.lit(family)))
    everywhere = None if starts is None else _after({log: start for of_family in starts.values() for log, start in of_family.items()})
    for rows in (lake.duplicates, lake.quarantine):
        for batch in rows.batches([*PLACE, "family"], everywhere):
            yield from _last_of(pl.DataFrame(batch))


def _last_of(rows: pl.DataFrame) -> Iterator[tuple[tuple[str, Log], int]]:
    for family, topic_id, partition, offset in rows.group_by("family", "topic_id", "partition").agg(pl.col("offset").max()).iter_rows():
        yield (family, Log(topic_id, partition)), offset


def _after(starts: Mapping[Log, Start]) -> Spans:
    return {log: Span(start.placed + 1, EVERYWHERE[1]) for log, start in starts.items()}


def _logs(entries: pl.DataFrame) -> Iterable[Log]:
    return (Log(*row) for row in entries.select("topic_id", "partition").drop_nulls().unique().iter_rows())
