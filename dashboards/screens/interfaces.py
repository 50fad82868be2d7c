"""Whether back-end interfaces keep their promise: good answers beside the objective, the error budget that is left, and how long answers take."""

from typing import Any

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import Axis, lines, with_rule
from dashboards.elements import Column, Tile, remark, tiles
from dashboards.queries import interfaces as ask
from dashboards.view import View
from dashboards.widgets import ALL, chart, choose, everything, listing, panel, span, values

SLO, LATENCY = "gold.api_slo_hourly", "gold.api_latency_hourly"
HOURLY_DAYS = 7
PERCENTILES = {"p50": "median", "p95": "95th percentile", "p99": "99th percentile"}


def show(view: View) -> None:
    """The whole page."""
    left, middle, right = st.columns(3)
    with left:
        days = span()
    with middle:
        service = choose("Service", values(view, ask.SERVICES), "service", everything("services"))
    with right:
        regions = values(view, ask.REGIONS) if service == ALL else [ALL]  # gold has no numbers by both
        region = choose("Region", regions, "region", everything("regions"))
    where = {"service": service, "region": region, "days": days}
    found = view.ask(ask.DAYS, **where)
    with panel(view, "The promise", SLO):
        st.html(tiles(promise(found)))
    left, right = st.columns(2)
    with left, panel(view, "Good answers", SLO):
        objective = found["objective"].max()
        drawn = lines(found, "called_on", Axis("sli", "Good answers", ".1%", from_zero=False))
        chart(
            drawn
            if objective is None
            else with_rule(drawn, float(str(objective)), f"objective {numbers.share(float(str(objective)))}", ".2%"),
            "Line: share of good answers by day, beside the objective",
            found,
        )
    with right, panel(view, "How fast the error budget burns", SLO):
        _burn(view, found, where)
    with panel(view, "How long answers take", LATENCY):
        times = view.ask(ask.LATENCY, **where)
        long = times.unpivot(list(PERCENTILES), index="called_on").with_columns(pl.col("variable").replace(PERCENTILES))
        drawn = lines(long, "called_on", Axis("value", "Milliseconds, at most", ",.0f"), "variable", order=list(PERCENTILES.values()))
        chart(drawn, "Lines: median, 95th and 99th percentile of latency, by day", long)
        st.html(remark("Out of histograms added up over each day: upper bound of the bucket that holds the percentile."))
    with panel(view, "By service and by region", SLO, LATENCY):
        listing(
            "All of these days; budget left: what the objective allows to go wrong and did not yet",
            PARTS,
            view.ask(ask.PARTS, days=days),
            "interfaces",
        )


def _burn(view: View, found: pl.DataFrame, where: dict[str, Any]) -> None:
    """By hour where there is room for hours, else by day."""
    axis = Axis("budget_burn", "Burn rate (1 = used up exactly)", ",.1f")
    if where["days"] <= HOURLY_DAYS:
        burn = view.ask(ask.BURN, **where)
        drawn = lines(burn, "called_at", axis, grain="hour")
    else:
        burn = found.with_columns(budget_burn=(pl.col("requests") - pl.col("good")) / (pl.col("requests") * (1 - pl.col("objective"))))
        drawn = lines(burn, "called_on", axis)
    chart(with_rule(drawn, 1.0, "all of the budget", ",.0f"), "Line: burn rate of the error budget", burn)


def promise(found: pl.DataFrame) -> list[Tile]:
    """Requests, good ones and what is left of the error budget over all days that tell of them."""
    told = found.filter(pl.col("requests").is_not_null())
    if told.is_empty():
        return [Tile("Requests", numbers.NONE if found.is_empty() else numbers.WITHHELD)]
    requests, good, errors, slow = (int(told[each].sum()) for each in ("requests", "good", "errors", "slow"))
    objective = float(str(told["objective"].max()))
    left = 1 - (requests - good) / (requests * (1 - objective))
    hidden = int(found["withheld_hours"].sum())
    return [
        Tile("Requests", numbers.count(requests), f"{hidden} hours withheld" if hidden else ""),
        Tile("Good answers", numbers.share(good / requests), f"objective {numbers.share(objective)}"),
        Tile("Error budget left", numbers.share(left), "of these days" if left >= 0 else "overdrawn"),
        Tile("Errors", numbers.count(errors), "status 500 and above"),
        Tile("Too slow", numbers.count(slow), "a second or more"),
    ]


PARTS = (
    Column("service", "Service"),
    Column("region", "Region"),
    Column("requests", "Requests", numbers.count),
    Column("sli", "Good", numbers.share),
    Column("objective", "Objective", numbers.share),
    Column("budget_left", "Budget left", numbers.share),
    Column("p50", "Median", numbers.ms),
    Column("p95", "95 %", numbers.ms),
    Column("p99", "99 %", numbers.ms),
)
