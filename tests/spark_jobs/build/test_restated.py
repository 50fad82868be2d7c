"""Which of the numbers that changed had been published."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from fleetlake.names import table_path
from spark_jobs.build import restated
from spark_jobs.build.days import everywhere
from spark_jobs.build.log import Entry
from tests.spark_jobs.build.models import model

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def base(name: str) -> Entry:
    now = datetime.now(UTC)
    tables = {f"gold.{name}": {"version": 0, "code": "a"}}
    return Entry(1, now, now, None, 1, date(2026, 5, 20), date(2026, 6, 3), {}, tables, {}, {}, 0, "first build")


@pytest.mark.parametrize(
    ("column", "is_beyond", "told"),
    [
        ("month_on", False, [MAY, JUNE]),  # May's numbers are of its last days, and July is none that readers had
        ("charged_on", True, [MAY, JUNE]),  # the bill had days before the calendar; that of July is new
        ("used_on", False, [JUNE]),
    ],
)
def test_days_are_told_of_that_readers_had(lake, column, is_beyond, told):
    one = model("sums", "x", day=column, is_beyond=is_beyond, key=(column,), columns={column: "date", "uses": "bigint"})
    for days, uses in (([MAY, JUNE], 1), ([MAY, JUNE, JULY], 2)):
        rows = pl.DataFrame({column: days, "uses": [uses] * len(days)})
        rows.write_delta(table_path(lake, one.table), mode="overwrite", delta_write_options={"partition_by": [column]})
    assert restated.write(lake, 2, {"sums": one}, {"sums": everywhere("late data")}, base("sums"), 2) == len(told)
    assert pl.read_delta(table_path(lake, restated.TABLE))["day"].sort().to_list() == told
