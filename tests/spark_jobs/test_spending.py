"""A job leaves a row of what it used, whatever became of it; a lake that nobody has written to stays untouched."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer

from fleetlake.commands.metered import metered
from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs import spending
from spark_jobs.runs import opened
from spark_jobs.spending import TABLE


def rows(lake: str) -> list[dict[str, Any]]:
    return pl.read_delta(table_path(lake, TABLE)).sort("ended_at").to_dicts()


@metered("refine")
def job(error: Exception | None = None) -> None:
    """Burns some time, then ends as it is told."""
    sum(number * number for number in range(2_000_000))
    if error:
        raise error


def test_a_job_tells_its_time_and_its_bytes(lake):
    opened(lake, "ops.ledger")
    job()
    [row] = rows(lake)
    assert (row["job"], row["is_success"]) == ("refine", True)
    assert 0.01 < row["cpu_seconds"] <= row["seconds"] * row["cores"] + 0.1
    assert row["started_at"] < row["ended_at"]
    assert row["written_bytes"] is None or row["written_bytes"] > 0


@pytest.mark.parametrize(("error", "is_success"), [(typer.Exit(0), True), (typer.Exit(1), False), (Failure("no"), False)])
def test_a_job_that_ends_otherwise_tells_so_too(lake, error, is_success):
    opened(lake, "ops.ledger")
    with pytest.raises(type(error)):
        job(error)
    assert [row["is_success"] for row in rows(lake)] == [is_success]


def test_a_lake_that_no_job_has_written_to_stays_untouched(lake):
    with pytest.raises(Failure):
        job(Failure("no Kafka"))
    assert not Path(lake).exists()


def test_a_job_whose_costs_cannot_be_written_ends_well(lake, monkeypatch, capsys):
    opened(lake, "ops.ledger")

    def full(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(spending, "opened", full)
    job()
    assert "disk full" in capsys.readouterr().err
