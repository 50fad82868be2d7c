"""Which days differ between two versions of a table whose rows say themselves which days they are of."""

from datetime import UTC, date, datetime

import pytest

from expectations.contract import contract
from spark_jobs.build.changes import LATE, SAME, of_source
from spark_jobs.build.days import NO_DAY, between
from spark_jobs.imports.job import bring
from spark_jobs.imports.kinds import COST_CHARGES
from spark_jobs.tables import Table
from tests.spark_jobs.gate.lakes import commit
from tests.spark_jobs.gate.rows import sound
from tests.spark_jobs.imports.bills import bill, charge

CHARGES, SPAN = "silver.cost_charges", ("charge_period_start", "charge_period_end")


def charged(first: str, end: str) -> dict[str, str | None]:
    return charge(ChargePeriodStart=f"{first}T00:00:00Z", ChargePeriodEnd=f"{end}T00:00:00Z")


def written(lake: str, table: str, *rows: dict[str, object]) -> None:
    commit(lake, table, [sound(contract(table), number, **row) for number, row in enumerate(rows)], {}, [])


def days(lake: str, table: str, before: int, after: int, span: tuple[str, str]) -> list[date]:
    return sorted(of_source(lake, table, before, after, span).change.days)


def test_a_bill_that_comes_again_changes_the_days_of_its_charges_and_of_those_that_it_replaces(lake, tmp_path):
    bring(lake, COST_CHARGES, [bill(tmp_path / "a.csv", charged("2026-06-03", "2026-06-06"))])
    first = Table.existing(lake, CHARGES).version
    bring(lake, COST_CHARGES, [bill(tmp_path / "b.csv", charged("2026-06-20", "2026-06-21"))])
    second = Table.existing(lake, CHARGES).version
    expected = [*between(date(2026, 6, 3), date(2026, 6, 5)), date(2026, 6, 20)]
    assert days(lake, CHARGES, first, second, SPAN) == expected
    assert days(lake, CHARGES, second, first, SPAN) == expected
    bring(lake, COST_CHARGES, [bill(tmp_path / "c.csv", charged("2026-06-25", "2026-06-26"))])
    third = Table.existing(lake, CHARGES).version
    assert days(lake, CHARGES, first, third, SPAN) == [*expected, date(2026, 6, 25)]


def test_a_run_changes_the_day_on_which_it_ended(lake):
    ends = [datetime(2026, 6, 9, 23, 59, tzinfo=UTC), datetime(2026, 6, 10, tzinfo=UTC)]
    for end in ends:
        written(lake, "ops.job_costs", {"ended_at": end})
    version = Table.existing(lake, "ops.job_costs").version
    assert days(lake, "ops.job_costs", version - 1, version, ("ended_at", "ended_at")) == [date(2026, 6, 10)]
    assert days(lake, "ops.job_costs", version - 2, version, ("ended_at", "ended_at")) == [date(2026, 6, 9), date(2026, 6, 10)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([date(2026, 6, 9), None], [NO_DAY, date(2026, 6, 9)]), ([None], [NO_DAY]), ([date(2026, 6, 9)], [date(2026, 6, 9)])],
)
def test_what_is_measured_of_a_table_without_days_is_of_none(lake, sizes, expected):
    written(lake, "ops.table_stats", {"day": date(2026, 6, 1)})
    before = Table.existing(lake, "ops.table_stats").version
    written(lake, "ops.table_stats", *({"day": day} for day in sizes))
    found = of_source(lake, "ops.table_stats", before, before + 1, ("day", "day"))
    assert sorted(found.change.days) == expected
    assert NO_DAY not in found.rows


def test_where_nothing_tells_of_the_days_all_of_them_differ(lake):
    written(lake, "ops.job_costs", {"ended_at": datetime(2026, 6, 9, tzinfo=UTC)})
    version = Table.existing(lake, "ops.job_costs").version
    assert of_source(lake, "ops.job_costs", version - 1, version, ("seconds", "seconds")).change.everywhere == {LATE}
    assert of_source(lake, "ops.job_costs", None, version, ("ended_at", "ended_at")).change.everywhere == {LATE}
    assert of_source(lake, "ops.job_costs", version, version, ("ended_at", "ended_at")) == SAME
