"""How much of the fleet is heard, what it sends, and how much of that is late or lost."""

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import Axis, areas, lines
from dashboards.elements import Column, Tile, empty, remark, tiles
from dashboards.queries import fleet as ask
from dashboards.view import View
from dashboards.widgets import aside, chart, choose, everything, listing, panel, span, values

FLEET = "gold.fleet_daily"
WEEK = 7


def show(view: View) -> None:
    """The whole page."""
    left, middle, right = st.columns(3)
    with left:
        days = span()
    with middle:
        model = choose("Model", values(view, ask.MODELS), "model", everything("models"))
    with right:
        market = choose("Market", values(view, ask.MARKETS), "market", everything("markets"))
    with panel(view, f"On {numbers.text(view.ask(ask.DAY).item())}, the newest day", FLEET):
        st.html(tiles(summary(view.ask(ask.TREND, model=model, market=market, days=max(days, WEEK + 1)))))
    _trends(view, model, market, days)
    _parts(view, model, market, days)
    with panel(view, "Software in the fleet", "gold.feature_usage_daily", "gold.features"):
        _software(view, days)
    with panel(view, "By model and by market, on the newest day", FLEET):
        listing("Vehicles, events and losses by model and by market", SLICES, view.ask(ask.SLICES), "fleet")


SLICES = (
    Column("model", "Model"),
    Column("market", "Market"),
    Column("active", "Active vehicles", numbers.count),
    Column("heard_from", "Heard from in 28 days", numbers.count),
    Column("coverage", "Coverage", numbers.share),
    Column("events", "Events", numbers.count),
    Column("late_share", "Late", numbers.share),
    Column("loss_share", "Lost", numbers.share),
)


def summary(trend: pl.DataFrame) -> list[Tile]:
    """The newest day of a trend, beside the same weekday before."""
    if trend.is_empty():
        return [Tile("Vehicles", numbers.NONE, "nothing in this selection")]
    now = trend.row(-1, named=True)
    before = trend.row(-1 - WEEK, named=True) if len(trend) > WEEK else {}
    return [
        _tile("Active vehicles", "active", now, before, numbers.count),
        _tile("Heard from in 28 days", "coverage", now, before, numbers.share),
        _tile("Vehicles that day", "vehicles", now, before, numbers.count),
        _tile("Events that day", "events", now, before, numbers.count),
        _tile("Late (over 2 h)", "late_share", now, before, numbers.share),
        _tile("Lost on the way", "loss_share", now, before, numbers.share),
    ]


def _tile(label: str, column: str, now: dict[str, object], before: dict[str, object], how: numbers.Told) -> Tile:
    said = numbers.told(now[column], how, is_withheld=bool(now["is_withheld"]))
    then = before.get(column)
    return Tile(label, said, "" if then is None else f"{how(then)} a week before")


def _trends(view: View, model: str, market: str, days: int) -> None:
    trend = view.ask(ask.TREND, model=model, market=market, days=days)
    left, right = st.columns(2)
    with left, panel(view, "Vehicles heard on a day", FLEET):
        chart(lines(trend, "observed_on", Axis("vehicles", "Vehicles")), "Line: vehicles that sent anything, by day", trend)
    with right, panel(view, "Events that came late or never", FLEET):
        kinds = {"late_share": "late (over 2 h)", "loss_share": "lost"}
        long = trend.unpivot(list(kinds), index=["observed_on", "is_withheld"]).with_columns(pl.col("variable").replace(kinds))
        chart(
            lines(long, "observed_on", Axis("value", "Share of events", ".1%"), "variable"),
            "Lines: share of events late and lost, by day",
            long,
        )


def _parts(view: View, model: str, market: str, days: int) -> None:
    with aside():
        by = choose("Events by", ["model", "market"], "by")
    with panel(view, f"Events a day, by {by}", FLEET):
        other = market if by == "model" else model
        parts = view.ask(ask.PARTS[by], other=other, days=days)
        chart(
            areas(parts, "observed_on", Axis("events", "Events"), "part", by.capitalize()),
            f"Stacked bars: events of each day by {by}",
            parts,
        )


def _software(view: View, days: int) -> None:
    widest = view.ask(ask.WIDEST)
    if widest.is_empty():
        st.html(empty("No feature is in the catalogue.", ""))
        return
    feature, name = widest.row(0)
    versions = view.ask(ask.SOFTWARE, feature=feature, days=days)
    st.html(remark(f"Vehicles that could use “{name}”, the feature that most have."))
    chart(
        areas(versions, "used_on", Axis("vehicles", "Vehicles"), "sw_version", "Software", order=sorted(versions["sw_version"].unique())),
        "Stacked bars: vehicles by software version, by day",
        versions,
    )
