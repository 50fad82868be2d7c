"""What a vehicle, a feature, a million requests and a terabyte cost, what moves, what nobody owns, and what more volume would cost."""

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import EUR, Axis, areas, bars, with_rule
from dashboards.elements import Column, Tile, empty, tiles
from dashboards.queries import cost as ask
from dashboards.screens import invoices, unit_costs, what_if
from dashboards.view import View
from dashboards.widgets import aside, chart, listing, panel, span
from fleetlake.settings import settings

DAILY, ALLOCATION = "gold.cost_per_vehicle_daily", "gold.cost_allocation"
PARTS = {"allocated_eur": "with an owner", "unallocated_eur": "unallocated"}
SHOWN = 12


def show(view: View) -> None:
    """The whole page."""
    with aside():
        days = span()
    with panel(view, "What it costs", DAILY):
        daily, month = view.ask(ask.DAILY, days=days), view.ask(ask.MONTH).row(0, named=True)
        budget = settings().budget_month_eur
        st.html(tiles(summary(daily, month, budget)))
        _days(daily, None if budget is None else budget / (month["month_days"] or 30))
    _owners(view, days)
    what_if.show(view, days)
    unit_costs.show(view, days)
    invoices.show(view)


def summary(daily: pl.DataFrame, month: dict[str, object], budget: float | None) -> list[Tile]:
    """Cost of the days, of a vehicle, without an owner, and the month beside its budget."""
    if daily.is_empty():
        return [Tile("Cost", numbers.NONE, "no bill yet: fleet import cost FILE…")]
    total, without, newest = float(daily["cost_eur"].sum()), float(daily["unallocated_eur"].sum()), daily.row(-1, named=True)
    found = [
        Tile("Cost", numbers.eur(total), f"{len(daily)} days up to {newest['charged_on']}"),
        Tile("A vehicle and day", numbers.told(newest["cost_eur_per_vehicle"], numbers.eur), "newest day"),
        Tile("Without an owner", numbers.share(without / total) if total else numbers.NONE, numbers.eur(without)),
        Tile("Month so far", numbers.eur(month["cost_eur"]), f"{month['days']} of {month['month_days']} days"),
    ]
    forecast = float(str(month["cost_eur"])) / int(str(month["days"])) * int(str(month["month_days"]))
    note = "at this pace, no budget set" if budget is None else f"{numbers.share(forecast / budget)} of {numbers.eur(budget)}"
    return [*found, Tile("Month at this pace", numbers.eur(forecast), note)]


def _days(daily: pl.DataFrame, budget_a_day: float | None) -> None:
    long = daily.unpivot(list(PARTS), index="charged_on").with_columns(pl.col("variable").replace(PARTS))
    drawn = areas(long, "charged_on", Axis("value", "EUR a day", EUR), "variable", "", list(PARTS.values()))
    line = drawn if budget_a_day is None else with_rule(drawn, budget_a_day, f"budget {numbers.eur(budget_a_day)} a day")
    chart(
        line, "Stacked bars: EUR of each day, with an owner and unallocated" + ("" if budget_a_day is None else ", beside the budget"), long
    )
    if budget_a_day is None:
        st.html(empty("No budget line: it comes with a monthly budget.", "export FLEET_BUDGET_MONTH_EUR=1500"))


def _owners(view: View, days: int) -> None:
    left, right = st.columns(2)
    with left, panel(view, "Who it is for", ALLOCATION):
        owners = view.ask(ask.OWNERS, days=days)
        drawn = bars(owners.head(SHOWN), "owner_id", Axis("cost_eur", "EUR of these days", EUR), colour="owner_kind")
        chart(drawn, f"Bars: the {SHOWN} owners with the greatest cost", owners.head(SHOWN))
    with right, panel(view, "What moved: the last seven days beside the seven before", ALLOCATION):
        listing("The greatest differences, in EUR", MOVERS, view.ask(ask.MOVERS), "movers")
    with panel(view, "What nobody owns", ALLOCATION):
        listing(
            "Unallocated charges of these days; a rule or a tag gives them an owner",
            UNALLOCATED,
            view.ask(ask.UNALLOCATED, days=days),
            "unallocated",
        )


OWNER = (Column("owner_kind", "Kind"), Column("owner_id", "Owner"))
MOVERS = (
    *OWNER,
    Column("before_eur", "Before", numbers.eur),
    Column("now_eur", "Now", numbers.eur),
    Column("moved_eur", "Moved", numbers.eur),
    Column("moved", "By", numbers.change),
)
UNALLOCATED = (
    Column("provider_name", "Provider"),
    Column("service_name", "Service"),
    Column("charge_category", "Kind"),
    Column("cost_eur", "EUR", numbers.eur),
)
