"""Table by table: what readers see, how old it is, what its gate says; what was refused and why; waivers; numbers that became others."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import squares
from dashboards.elements import Column, Tile, empty, tiles
from dashboards.queries import quality as ask
from dashboards.screens import refused
from dashboards.theme import OUTCOMES
from dashboards.view import View
from dashboards.widgets import aside, chart, choose, listing, live_panel, panel, since
from fleetlake.console import Early
from fleetlake.releases.model import LAYERS

QUARANTINE, RESTATEMENTS = "silver.quarantine", "gold.restatements"
STANDING: Mapping[str, Any] = {
    "table": pl.String,
    "version": pl.Int64,
    "rows": pl.Int64,
    "checked": pl.Datetime("us", "UTC"),
    "age": pl.String,
    "gate_run": pl.Int64,
    "gate": pl.String,
    "is_stopped": pl.Boolean,
    "waived": pl.Int64,
}


def show(view: View) -> None:
    """The whole page."""
    layers = [layer for layer in LAYERS if layer in view.state.releases or any(table.startswith(f"{layer}.") for table in view.newest)]
    if not layers:
        st.html(empty("No gate has run yet.", "fleet check bronze && fleet release bronze && fleet check silver && fleet release silver"))
        return
    with aside():
        layer = choose("Layer", layers, "layer", preferred="gold")
    rows = standing(view, layer)
    with live_panel(view, "Tables", "ops.releases and ops.gate_results"):
        st.html(tiles(summary(view, rows)))
        listing(f"What readers see of {layer}, and what the newest gate run says", TABLES, rows, f"tables-{layer}")
    _history(view, rows)
    with panel(view, "What was refused", QUARANTINE):
        refused.show(view)
    with live_panel(view, "Waivers", "ops.waivers"):
        _waivers(view)
    with panel(view, "Published numbers that became others", RESTATEMENTS):
        _restatements(view)


def standing(view: View, layer: str) -> pl.DataFrame:
    """A row per table of a layer: released version, rows, age, its newest gate run and what that said."""
    release = view.state.releases.get(layer)
    pins = release.pins if release else {}
    names = sorted({*pins, *(table for table in view.newest if table.startswith(f"{layer}."))})
    rows: list[dict[str, Any]] = []
    for name in names:
        pin, verdict = pins.get(name), view.newest.get(name)
        at = view.checked_at.get(pin.gate_run) if pin else None
        rows.append(
            {
                "table": name,
                "version": pin.version if pin else None,
                "rows": pin.rows if pin else None,
                "checked": at,
                "age": None if at is None else numbers.age(view.began - at),
                "gate_run": verdict.gate_run if verdict else None,
                "gate": _said(len(verdict.stopping), verdict.warnings) if verdict else None,
                "is_stopped": bool(verdict and verdict.stopping),
                "waived": sum(waiver.table == name for waiver in view.state.waivers),
            }
        )
    return pl.DataFrame(rows, schema=STANDING)


def summary(view: View, rows: pl.DataFrame) -> list[Tile]:
    """A layer at a glance."""
    newest: datetime | None = rows["checked"].max()  # type: ignore[assignment]  # a column of moments
    return [
        Tile("Tables released", numbers.count(rows["version"].is_not_null().sum())),
        Tile("Stopped by their gate", numbers.count(rows["is_stopped"].sum())),
        Tile("Expectations waived", numbers.count(rows["waived"].sum())),
        Tile("Rows that readers see", numbers.count(rows["rows"].sum())),
        Tile("Newest check that passed", since(view, newest), numbers.told(newest, numbers.moment)),
    ]


def outcomes(history: pl.DataFrame) -> pl.DataFrame:
    """What each expectation said in each gate run, with a failure that only warns told apart."""
    only_warns = (pl.col("outcome") == "failed") & (pl.col("severity") == "warning")
    return history.select(
        run=pl.col("gate_run").cast(pl.String),
        expectation="expectation",
        outcome=pl.when(only_warns).then(pl.lit("warning")).otherwise("outcome"),
    )


def _said(stopping: int, warnings: int) -> str:
    if stopping:
        return f"{stopping} stop the release"
    return f"passed, {warnings} warn" if warnings else "passed"


def _history(view: View, rows: pl.DataFrame) -> None:
    names = rows.sort("is_stopped", descending=True, maintain_order=True)["table"].to_list()  # what is wrong first
    with aside():
        table = choose("Table", names, "table")
    with live_panel(view, f"Gate of {table}", "ops.gate_results"):
        history = view.records(ask.HISTORY, table=table, runs=ask.RUNS)
        marks = outcomes(history)
        titles = {"run": "Gate run", "expectation": "Expectation", "outcome": "Outcome"}
        chart(
            squares(marks, "run", "expectation", "outcome", OUTCOMES, titles),
            f"Squares: outcome of each expectation of {table} in its last gate runs",
            marks,
        )
        newest = history.filter(pl.col("gate_run") == pl.col("gate_run").max())
        wrong = newest.filter(pl.col("outcome") != "passed")
        if wrong.is_empty():
            st.html(empty(f"All {len(newest)} expectations hold in gate run {newest['gate_run'][0]}.", ""))
        else:
            listing("What does not hold in the newest gate run", WRONG, wrong, f"gate-{table}")


def _waivers(view: View) -> None:
    try:
        given = view.records(ask.WAIVERS)
    except Early:
        given = pl.DataFrame()
    if given.is_empty():
        st.html(empty("No expectation was ever waived.", ""))
        return
    in_force = {(waiver.table, waiver.expectation, waiver.at) for waiver in view.state.waivers}
    states = ["in force" if (row["table_name"], row["expectation"], row["given_at"]) in in_force else "over" for row in given.to_dicts()]
    listing("Expectations that may fail for a while", WAIVERS, given.with_columns(state=pl.Series(states)), "waivers")


def _restatements(view: View) -> None:
    found = view.ask(ask.RESTATED)
    if found.is_empty():
        st.html(empty("No published number has changed since it came out.", ""))
        return
    listing("By table and reason", RESTATED, found, "restated")
    listing("The newest 200", RESTATEMENT, view.ask(ask.RESTATEMENTS), "restatements")


TABLES = (
    Column("table", "Table"),
    Column("version", "Version", numbers.count),
    Column("rows", "Rows", numbers.count),
    Column("checked", "Checked", numbers.moment),
    Column("age", "Age"),
    Column("gate_run", "Newest gate run", numbers.count),
    Column("gate", "It says"),
    Column("waived", "Waived", numbers.count),
)
WRONG = (
    Column("expectation", "Expectation"),
    Column("severity", "Severity"),
    Column("outcome", "Outcome"),
    Column("observed", "Found"),
    Column("expected", "Expected"),
    Column("failing", "Rows", numbers.count),
    Column("failing_keys", "Keys"),
    Column("remedy", "What to do"),
)
WAIVERS = (
    Column("table_name", "Table"),
    Column("expectation", "Expectation"),
    Column("state", "State"),
    Column("owner", "Owner"),
    Column("given_at", "Given", numbers.moment),
    Column("until", "Until", numbers.moment),
    Column("why", "Why"),
)
RESTATED = (
    Column("table_name", "Table"),
    Column("reason", "Reason"),
    Column("numbers", "Numbers", numbers.count),
    Column("days", "Days", numbers.count),
    Column("build", "Build", numbers.count),
)
RESTATEMENT = (
    Column("table_name", "Table"),
    Column("day", "Day"),
    Column("key", "Key"),
    Column("column", "Column"),
    Column("before", "Before"),
    Column("after", "After"),
    Column("change", "Change"),
    Column("reason", "Reason"),
)
