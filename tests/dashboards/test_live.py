"""What gates, jobs and releases note of themselves: the pages Quality and Pipeline."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from dashboards.endpoint import lags, waiting
from dashboards.screens.pipeline import well
from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Early
from spark_jobs.releases.waive import waive
from spark_jobs.runs import opened
from tests.dashboards.pages import page, words


def noted(lake: str, table: str, *rows: dict[str, object]) -> None:
    """Rows of a table of ops, with what every row has."""
    always = {"code_version": "0", "cores": 2, "baseline": False, "seconds": 1.0, "cpu_seconds": 1.0, "is_success": True}
    schema = arrow_schema(contract(table))
    opened(lake, table).append(pa.Table.from_pylist([always | row for row in rows], schema), {"test": 1})


@pytest.fixture
def busy(gold):
    """A lake whose streams and jobs have been at work."""
    now = datetime.now(UTC)  # when the test runs: it is minutes after this file was read
    landed = {"table": "bronze.charging", "version": 1, "kind": "land", "rows": 12_345, "at": now - timedelta(minutes=3)}
    refined = landed | {"table": "silver.charging", "kind": "refine", "rows": 12_000, "quarantined": 7}
    noted(gold, "ops.ledger", landed, refined)
    run = {"started_at": now - timedelta(minutes=9), "ended_at": now - timedelta(minutes=8), "run_id": "build_gold/manual__<b>1</b>"}
    noted(
        gold,
        "ops.job_costs",
        run | {"job_run": "1", "job": "build", "seconds": 60.0},
        run | {"job_run": "2", "job": "check", "is_success": False},
        run | {"job_run": "3", "job": "land", "run_id": None},
    )
    return gold


def test_batches_jobs_and_runs_of_the_scheduler_are_shown(busy):
    said = words(page("pipeline"))
    assert "Newest batch of land 3 min ago" in " ".join(said.split())
    assert "24,345" in said
    assert "12,345" in said
    assert "build_gold" in said
    assert "manual__<b>1</b>" in said
    assert "build, check" in said
    assert "a command failed" in said


def test_only_the_chosen_time_is_counted(busy):
    noted(
        busy,
        "ops.ledger",
        {"table": "bronze.charging", "version": 2, "kind": "land", "rows": 99_999, "at": datetime.now(UTC) - timedelta(days=3)},
    )
    seen = page("pipeline")
    assert "112,344" in words(seen)
    seen.selectbox(key="time").select("1").run()
    assert "112,344" not in words(seen)
    assert "12,345" in words(seen)


def test_a_waiver_is_shown_with_who_answers_for_it(gold):
    until = datetime.now(UTC) + timedelta(days=2)
    waive(gold, "gold.fleet_daily/volume", "me@example", until, "a holiday")
    said = words(page("quality"))
    assert "in force" in said
    assert "a holiday" in said
    assert "waived: gold.fleet_daily/volume" in words(page("fleet"))


def test_lags_are_read_as_prometheus_has_them():
    text = '# TYPE fleet_stream_lag_records gauge\nfleet_stream_lag_records{stream="land",source="fleet.charging"} 12.0\nother 1.0\n'
    assert waiting(text) == [{"stream": "land", "source": "fleet.charging", "records": 12}]


def test_nobody_who_answers_is_told_with_what_to_type():
    with pytest.raises(Early, match=r"(?s)does not answer.*fleet up metrics"):
        lags("http://127.0.0.1:9/metrics")


def test_services_that_were_stopped_are_not_ill():
    told = [{"health": "healthy", "memory_mb": 10}, {"health": "died", "memory_mb": None}, {"health": "stopped", "memory_mb": None}]
    assert [(tile.label, tile.value) for tile in well(told)] == [("Services that are well", "1 of 2"), ("Memory", "10.0 MB")]
