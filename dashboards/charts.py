"""Charts out of frames, by Altair: pure, with a title and a unit on each axis. Colours and type come from the theme, light or dark.

How a chart looks depends on words, not on rows: it is made once for the same words, which is most of the work.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import polars as pl

HEIGHT, SHORT = 290, 9  # letters of a word of which three stand side by side on a phone
FEW = 60  # points of a line that are drawn as such
KEPT = 500  # looks
SHARE, COUNT, EUR = ".0%", ",.2~s", ",.2~f"
OTHER, LIMIT = "#8b949e", "#c9473f"  # what is not in the foreground; a line that matters
Grain = Literal["day", "hour"]
Drawn = alt.Chart | alt.LayerChart


@dataclass(frozen=True)
class Axis:
    """A column, what it is called, and how its values are written (d3-format)."""

    column: str
    title: str
    form: str = COUNT
    from_zero: bool = True


@dataclass(frozen=True)
class Figure:
    """A chart as Vega-Lite has it, and the rows that it draws."""

    spec: dict[str, Any]
    rows: pl.DataFrame


@dataclass(frozen=True)
class Time:
    """How moments of a grain are written: short on an axis and long beside a point."""

    title: str
    unit: Any  # Vega's time units: of a band, and of what stands beside a point
    exact: Any
    form: str
    long: str


TIMES: Mapping[Grain, Time] = {
    "day": Time("Day (UTC)", "yearmonthdate", "yearmonthdate", "%-d %b", "%a %-d %b %Y"),
    "hour": Time("Time (UTC)", "yearmonthdatehours", "yearmonthdatehoursminutes", "%-d %b %H:%M", "%a %-d %b %Y %H:%M"),
}


def lines(
    frame: pl.DataFrame, at: str, axis: Axis, by: str = "", title: str = "", order: Sequence[str] = (), grain: Grain = "day"
) -> Figure:
    """A line over time for each value of `by`; what is withheld is a gap, and what is withheld all the time is no line."""
    spec = _lines(at, axis, by, title, tuple(order), grain, len(frame) <= FEW, _side_by_side(frame, by))
    return Figure(json.loads(spec), _told(frame, axis.column, by))


def areas(frame: pl.DataFrame, at: str, axis: Axis, by: str, title: str, order: Sequence[str] = (), grain: Grain = "day") -> Figure:
    """Parts of a whole over days or hours, one on the other, the first of `order` at the bottom."""
    place = pl.col(by).replace_strict({name: place for place, name in enumerate(order)}, default=len(order))
    return Figure(json.loads(_areas(at, axis, by, title, tuple(order), grain, _side_by_side(frame, by))), frame.with_columns(place=place))


def bars(frame: pl.DataFrame, name: str, axis: Axis, title: str = "", colour: str = "") -> Figure:
    """A bar for each row, in its order."""
    return Figure(json.loads(_bars(name, axis, title, colour, len(frame), _side_by_side(frame, colour))), frame)


def funnel(frame: pl.DataFrame, step: str, axis: Axis, share: str) -> Figure:
    """Steps that fewer and fewer reach; `share` of the step before stands beside each bar, as text."""
    room = 1.3 * max([1, *frame[axis.column]])  # for the words beside the longest bar
    return Figure(json.loads(_funnel(step, axis, share, room, len(frame))), frame)


def curves(frame: pl.DataFrame, x: Axis, y: Axis, by: str, title: str) -> Figure:
    """A curve over whole numbers for each value of `by`."""
    return Figure(json.loads(_curves(x, y, by, title, _side_by_side(frame, by))), _told(frame, y.column, by))


def pairs(frame: pl.DataFrame, name: str, axis: Axis, by: str, title: str) -> Figure:
    """Values of the same thing side by side on one line: before and after."""
    return Figure(json.loads(_pairs(name, axis, by, title, frame[name].n_unique())), frame)


def squares(frame: pl.DataFrame, x: str, y: str, state: str, colours: Mapping[str, str], titles: Mapping[str, str]) -> Figure:
    """A coloured square for each pair of names."""
    spec = _squares(x, y, state, tuple(colours.items()), tuple(titles.items()), frame[y].n_unique())
    return Figure(json.loads(spec), frame)


def with_rule(figure: Figure, value: float, says: str, form: str = EUR) -> Figure:
    """The same chart with a line at a height that matters."""
    inner = {name: part for name, part in figure.spec.items() if name not in ("$schema", "config", "height")}
    shared = {name: part for name, part in figure.spec.items() if name not in inner}
    return Figure({**shared, "layer": [inner, *json.loads(_rule(value, says, form))]}, figure.rows)


@lru_cache(KEPT)
def _lines(at: str, axis: Axis, by: str, title: str, order: tuple[str, ...], grain: Grain, has_dots: bool, columns: int) -> str:
    x = alt.X(at, type="temporal", title=TIMES[grain].title, axis=_times(grain))
    base = alt.Chart().encode(x=x, y=_vertical(axis), tooltip=_beside(at, axis, by, title, grain), **_colour(by, title, order, columns))
    dots = base.mark_point(filled=True, size=26, opacity=1 if has_dots else 0)  # a place to point at in any case
    return _spec(base.mark_line(strokeWidth=2) + dots, HEIGHT)


@lru_cache(KEPT)
def _areas(at: str, axis: Axis, by: str, title: str, order: tuple[str, ...], grain: Grain, columns: int) -> str:
    x = alt.X(at, type="temporal", timeUnit=TIMES[grain].unit, title=TIMES[grain].title, axis=_times(grain))
    y = alt.Y(axis.column, type="quantitative", title=axis.title, stack="zero", axis=alt.Axis(format=axis.form))
    placed = alt.Order("place", type="quantitative")
    shown = _beside(at, axis, by, title, grain)
    return _spec(
        alt.Chart().mark_bar(width={"band": 0.82}).encode(x=x, y=y, order=placed, tooltip=shown, **_colour(by, title, order, columns)),
        HEIGHT,
    )


@lru_cache(KEPT)
def _bars(name: str, axis: Axis, title: str, colour: str, rows: int, columns: int) -> str:
    y = alt.Y(name, type="nominal", title=title or None, sort=None, axis=alt.Axis(labelLimit=180, labelOverlap=False))
    x = alt.X(axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form))
    shown = [alt.Tooltip(name, type="nominal", title=title or "what"), _value(axis)]
    made = alt.Chart().mark_bar(cornerRadiusEnd=3).encode(x=x, y=y, tooltip=shown, **_colour(colour, "", (), columns))
    return _spec(made, max(110, 30 * rows + 70))


@lru_cache(KEPT)
def _funnel(step: str, axis: Axis, share: str, room: float, rows: int) -> str:
    y = alt.Y(step, type="nominal", title=None, sort=None)
    scale = alt.Scale(domainMax=room)
    x = alt.X(axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form, tickCount=6), scale=scale)
    base = alt.Chart().encode(y=y, x=x, tooltip=[alt.Tooltip(step, type="nominal", title="step"), _value(axis)])
    said = base.mark_text(align="left", dx=6, color=OTHER).encode(text=alt.Text(share, type="nominal"))
    return _spec(base.mark_bar(cornerRadiusEnd=3) + said, max(110, 36 * rows + 60))


@lru_cache(KEPT)
def _curves(x: Axis, y: Axis, by: str, title: str, columns: int) -> str:
    shown = [alt.Tooltip(by, type="nominal", title=title), alt.Tooltip(x.column, type="quantitative", title=x.title), _value(y)]
    horizontal = alt.X(x.column, type="quantitative", title=x.title, axis=alt.Axis(tickMinStep=1, format="d"))
    base = alt.Chart().encode(x=horizontal, y=_vertical(y), tooltip=shown, **_colour(by, title, (), columns))
    return _spec(base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=48, opacity=1), HEIGHT)


@lru_cache(KEPT)
def _pairs(name: str, axis: Axis, by: str, title: str, rows: int) -> str:
    y = alt.Y(name, type="nominal", title=None, sort=None, axis=alt.Axis(labelLimit=220))
    x = alt.X(axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form), scale=alt.Scale(zero=axis.from_zero))
    base = alt.Chart().encode(y=y, x=x)
    line = base.mark_line(color=OTHER, strokeWidth=1.5).encode(detail=alt.Detail(name, type="nominal"))
    shown = [alt.Tooltip(name, type="nominal", title="what"), alt.Tooltip(by, type="nominal", title=title), _value(axis)]
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(tooltip=shown, **_colour(by, title, (), 3))
    return _spec(line + dots, max(110, 34 * rows + 90))


@lru_cache(KEPT)
def _squares(x: str, y: str, state: str, colours: tuple[tuple[str, str], ...], titles: tuple[tuple[str, str], ...], rows: int) -> str:
    named = dict(titles)
    scale = alt.Scale(domain=[name for name, _ in colours], range=[colour for _, colour in colours])
    made = (
        alt.Chart()
        .mark_rect(cornerRadius=2, stroke="white", strokeOpacity=0.25)
        .encode(
            x=alt.X(x, type="ordinal", title=named[x], sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y(y, type="nominal", title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False)),
            color=alt.Color(state, type="nominal", title=named[state], scale=scale, legend=alt.Legend(orient="top", columns=2)),
            tooltip=[alt.Tooltip(each, type="nominal", title=named[each]) for each in (y, x, state)],
        )
    )
    return _spec(made, max(110, 20 * rows + 90))


@lru_cache(KEPT)
def _rule(value: float, says: str, form: str) -> str:
    base = alt.Chart(alt.Data(values=[{"at": value, "says": f"- - {says}"}])).encode(y=alt.Y("at", type="quantitative"))  # type: ignore[no-untyped-call]  # Altair's own
    shown = [alt.Tooltip("says", type="nominal", title="line"), alt.Tooltip("at", type="quantitative", format=form, title="at")]
    line = base.mark_rule(strokeDash=[6, 4], strokeWidth=2, color=LIMIT).encode(tooltip=shown)
    word = base.mark_text(align="left", baseline="bottom", color=LIMIT, fontWeight="bold")
    named = word.encode(x=alt.value(0), y=alt.value(-5), text=alt.Text("says", type="nominal"))  # above all that is drawn
    return json.dumps(
        [{name: part for name, part in each.to_dict().items() if name not in ("$schema", "config")} for each in (line, named)]
    )


def _spec(made: Drawn, height: int) -> str:
    return json.dumps(_bare(made.properties(height=height).to_dict()))


def _bare(part: Any) -> Any:
    """Without the rows that Altair puts where there are none: the page brings its own."""
    if isinstance(part, list):
        return [_bare(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {name: _bare(each) for name, each in part.items() if name != "datasets" and (name, each) != ("data", {"name": "empty"})}


def _told(frame: pl.DataFrame, column: str, by: str) -> pl.DataFrame:
    return frame.filter(pl.col(column).is_not_null().any().over(by)) if by else frame


def _vertical(axis: Axis) -> alt.Y:
    scale = alt.Scale(zero=axis.from_zero)
    return alt.Y(axis.column, type="quantitative", title=axis.title, axis=alt.Axis(format=axis.form), scale=scale)


def _times(grain: Grain) -> alt.Axis:
    return alt.Axis(format=TIMES[grain].form, labelOverlap=True, tickCount=7)


def _value(axis: Axis) -> alt.Tooltip:
    return alt.Tooltip(axis.column, type="quantitative", title=axis.title, format=axis.form if axis.form != COUNT else ",")


def _beside(at: str, axis: Axis, by: str, title: str, grain: Grain) -> list[alt.Tooltip]:
    named = [alt.Tooltip(by, type="nominal", title=title or by)] if by else []
    when = alt.Tooltip(at, type="temporal", timeUnit=TIMES[grain].exact, title=TIMES[grain].title, format=TIMES[grain].long)
    return [when, *named, _value(axis)]


def _side_by_side(frame: pl.DataFrame, by: str) -> int:
    """How many words of a legend stand in a row."""
    longest = frame[by].cast(pl.String).str.len_chars().max() if by else 0
    return 3 if int(longest or 0) <= SHORT else 2  # type: ignore[arg-type]  # a column of lengths


def _colour(by: str, title: str, order: Sequence[str], columns: int) -> dict[str, Any]:
    if not by:
        return {}
    legend = alt.Legend(orient="top", title=title or None, columns=columns, labelLimit=150)
    return {"color": alt.Color(by, type="nominal", title=title or None, sort=list(order) or None, legend=legend)}
