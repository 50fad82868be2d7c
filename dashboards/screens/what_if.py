"""What the same days would cost at another volume: chosen services grow with it, the others stay."""

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.elements import Tile, remark, tiles
from dashboards.queries import cost as ask
from dashboards.view import View
from dashboards.widgets import panel

LEAST, MOST, STEP = 0.5, 10.0, 0.5
WAYS = {"vehicles": "more vehicles", "events": "more events from each vehicle"}


def show(view: View, days: int) -> None:
    """The panel, with its own choices."""
    with panel(view, "What if there were more of it?", "gold.cost_allocation", "gold.cost_per_vehicle_daily"):
        services = view.ask(ask.SERVICES, days=days)
        left, middle, right = st.columns([2, 2, 3])
        with left:
            factor = st.slider("Volume, times today's", LEAST, MOST, 2.0, STEP, key="volume", format="×%.1f", bind="query-params")
        with middle:
            way = st.selectbox("Because of", list(WAYS), key="because", format_func=WAYS.__getitem__, bind="query-params") or "vehicles"
        with right:
            names = services["service_name"].to_list()
            driven = services.filter("has_driver")["service_name"].to_list()
            growing = st.multiselect(
                "Services that grow with volume",
                names,
                driven,
                key="growing",
                help="By default those whose charges are split by what was measured.",
            )
        vehicle_days = int(view.ask(ask.DAILY, days=days)["active_vehicles"].sum() or 0)
        st.html(tiles(compared(services, growing, factor, vehicle_days, vehicle_days * (factor if way == "vehicles" else 1))))
        st.html(
            remark(
                "Linear: a service that grows costs as many times more as there is more volume; discounts and steps of price lists are not known here."
            )
        )


def compared(services: pl.DataFrame, growing: list[str], factor: float, vehicle_days: float, then_vehicle_days: float) -> list[Tile]:
    """Cost of these days now and at the other volume, in all and for a vehicle and day."""
    now = float(services["cost_eur"].sum())
    grows = float(services.filter(pl.col("service_name").is_in(growing))["cost_eur"].sum())
    then = now + grows * (factor - 1)
    found = [
        Tile("Now", numbers.eur(now), f"{numbers.share(grows / now)} of it grows" if now else ""),
        Tile(f"At {factor:g} times the volume", numbers.eur(then), f"{numbers.change((then - now) / now)}" if now else ""),
    ]
    if not vehicle_days:
        return found
    return [
        *found,
        Tile("A vehicle and day, now", numbers.eur(now / vehicle_days)),
        Tile("A vehicle and day, then", numbers.eur(then / then_vehicle_days)),
    ]
