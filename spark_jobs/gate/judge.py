"""Great Expectations at work: the table's own rows in Spark, measured frames of a few rows in pandas.

A suite's expectations about rows are one aggregation: Great Expectations bundles them. Results say yes or no only (BOOLEAN_ONLY): values
of rows are nobody's business here, and to collect them costs twice as much.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Self

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from pyspark.sql import DataFrame, SparkSession

from expectations.suites.expectation import Expectation
from expectations.suites.great import great
from spark_jobs import pinned
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.verdict import Verdict

for _name in ("great_expectations", "great_expectations.data_context.types.base"):  # the second gives itself a level
    logging.getLogger(_name).setLevel(logging.ERROR)  # warnings are about what it calls best practice


class Judge:
    """Runs suites, some at once; everything that Great Expectations keeps is kept in memory and forgotten with it."""

    lanes = 2  # while Python prepares one table's suite, Spark works on another's

    def __init__(self) -> None:
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._free: SimpleQueue[_Lane] = SimpleQueue()
        for number in range(self.lanes):
            self._free.put(_Lane.of(self._context, number))
        self.results: list[tuple[str, ExpectationSuiteValidationResult]] = []  # for Data Docs: (table, result)

    def of_rows(self, spark: SparkSession, snapshot: Snapshot, asked: Sequence[Expectation]) -> dict[str, Verdict]:
        """Verdicts on the table's own rows, by expectation."""
        return self._of(lambda lane: lane.rows, snapshot.name, spark_rows(spark, snapshot, asked), asked)

    def of_frame(self, table: str, frame: pl.DataFrame, asked: Sequence[Expectation]) -> dict[str, Verdict]:
        """Verdicts on a measured frame."""
        return self._of(lambda lane: lane.measured, table, frame.to_pandas(), asked)

    def _of(self, kind: Callable[["_Lane"], Any], table: str, frame: Any, asked: Sequence[Expectation]) -> dict[str, Verdict]:
        suite = gx.ExpectationSuite(table, expectations=[great(each) for each in asked])
        lane = self._free.get()
        try:
            result = kind(lane).get_batch({"dataframe": frame}).validate(suite, result_format="BOOLEAN_ONLY")
        finally:
            self._free.put(lane)
        self.results.append((table, result))
        return {each.expectation_config.meta["id"]: _verdict(each) for each in result.results}


@dataclass(frozen=True)
class _Lane:
    """What one suite at a time is run with: batches of rows in Spark, and of measured frames in pandas.

    Made once: with each asset more the whole configuration is written anew.
    """

    rows: Any
    measured: Any

    @classmethod
    def of(cls, context: Any, number: int) -> Self:
        sources = context.data_sources.add_spark(f"rows {number}", persist=False), context.data_sources.add_pandas(f"measured {number}")
        return cls(*(each.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole") for each in sources))


def spark_rows(spark: SparkSession, snapshot: Snapshot, asked: Sequence[Expectation]) -> DataFrame:
    """The rows of the changed days as Spark reads them: those files and no others, each column nullable, else a missing value could not be seen.

    What `holds` becomes a boolean column, null counting as true.
    """
    columns = {column.name: column.physical_type for column in snapshot.contract.columns}
    found = pinned.rows(spark, snapshot.table.path, columns, snapshot.of_days(snapshot.changed)["path"])
    conditions = [f"coalesce({each.expression}, true) as `{each.column}`" for each in asked if each.kind == "holds"]
    return found.selectExpr("*", *conditions)


def _verdict(result: Any) -> Verdict:
    errors = list(_raised(result.exception_info or {}))
    return Verdict("error", errors[0]) if errors else Verdict("passed" if result.success else "failed")


def _raised(told: Mapping[str, Any]) -> Iterator[str]:
    """What was raised: told of the expectation, or of each metric below it."""
    if told.get("raised_exception"):
        yield str(told.get("exception_message"))
    for each in told.values():
        if isinstance(each, Mapping):
            yield from _raised(each)
