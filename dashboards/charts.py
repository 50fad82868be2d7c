"""Charts out of frames, by Altair: pure, with a title and a unit on each axis. Colours and type come from the theme, light or dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import polars as pl

Drawing = alt.Chart | alt.LayerChart
HEIGHT, LEGEND_COLUMNS = 290, 3  # three words fit side by side on a phone, too
FEW = 60  # points of a line that are drawn as such
SHARE, COUNT, EUR, POINTS = ".0%", ",.2~s", ",.2~f", "+.1%"
OTHER = "#8b949e"  # what is not in the foreground


@dataclass(frozen=True)
class Axis:
    """A column, what it is called, and how its values are written (d3-format)."""

    column: str
    title: str
    form: str = COUNT
    from_zero: bool = True


@dataclass(frozen=True)
class Time:
    """How moments of a grain are written, short on an axis and long beside a point."""

    title: str
    unit: Any  # one of Vega's time units: of a band, and of what stands beside a point
    exact: Any
    form: str
    long: str


Grain = Literal["day", "hour"]
TIMES: Mapping[Grain, Time] = {
    "day": Time("Day (UTC)", "utcyearmonthdate", "utcyearmonthdate", "%-d %b", "%a %-d %b %Y"),
    "hour": Time("Time (UTC)", "utcyearmonthdatehours", "utcyearmonthdatehoursminutes", "%-d %b %H:%M", "%a %-d %b %Y %H:%M"),
}


def lines(
    frame: pl.DataFrame, day: str, axis: Axis, by: str = "", title: str = "", order: Sequence[str] = (), grain: Grain = "day"
) -> Drawing:
    """A line over days for each value of `by`; what is withheld is a gap."""
    base = alt.Chart(_told(frame, axis.column, by)).encode(x=_time(day, grain), tooltip=_tooltip(day, axis, by, title, grain))
    y = alt.Y(axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form), scale=alt.Scale(zero=axis.from_zero))
    drawn = base.mark_line(strokeWidth=2).encode(y=y, **_colour(by, title, order))
    dots = base.mark_point(filled=True, size=26, opacity=1 if len(frame) <= FEW else 0).encode(
        y=y, **_colour(by, title, order)
    )  # a place to point at
    return _high(drawn + dots, HEIGHT)


def areas(frame: pl.DataFrame, day: str, axis: Axis, by: str, title: str, order: Sequence[str] = (), grain: Grain = "day") -> Drawing:
    """Parts of a whole over days or hours, one on the other."""
    y = alt.Y(axis.column, type="quantitative", title=axis.title, stack="zero", axis=alt.Axis(format=axis.form))
    placed = frame.with_columns(place=pl.col(by).replace_strict({name: place for place, name in enumerate(order)}, default=len(order)))
    made = (
        alt.Chart(placed)
        .mark_bar(width={"band": 0.82})
        .encode(
            x=_band(day, grain),
            y=y,
            order=alt.Order("place", type="quantitative"),
            tooltip=_tooltip(day, axis, by, title, grain),
            **_colour(by, title, order),
        )
    )
    return _high(made, HEIGHT)


def bars(frame: pl.DataFrame, name: str, axis: Axis, title: str = "", colour: str = "") -> Drawing:
    """A bar for each row, in its order."""
    y = alt.Y(name, type="nominal", title=title or None, sort=None, axis=alt.Axis(labelLimit=180))
    x = alt.X(axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form))
    shown = [
        alt.Tooltip(name, type="nominal", title=title or "what"),
        alt.Tooltip(axis.column, type="quantitative", title=axis.title, format=axis.form),
    ]
    made = alt.Chart(frame).mark_bar(cornerRadiusEnd=3).encode(x=x, y=y, tooltip=shown, **_colour(colour, "", ()))
    return _high(made, max(80, 30 * len(frame) + 40))


def funnel(frame: pl.DataFrame, step: str, axis: Axis, share: str) -> Drawing:
    """Steps that fewer and fewer reach; `share` of the step before stands beside each bar, as text."""
    y = alt.Y(step, type="nominal", title=None, sort=None)
    room = 1.25 * max([1, *frame[axis.column]])  # the words stand beside the longest bar, too
    x = alt.X(
        axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form, tickCount=6), scale=alt.Scale(domainMax=room)
    )
    base = alt.Chart(frame).encode(
        y=y, x=x, tooltip=[alt.Tooltip(step, type="nominal"), alt.Tooltip(axis.column, type="quantitative", format=",")]
    )
    said = base.mark_text(align="left", dx=6, color=OTHER).encode(text=alt.Text(share, type="nominal"))
    return _high(base.mark_bar(cornerRadiusEnd=3) + said, max(80, 34 * len(frame) + 40))


def curves(frame: pl.DataFrame, x: Axis, y: Axis, by: str, title: str) -> Drawing:
    """A curve over whole numbers for each value of `by`."""
    shown = [alt.Tooltip(by, type="nominal", title=title), alt.Tooltip(x.column, type="quantitative", title=x.title), _value(y)]
    horizontal = alt.X(x.column, type="quantitative", title=x.title, axis=alt.Axis(tickMinStep=1, format="d"))
    vertical = alt.Y(y.column, type="quantitative", title=y.title, axis=alt.Axis(format=y.form), scale=alt.Scale(domainMin=0))
    base = alt.Chart(_told(frame, y.column, by)).encode(x=horizontal, y=vertical, tooltip=shown, **_colour(by, title, ()))
    return _high(base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=48, opacity=1), HEIGHT)


def pairs(frame: pl.DataFrame, name: str, axis: Axis, by: str, title: str) -> Drawing:
    """Values of the same thing side by side on one line: before and after, updated and not."""
    y = alt.Y(name, type="nominal", title=None, sort=None, axis=alt.Axis(labelLimit=200))
    x = alt.X(axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form), scale=alt.Scale(zero=axis.from_zero))
    base = alt.Chart(frame).encode(y=y, x=x)
    line = base.mark_line(color=OTHER, strokeWidth=1.5).encode(detail=alt.Detail(name, type="nominal"))
    shown = [alt.Tooltip(name, type="nominal", title="what"), alt.Tooltip(by, type="nominal", title=title), _value(axis)]
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(tooltip=shown, **_colour(by, title, ()))
    return _high(line + dots, max(110, 44 * frame[name].n_unique() + 60))


def squares(frame: pl.DataFrame, x: str, y: str, state: str, colours: Mapping[str, str], titles: Mapping[str, str]) -> Drawing:
    """A coloured square for each pair of names."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    made = (
        alt.Chart(frame)
        .mark_rect(cornerRadius=2, stroke="white", strokeOpacity=0.25)
        .encode(
            x=alt.X(x, type="ordinal", title=titles[x], axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y(y, type="nominal", title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False)),
            color=alt.Color(state, type="nominal", title=titles[state], scale=scale, legend=alt.Legend(orient="top")),
            tooltip=[alt.Tooltip(each, type="nominal", title=titles[each]) for each in (y, x, state)],
        )
    )
    return _high(made, max(90, 18 * frame[y].n_unique() + 70))


def with_rule(chart: Any, value: float, says: str, form: str = EUR) -> Drawing:
    """The same chart with a line at a height that matters."""
    rule = alt.Chart(pl.DataFrame({"at": [value], "says": [says]}))
    line = rule.mark_rule(strokeDash=[6, 4], strokeWidth=1.5, color=OTHER).encode(
        y=alt.Y("at", type="quantitative"),
        tooltip=[alt.Tooltip("says", type="nominal", title="line"), alt.Tooltip("at", type="quantitative", format=form, title="at")],
    )
    word = rule.mark_text(align="left", baseline="bottom", dx=4, dy=-3, color=OTHER).encode(
        y=alt.Y("at", type="quantitative"), x=alt.value(0), text=alt.Text("says", type="nominal")
    )
    return _high(alt.layer(chart, line, word), HEIGHT)


def _high(made: Any, height: int) -> Drawing:
    sized: Drawing = made.properties(height=height)
    return sized


def _told(frame: pl.DataFrame, column: str, by: str) -> pl.DataFrame:
    """Without the lines of which every point is withheld: a legend names what is drawn."""
    return frame.filter(pl.col(column).is_not_null().any().over(by)) if by else frame


def _time(at: str, grain: Grain) -> alt.X:
    return alt.X(at, type="temporal", title=TIMES[grain].title, axis=_times(grain), scale=alt.Scale(type="utc"))


def _band(at: str, grain: Grain) -> alt.X:
    return alt.X(at, type="temporal", timeUnit=TIMES[grain].unit, title=TIMES[grain].title, axis=_times(grain))


def _times(grain: Grain) -> alt.Axis:
    return alt.Axis(format=TIMES[grain].form, labelOverlap=True, tickCount=7)


def _value(axis: Axis) -> alt.Tooltip:
    return alt.Tooltip(axis.column, type="quantitative", title=axis.title, format=axis.form if axis.form != COUNT else ",")


def _tooltip(day: str, axis: Axis, by: str, title: str, grain: Grain) -> list[alt.Tooltip]:
    named = [alt.Tooltip(by, type="nominal", title=title or by)] if by else []
    return [
        alt.Tooltip(day, type="temporal", timeUnit=TIMES[grain].exact, title=TIMES[grain].title, format=TIMES[grain].long),
        *named,
        _value(axis),
    ]


def _colour(by: str, title: str, order: Sequence[str]) -> dict[str, Any]:
    if not by:
        return {}
    legend = alt.Legend(orient="top", title=title or None, columns=LEGEND_COLUMNS, labelLimit=150)
    return {"color": alt.Color(by, type="nominal", title=title or None, sort=list(order) or None, legend=legend)}
