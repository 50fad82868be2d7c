"""Commands from request to execution."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import SHARE, Axis, funnel, lines
from dashboards.elements import Column, Tile, remark, tiles
from dashboards.queries import operations as ask
from dashboards.screens.funnels import steps
from dashboards.view import View
from dashboards.widgets import aside, chart, choose, everything, listing, panel, values

COMMANDS = "gold.command_funnel_daily"
TIMES = {"p50": "median", "p95": "95th percentile"}


def show(view: View, market: str, days: int) -> None:
    """The part of the page."""
    with aside():
        command = choose("Command", values(view, ask.COMMANDS), "command", everything("commands"))
    row = view.ask(ask.FUNNEL, command=command, market=market, days=days).row(0, named=True)
    trend = view.ask(ask.COMMAND_TREND, command=command, market=market, days=days)
    with panel(view, "From request to execution", COMMANDS):
        _funnel(row, trend)
    left, right = st.columns(2)
    with left, panel(view, "Commands that succeed", COMMANDS):
        drawn = lines(trend, "requested_on", Axis("success", "Success", SHARE, from_zero=False))
        chart(drawn, "Line: share of commands that succeed, by day", trend)
    with right, panel(view, "Time to execution", COMMANDS):
        long = trend.unpivot(list(TIMES), index=["requested_on", "is_withheld"]).with_columns(pl.col("variable").replace(TIMES))
        drawn = lines(long, "requested_on", Axis("value", "Seconds", ",.0f"), "variable")
        chart(drawn, "Lines: median and 95th percentile of seconds to execution, by day", long)
    with panel(view, "By command", COMMANDS):
        listing("Commands of these days by kind", BY_COMMAND, view.ask(ask.BY_COMMAND, market=market, days=days), "commands")


def summary(row: Mapping[str, Any], trend: pl.DataFrame) -> list[Tile]:
    """Sums of a funnel, and the times of the newest day: percentiles do not add up."""
    if row["commands"] is None:
        return [Tile("Commands", numbers.WITHHELD if row["withheld_days"] else numbers.NONE)]
    settled = row["commands"] - row["cancelled"] - row["still_open"]
    newest = trend.row(-1, named=True)
    return [
        Tile("Commands", numbers.count(row["commands"])),
        Tile(
            "Succeeded",
            numbers.share(row["executed"] / settled) if settled else numbers.NONE,
            f"{row['executed']:,} of {settled:,} settled",
        ),
        Tile("Failed or expired", numbers.count(row["failed"] + row["expired"])),
        Tile("Cancelled", numbers.count(row["cancelled"])),
        *(
            Tile(
                f"Time, {title}", numbers.told(newest[name], numbers.seconds, is_withheld=newest["is_withheld"]), "to execution, newest day"
            )
            for name, title in TIMES.items()
        ),
    ]


def _funnel(row: Mapping[str, Any], trend: pl.DataFrame) -> None:
    st.html(tiles(summary(row, trend)))
    reached = steps(row, {"commands": "Requested", "delivered": "Delivered", "executed": "Executed"})
    chart(funnel(reached, "step", Axis("count", "Commands"), "told"), "Funnel: commands requested, delivered and executed", reached)
    if row["withheld_days"]:
        st.html(remark(f"{row['withheld_days']} days are withheld and in none of these sums: too few vehicles."))


BY_COMMAND = (
    Column("command", "Command"),
    Column("commands", "Commands", numbers.count),
    Column("executed", "Executed", numbers.count),
    Column("failed", "Failed", numbers.count),
    Column("expired", "Expired", numbers.count),
    Column("cancelled", "Cancelled", numbers.count),
    Column("success", "Success", numbers.share),
)
