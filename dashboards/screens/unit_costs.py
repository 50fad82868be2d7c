"""What a unit costs: a vehicle and day, a feature, a million requests, a terabyte."""

import streamlit as st

from dashboards import numbers
from dashboards.charts import Axis, lines
from dashboards.elements import Column, empty
from dashboards.queries import cost as ask
from dashboards.view import View
from dashboards.widgets import chart, listing, panel


def show(view: View, days: int) -> None:
    """A panel for each unit."""
    with panel(view, "A vehicle and day", "gold.cost_per_vehicle_daily"):
        daily = view.ask(ask.DAILY, days=days)
        chart(
            lines(daily, "charged_on", Axis("cost_eur_per_vehicle", "EUR a vehicle and day", ",.3f")), "Line: EUR a vehicle and day", daily
        )
    with panel(view, "Features", "gold.cost_per_feature_daily", "gold.features"):
        listing(
            "A daily active vehicle (newest day) and a successful use (these days)",
            FEATURES,
            view.ask(ask.FEATURES, days=days),
            "cost-features",
        )
    left, right = st.columns(2)
    with left, panel(view, "A million requests", "gold.cost_per_million_requests"):
        listing("By service", REQUESTS, view.ask(ask.REQUESTS, days=days), "cost-requests")
    with right, panel(view, "A terabyte", "gold.cost_per_tb"):
        found = view.ask(ask.TERABYTES, days=days)
        if found.is_empty():
            st.html(empty("No terabyte was measured yet.", "fleet maintain silver, then fleet build gold"))
        else:
            listing("Landed, and kept for a month", TERABYTES, found, "cost-terabytes")


FEATURES = (
    Column("feature", "Feature"),
    Column("cost_eur", "Cost", numbers.eur),
    Column("dav", "DAV", numbers.count),
    Column("eur_per_dav", "A DAV", numbers.eur),
    Column("eur_per_success", "A successful use", numbers.eur),
)
REQUESTS = (
    Column("service", "Service"),
    Column("requests", "Requests", numbers.count),
    Column("cost_eur", "Cost", numbers.eur),
    Column("eur_per_million", "A million", numbers.eur),
)
TERABYTES = (
    Column("kind", "What"),
    Column("bytes", "Bytes", numbers.size),
    Column("cost_eur", "Cost", numbers.eur),
    Column("eur_per_tb", "A terabyte", numbers.eur),
)
