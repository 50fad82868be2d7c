"""How charging sessions end, and how much energy they bring."""

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import SHARE, Axis, areas, lines
from dashboards.elements import Tile, tiles
from dashboards.queries import operations as ask
from dashboards.view import View
from dashboards.widgets import aside, chart, choose, everything, panel, values

CHARGING = "gold.charging_daily"
ENDS = {
    "succeeded": "succeeded",
    "vehicle_faults": "vehicle's fault",
    "station_faults": "station's fault",
    "other_ends": "other end",
    "still_open": "still open",
}


def show(view: View, market: str, days: int) -> None:
    """The part of the page."""
    with aside():
        place = choose("Place", values(view, ask.PLACES), "place", everything("places"))
    found = view.ask(ask.CHARGING, place=place, market=market, days=days)
    with panel(view, "How sessions end", CHARGING):
        st.html(tiles(summary(found)))
        long = found.unpivot(list(ENDS), index="started_on").with_columns(
            pl.col("variable").replace(ENDS), is_withheld=pl.col("value").is_null()
        )
        drawn = areas(long, "started_on", Axis("value", "Sessions"), "variable", "Ended", list(ENDS.values()))
        chart(drawn, "Stacked bars: charging sessions of each day by how they ended", long)
    left, right = st.columns(2)
    with left, panel(view, "Charging that succeeds", CHARGING):
        drawn = lines(found, "started_on", Axis("success", "Success", SHARE, from_zero=False))
        chart(drawn, "Line: share of charging sessions that succeed, by day", found)
    with right, panel(view, "Energy", CHARGING):
        energy = found.with_columns(kwh=pl.col("energy_wh") / 1000)
        chart(lines(energy, "started_on", Axis("kwh", "Energy (kWh)")), "Line: energy charged, by day", energy)


def summary(found: pl.DataFrame) -> list[Tile]:
    """Sums of the days that are not withheld."""
    told = found.filter(pl.col("sessions").is_not_null())
    if told.is_empty():
        return [Tile("Sessions", numbers.NONE if found.is_empty() else numbers.WITHHELD)]
    total = told.sum().row(0, named=True)
    settled = total["sessions"] - total["still_open"]
    succeeded = numbers.share(total["succeeded"] / settled) if settled else numbers.NONE
    return [
        Tile("Sessions", numbers.count(total["sessions"])),
        Tile("Succeeded", succeeded, f"{total['succeeded']:,} of {settled:,} ended"),
        Tile("Vehicle's fault", numbers.count(total["vehicle_faults"])),
        Tile("Station's fault", numbers.count(total["station_faults"])),
        Tile("Energy", numbers.wh(total["energy_wh"])),
    ]
