"""How far updates over the air came, and what changed for the vehicles that have them beside those that wait."""

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import SHARE, Axis, funnel, pairs
from dashboards.elements import Column
from dashboards.queries import operations as ask
from dashboards.screens.funnels import steps
from dashboards.view import View
from dashboards.widgets import aside, chart, choose, everything, listing, panel, values

CAMPAIGNS, REGRESSIONS = ("gold.ota_campaigns", "gold.campaigns"), "gold.ota_regressions"
STEPS = {each: each.capitalize() for each in ("targeted", "offered", "accepted", "downloaded", "installed", "succeeded")}
KPIS = {
    "command_success": "Commands that succeed",
    "charging_success": "Charging that succeeds",
    "feature_success": "Uses of features that succeed",
}
GROUPS = (  # column of a share, whose it is, and of which week
    ("before", "updated", "before"),
    ("after", "updated", "after"),
    ("control_before", "waited", "before"),
    ("control_after", "waited", "after"),
)
POINTS = {"what": pl.String, "when": pl.String, "share": pl.Float64}


def show(view: View, _market: str, _days: int) -> None:
    """The part of the page."""
    with aside():
        model = choose("Model", values(view, ask.CAMPAIGN_MODELS), "model", everything("models"))
    campaigns = view.ask(ask.CAMPAIGNS, model=model)
    with panel(view, "Campaigns over the air", *CAMPAIGNS):
        listing("How far each campaign came; time until 90 % of those that succeeded had", CAMPAIGN, campaigns, "campaigns")
    if campaigns.is_empty():
        return
    with aside():
        chosen = choose("Campaign", campaigns["campaign_id"].to_list(), "campaign")
    left, right = st.columns(2)
    with left, panel(view, f"How far {chosen} came", CAMPAIGNS[0]):
        reached = steps(campaigns.row(by_predicate=pl.col("campaign_id") == chosen, named=True), STEPS)
        chart(funnel(reached, "step", Axis("count", "Vehicles"), "told"), f"Funnel: vehicles that reached each step of {chosen}", reached)
    with right, panel(view, f"Before and after {chosen}", REGRESSIONS):
        points = before_and_after(view.ask(ask.REGRESSIONS, campaign=chosen))
        drawn = pairs(points, "what", Axis("share", "Success", SHARE, from_zero=False), "when", "Week")
        chart(drawn, "Dots: success before and after the update, of updated vehicles and of those that waited", points)
    with panel(view, f"What {chosen} changed", REGRESSIONS):
        rows = view.ask(ask.REGRESSIONS, campaign=chosen).with_columns(pl.col("kpi").replace(KPIS))
        listing(
            "The week after an update beside the week before; effect: beside vehicles that waited. Below zero it got worse.",
            EFFECTS,
            rows,
            "regressions",
        )


def before_and_after(found: pl.DataFrame) -> pl.DataFrame:
    """A row per KPI, group and week that is told."""
    rows = [
        {"what": f"{KPIS[row['kpi']]}, {group}", "when": when, "share": row[column]}
        for row in found.to_dicts()
        for column, group, when in GROUPS
        if row[column] is not None
    ]
    return pl.DataFrame(rows, schema=POINTS)


CAMPAIGN = (
    Column("campaign_id", "Campaign"),
    Column("to_version", "To version"),
    Column("begun_at", "Begun", numbers.moment),
    Column("targeted", "Targeted", numbers.count),
    Column("reach", "Reach", numbers.share),
    Column("installed", "Installed", numbers.count),
    Column("succeeded", "Succeeded", numbers.count),
    Column("install_success", "Install success", numbers.share),
    Column("rolled_back", "Rolled back", numbers.count),
    Column("to_90_percent_ms", "Time to 90 %", numbers.ms),
)
EFFECTS = (
    Column("kpi", "What"),
    Column("updated_vehicles", "Updated", numbers.count),
    Column("change", "Change of the updated", numbers.points),
    Column("control_vehicles", "Waited", numbers.count),
    Column("control_change", "Change of those", numbers.points),
    Column("effect", "Effect", numbers.points),
)
