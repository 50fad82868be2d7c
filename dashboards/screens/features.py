"""Who could use, tried and uses each feature, who comes back, and how two features or two software versions compare."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import COUNT, SHARE, Axis, curves, lines
from dashboards.elements import Column, Tile, remark, tiles
from dashboards.queries import features as ask
from dashboards.view import View
from dashboards.widgets import ALL, chart, choose, everything, listing, panel, span, values

USAGE = ("gold.feature_usage_daily", "gold.features")
RETENTION = "gold.feature_retention_weekly"
MEASURES = {
    "dav": Axis("dav", "Vehicles, daily active (DAV)", COUNT),
    "mav": Axis("mav", "Vehicles, active in 28 days (MAV)", COUNT),
    "penetration": Axis("penetration", "Penetration (MAV / eligible)", SHARE),
    "stickiness": Axis("stickiness", "Stickiness (DAV / MAV)", SHARE),
    "adoption": Axis("adoption", "Adoption (ever used / eligible)", SHARE),
    "success_rate": Axis("success_rate", "Successful uses", SHARE),
}
USE = (
    Column("feature", "Feature"),
    Column("eligible", "Eligible", numbers.count),
    Column("dav", "DAV", numbers.count),
    Column("wav", "WAV", numbers.count),
    Column("mav", "MAV", numbers.count),
    Column("adoption", "Adoption", numbers.share),
    Column("penetration", "Penetration", numbers.share),
    Column("stickiness", "Stickiness", numbers.share),
    Column("intensity", "Active days of 28", numbers.number),
    Column("success_rate", "Success", numbers.share),
)


def show(view: View) -> None:
    """The whole page."""
    names = dict(view.ask(ask.FEATURES).iter_rows())
    where = _slice(view)
    with panel(view, f"All features on {numbers.text(view.ask(ask.DAY).item())}", *USAGE):
        listing("DAV, WAV and MAV: vehicles with a success on the day, in 7 and in 28 days", USE, view.ask(ask.USE, **where), "features")
    left, right = st.columns(2)
    with left:
        feature = choose("Feature", list(names), "feature", lambda each: names.get(each, each))
    with right:
        days = span()
    _one(view, feature, names[feature], where, days)
    _compare(view, feature, names, where, days)


def _slice(view: View) -> dict[str, str]:
    """The vehicles that are counted: all, one model, one market or one software version, or one of each."""
    first, second, third = st.columns(3)
    with first:
        model = choose("Model", values(view, ask.MODELS), "model", everything("models"))
    with second:
        market = choose("Market", values(view, ask.MARKETS), "market", everything("markets"))
    with third:
        version = choose("Software", [ALL, *values(view, ask.VERSIONS)], "software", everything("versions"))
    if [model, market, version].count(ALL) == 1:
        st.html(remark("Gold has slices by one of the three, or by all three; of two of them there are no numbers."))
    return {"model": model, "market": market, "sw_version": version}


def _one(view: View, feature: str, name: str, where: Mapping[str, str], days: int) -> None:
    trend = view.ask(ask.TREND, feature=feature, days=days, **where)
    with panel(view, name, *USAGE):
        st.html(tiles(summary(trend)))
    left, right = st.columns(2)
    with left, panel(view, "Active vehicles", *USAGE):
        kinds = {"dav": "DAV: that day", "wav": "WAV: in 7 days", "mav": "MAV: in 28 days"}
        long = trend.unpivot(list(kinds), index="used_on").with_columns(
            pl.col("variable").replace(kinds), is_withheld=pl.col("value").is_null()
        )
        drawn = lines(long, "used_on", Axis("value", "Vehicles"), "variable", order=list(kinds.values()))
        chart(drawn, f"Lines: daily, weekly and monthly active vehicles of {name}, by day", long)
    with right, panel(view, "Who comes back", RETENTION):
        cohorts = view.ask(ask.RETENTION, feature=feature)
        drawn = curves(
            cohorts,
            Axis("weeks_after", "Weeks after the week of the first use"),
            Axis("retention", "Still active", SHARE),
            "cohort",
            "Week of first use",
        )
        chart(drawn, f"Curves: share of each weekly cohort that still uses {name}, by weeks since its first use", cohorts)


def summary(trend: pl.DataFrame) -> list[Tile]:
    """A feature on the newest day."""
    if trend.is_empty():
        return [Tile("Vehicles", numbers.NONE, "nothing in this selection")]
    row = trend.row(-1, named=True)
    how = {"eligible": numbers.count, "mav": numbers.count} | dict.fromkeys(
        ("adoption", "penetration", "stickiness", "success_rate"), numbers.share
    )
    words = {
        "eligible": "Could use it",
        "mav": "Used it in 28 days",
        "adoption": "Ever used it",
        "penetration": "Penetration",
        "stickiness": "Stickiness",
        "success_rate": "Uses that succeed",
    }
    return [Tile(words[each], numbers.told(row[each], tell, is_withheld=row["is_withheld"])) for each, tell in how.items()]


def _compare(view: View, feature: str, names: Mapping[str, str], where: Mapping[str, str], days: int) -> None:
    versions = values(view, ask.VERSIONS)
    first, second, third = st.columns(3)
    with first:
        what = choose(
            "Compare", ["features", "software"], "compare", {"features": "Two features", "software": "Two software versions"}.__getitem__
        )
    others = [each for each in names if each != feature] if what == "features" else versions
    with second:
        other = choose("With" if what == "features" else "New version", others, f"with-{what}", lambda each: names.get(each, each))
    with third:
        measure = choose("By", list(MEASURES), "measure", lambda each: MEASURES[each].title, "penetration")
    if what == "features":
        sides = {names[feature]: {"feature": feature, **where}, names[other]: {"feature": other, **where}}
    else:
        old = next((each for each in versions if each != other), other)
        sides = {each: {"feature": feature, "model": ALL, "market": ALL, "sw_version": each} for each in (other, old)}
    with panel(view, " and ".join(sides), *USAGE, RETENTION):
        _sides(view, sides, MEASURES[measure], days, with_retention=what == "features")


def _sides(view: View, sides: Mapping[str, Mapping[str, str]], axis: Axis, days: int, *, with_retention: bool) -> None:
    both = pl.concat(view.ask(ask.TREND, days=days, **each).with_columns(side=pl.lit(name)) for name, each in sides.items())
    shown = both.select("used_on", "side", axis.column, is_withheld=pl.col(axis.column).is_null())
    chart(lines(shown, "used_on", axis, "side", order=list(sides)), f"Lines: {axis.title} of {' and '.join(sides)}, by day", shown)
    if with_retention:
        curve = pl.concat(view.ask(ask.CURVE, feature=each["feature"]).with_columns(side=pl.lit(name)) for name, each in sides.items())
        drawn = curves(
            curve,
            Axis("weeks_after", "Weeks after the week of the first use"),
            Axis("retention", "Still active, all cohorts", SHARE),
            "side",
            "Feature",
        )
        chart(drawn, f"Curves: retention of {' and '.join(sides)}, all cohorts added up", curve)
