"""What became of commands, charging and updates: how far they came, how long that took, and what got worse after an update."""

import streamlit as st

from dashboards.queries import operations as ask
from dashboards.screens import charging, commands, updates
from dashboards.view import View
from dashboards.widgets import ALL, choose, everything, span, values

PARTS = {"commands": commands.show, "charging": charging.show, "updates": updates.show}


def show(view: View) -> None:
    """The whole page: one of its parts."""
    left, middle, right = st.columns(3)
    with left:
        part = choose("Show", list(PARTS), "part", str.capitalize)
    if part == "updates":  # campaigns are few, and of the whole fleet
        updates.show(view, ALL, 0)
        return
    with middle:
        days = span()
    with right:
        market = choose("Market", values(view, ask.MARKETS[part]), "market", everything("markets"))
    PARTS[part](view, market, days)
