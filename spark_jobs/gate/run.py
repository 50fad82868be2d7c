"""A gate run: every table of a layer, or one, at exact versions. Nothing is written here (`results` does)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import polars as pl
from pyspark.sql import SparkSession

from expectations.suites import once, suite
from expectations.suites.expectation import ROWS, Expectation
from spark_jobs.gate.failing import Failing, failing
from spark_jobs.gate.frames import EXAMPLES, KEYS, MEASURES
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.verdict import Result, Verdict
from spark_jobs.gate.versions import Lake, clock, tables
from spark_jobs.session import require_there

if TYPE_CHECKING:
    from spark_jobs.gate.judge import Judge

Start = Callable[[bool], SparkSession]  # told whether the session has little to do: then a JVM that starts fast is done first
Told = Callable[[str, int, int], None]  # what is done, how much of it is done, and how much there is
T = TypeVar("T")
SMALL_BYTES = 200_000_000  # of changed files: some three million rows; fast machine code pays off above
COUNTED = {"twins": "rows that share a hash", "columns": "columns", "volume": "days"}  # by frame; of others rows
SPARK = {"spark.driver.memory": "768m"}  # for its session: one aggregation over a table holds no rows
Frames = Mapping[str, pl.DataFrame | Exception]  # measured, or why that could not be


@dataclass(frozen=True)
class Report:
    """What a gate run found, by its own clock; `judge` holds what Data Docs are made from."""

    what: str
    clock: datetime
    results: list[Result]
    judge: "Judge"

    @property
    def ok(self) -> bool:
        """Whether nothing stops a release."""
        return not any(result.stops for result in self.results)


def check(
    root: str,
    what: str,
    spark: Start,
    version: int | None = None,
    now: datetime | None = None,
    told: Told | None = None,
) -> Report:
    """Judges a layer or a table; `version` is of the one table. Raises Failure for a table or version that does not exist, and Busy when Spark
    went away: that nothing could be asked is no verdict."""
    lake = Lake(root, {} if version is None else {what: version})
    snapshots = [found for name in tables(root, what) if (found := lake.snapshot(name)) is not None]
    moment, steps = now or clock(lake), 2 * len(snapshots)
    say = told or (lambda text, done, total: None)
    with ThreadPoolExecutor(2) as beside:
        is_little = sum(each.changed_bytes for each in snapshots) < SMALL_BYTES
        session, judge = beside.submit(spark, is_little), beside.submit(_judge)  # both take seconds, in which frames are measured
        frames = []
        for number, each in enumerate(snapshots):
            say(f"measuring {each.name}", number, steps)
            frames.append(_measured(lake, each, moment))
        say("starting Spark", len(snapshots), steps)
        gate = _Gate(lake, judge.result(), session.result())
    results: list[Result] = []
    with ThreadPoolExecutor(gate.judge.lanes) as lanes:
        judged = lanes.map(lambda each: list(gate.judged(*each)), zip(snapshots, frames, strict=True))
        for number, (each, verdicts) in enumerate(zip(snapshots, judged, strict=True), len(snapshots) + 1):
            say(f"judged {each.name}", number, steps)
            results += verdicts
    if any(result.outcome == "error" for result in results):
        require_there(gate.spark)
    return Report(what, moment, results, gate.judge)


def _judge() -> "Judge":
    from spark_jobs.gate.judge import Judge  # imports Great Expectations

    return Judge()


def _measured(lake: Lake, snapshot: Snapshot, moment: datetime) -> Frames:
    names = dict.fromkeys(each.frame for each in suite(snapshot.contract) if each.frame != ROWS)
    return {name: _attempt(lambda name=name: MEASURES[name](lake, snapshot, moment)) for name in names}  # type: ignore[misc]


def _attempt(work: Callable[[], T]) -> T | Exception:
    try:
        return work()
    except Exception as error:  # whatever it is: what could not be looked at is told as an error and stops the release
        return error


@dataclass(frozen=True)
class _Gate:
    """The judge, and what the second pass needs."""

    lake: Lake
    judge: "Judge"
    spark: SparkSession

    def judged(self, snapshot: Snapshot, frames: Frames) -> Iterator[Result]:
        """All results of a table."""
        asked = suite(snapshot.contract)
        for name in dict.fromkeys(each.frame for each in asked):
            began = time.monotonic()
            results = list(self._of_frame(snapshot, frames.get(name), [each for each in asked if each.frame == name]))
            seconds = (time.monotonic() - began) / len(results)  # they are judged together
            yield from (replace(result, seconds=seconds) for result in results)

    def _of_frame(self, snapshot: Snapshot, frame: pl.DataFrame | Exception | None, asked: Sequence[Expectation]) -> Iterator[Result]:
        verdicts = self._verdicts(snapshot, frame, asked)
        failed = [each for each in asked if verdicts[each.id].outcome == "failed"]
        found = _attempt(lambda: self._failing(snapshot, frame, failed)) if failed else {}
        for each in asked:
            verdict = verdicts[each.id]
            if isinstance(found, Exception) and each in failed:
                verdict = Verdict("error", f"failed, and its rows cannot be looked for: {found}")
            yield _result(snapshot, each, verdict, None if isinstance(found, Exception) else found.get(each.id), frame)

    def _verdicts(self, snapshot: Snapshot, frame: pl.DataFrame | Exception | None, asked: Sequence[Expectation]) -> Mapping[str, Verdict]:
        if isinstance(frame, Exception):
            return {each.id: Verdict("error", f"{type(frame).__name__}: {frame}") for each in asked}
        try:
            if frame is not None:
                return self.judge.of_frame(snapshot.name, frame, asked)
            if snapshot.of_days(snapshot.changed).is_empty():
                return {each.id: Verdict("passed") for each in asked}
            return self.judge.of_rows(self.spark, snapshot, asked)
        except Exception as error:  # as above
            return {each.id: Verdict("error", f"{type(error).__name__}: {error}") for each in asked}

    def _failing(self, snapshot: Snapshot, frame: pl.DataFrame | Exception | None, failed: Sequence[Expectation]) -> Mapping[str, Failing]:
        rows, key = (frame, KEYS[failed[0].frame]) if isinstance(frame, pl.DataFrame) else (snapshot.rows(snapshot.changed), once.shown)
        found = failing(rows, failed, key(snapshot.contract))
        examples = {each.id: EXAMPLES[each.id](self.lake, snapshot) for each in failed if each.id in EXAMPLES}
        return {id: replace(each, keys=examples.get(id, each.keys)) for id, each in found.items()}


def _result(
    snapshot: Snapshot, asked: Expectation, verdict: Verdict, found: Failing | None, frame: pl.DataFrame | Exception | None
) -> Result:
    of_rows = found is not None and asked.frame in (ROWS, "twins")
    observed = verdict.error.splitlines()[0] if verdict.error else _observed(asked, found, frame)
    return Result(snapshot, asked, verdict.outcome, observed, found.count if found and of_rows else None, found.keys if found else ())


def _observed(asked: Expectation, found: Failing | None, frame: pl.DataFrame | Exception | None) -> str:
    """What was found, in words; of a frame with one row, that row."""
    if isinstance(frame, pl.DataFrame) and asked.frame != "twins" and frame.height == 1:
        return ", ".join(f"{name} {_number(value)}" for name, value in frame.row(0, named=True).items())
    if found is None:
        return "as expected"
    return f"{found.count:,} of {found.rows:,} {COUNTED.get(asked.frame, 'rows')}"


def _number(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else "unknown"
