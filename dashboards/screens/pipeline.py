"""How data flows: services and what waits for them, batches, jobs, runs of the scheduler, releases."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import Any, Literal

import polars as pl
import streamlit as st

from dashboards import endpoint, numbers
from dashboards.charts import Axis, areas, lines
from dashboards.elements import Column, Tile, empty, tiles
from dashboards.queries import pipeline as ask
from dashboards.view import LIVE_FOR, View
from dashboards.widgets import aside, chart, choose, listing, live_panel, since
from fleetlake.console import Early, Failure

SPANS = {"1": "Last day", "7": "Last 7 days", "30": "Last 30 days"}


def show(view: View) -> None:
    """The whole page."""
    with aside():
        days = int(choose("Time", list(SPANS), "time", SPANS.__getitem__, "7"))
    from_ = view.began.replace(second=0, microsecond=0) - timedelta(days=days)
    left, right = st.columns(2)
    with left, live_panel(view, "Services", "fleet status"):
        _services()
    with right, live_panel(view, "What waits", "fleet metrics"):
        found = _told("lags")
        if isinstance(found, Failure):
            raise found
        listing("Records that a stream has not taken yet", LAGS, pl.DataFrame(found))
    with live_panel(view, "Batches", "ops.ledger"):
        _batches(view, from_)
    with live_panel(view, "Jobs", "ops.job_costs"):
        _jobs(view, from_)
    with live_panel(view, "Runs of the scheduler", "ops.job_costs"):
        runs = view.records(ask.RUNS, since=from_).with_columns(
            state=pl.when("is_success").then(pl.lit("all commands ended well")).otherwise(pl.lit("a command failed"))
        )
        if runs.is_empty():
            st.html(empty("No DAG has run a command in this time.", "fleet up"))
        else:
            listing("DAG runs by the commands that they ran", RUNS, runs, "dag-runs")
    with live_panel(view, "Releases", "ops.releases"):
        listing("The newest 100", RELEASES, view.records(ask.RELEASES), "releases")


def _services() -> None:
    rows = _told("services")
    if not isinstance(rows, list) or all(each["health"] == "stopped" for each in rows):
        st.html(empty("No service runs here.", "fleet up"))
        return
    st.html(tiles(well(rows)))
    listing("What was started from this home", SERVICES, pl.DataFrame(rows, infer_schema_length=None))


def well(services: Sequence[Mapping[str, Any]]) -> list[Tile]:
    """How many of the services that should run are well, and what all of them take."""
    meant = [each for each in services if each["health"] != "stopped"]
    up = sum(each["health"] in ("healthy", "done") for each in meant)
    memory = sum(each["memory_mb"] or 0 for each in services)
    return [Tile("Services that are well", f"{up} of {len(meant)}"), Tile("Memory", numbers.size(1e6 * memory))]


@st.cache_resource(show_spinner=False, ttl=LIVE_FOR)
def _told(what: Literal["services", "lags"]) -> list[dict[str, Any]] | Failure:
    """Looked at once for all who look at the same time; also that nobody answers."""
    try:
        return _reported() if what == "services" else endpoint.lags(endpoint.address())
    except Early as nobody:
        return nobody


def _reported() -> list[dict[str, Any]]:
    """As `fleet status` has it; nothing on a machine that only reads, where no service can run."""
    if find_spec("confluent_kafka") is None:
        return []
    from fleetlake.services.report import report

    return report({})


def _batches(view: View, from_: object) -> None:
    batches = view.records(ask.BATCHES, since=from_)
    if batches.is_empty():
        st.html(empty("No batch was committed in this time.", "fleet up land refine"))
        return
    newest = {kind: batches.filter(pl.col("kind") == kind)["newest_at"].max() for kind in ("land", "refine")}
    found = [Tile(f"Newest batch of {kind}", since(view, at)) for kind, at in newest.items()]  # type: ignore[arg-type]  # a column of moments
    st.html(tiles([*found, Tile("Rows", numbers.count(batches["rows"].sum())), Tile("Commits", numbers.count(batches["commits"].sum()))]))
    hours = view.records(ask.HOURS, since=from_)
    chart(
        areas(hours, "hour", Axis("rows", "Rows"), "kind", "Job", grain="hour"), "Stacked bars: rows committed in each hour by job", hours
    )
    listing("By job and family", BATCHES, batches, "batches")


def _jobs(view: View, from_: object) -> None:
    jobs = view.records(ask.JOBS, since=from_)
    if jobs.is_empty():
        st.html(empty("No job has ended in this time.", ""))
        return
    listing("How long jobs took, and how much of a core", JOBS, jobs, "jobs")
    with aside():
        job = choose("Times of", jobs["job"].to_list(), "job")
    times = view.records(ask.TIMES, since=from_).filter(pl.col("job") == job)
    chart(lines(times, "ended_at", Axis("seconds", "Seconds"), grain="hour"), f"Line: seconds that each run of {job} took", times)


SERVICES = (
    Column("service", "Service"),
    Column("health", "Health"),
    Column("memory_mb", "Memory (MB)", numbers.count),
    Column("uptime_s", "Up for", numbers.seconds),
    Column("restarts", "Restarts", numbers.count),
    Column("last_error", "Last error"),
)
LAGS = (Column("stream", "Stream"), Column("source", "Of"), Column("records", "Records", numbers.count))
BATCHES = (
    Column("kind", "Job"),
    Column("family", "Family"),
    Column("commits", "Commits", numbers.count),
    Column("rows", "Rows", numbers.count),
    Column("newest_at", "Newest", numbers.moment),
)
JOBS = (
    Column("job", "Job"),
    Column("runs", "Runs", numbers.count),
    Column("failed", "Failed", numbers.count),
    Column("median_s", "Median", numbers.seconds),
    Column("longest_s", "Longest", numbers.seconds),
    Column("cpu_s", "Core time", numbers.seconds),
    Column("newest_at", "Newest", numbers.moment),
)
RUNS = (
    Column("dag", "DAG"),
    Column("run", "Run"),
    Column("started_at", "Started", numbers.moment),
    Column("took_ms", "Took", numbers.ms),
    Column("commands", "Commands"),
    Column("state", "State"),
    Column("cpu_s", "Core time", numbers.seconds),
)
RELEASES = (
    Column("release", "Release", numbers.count),
    Column("layer", "Layer"),
    Column("released_at", "Released", numbers.moment),
    Column("kind", "Kind"),
    Column("gate_run", "Gate run", numbers.count),
    Column("built_from", "Built from", numbers.count),
    Column("tables", "Tables", numbers.count),
    Column("rows", "Rows", numbers.count),
    Column("actor", "By"),
    Column("note", "Note"),
)
