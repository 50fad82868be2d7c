"""What pages are made of: panels that say where their numbers come from, charts with words for who does not see them, tables, filters, downloads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from dashboards.charts import Figure
from dashboards.elements import Column, empty, heading, remark, table
from dashboards.view import View
from fleetlake.console import Failure
from fleetlake.readers.spreadsheet import csv

ALL, ASIDE = "all", 340
SPANS = {"7": "Last 7 days", "14": "Last 14 days", "28": "Last 28 days", "90": "Last 90 days"}


@contextmanager
def panel(view: View, title: str, *tables: str) -> Iterator[None]:
    """A titled part of a page, out of released tables. Where one is missing it says so and what to type, and the rest of the page stands."""
    with _part():
        st.html(heading(title, _source(view, tables)))
        yield


@contextmanager
def live_panel(view: View, title: str, what: str) -> Iterator[None]:
    """The same out of what gates and jobs note of themselves, which is no release."""
    with _part():
        st.html(heading(title, f"{what} · as noted until {view.began:%H:%M:%S} UTC, not part of a release", is_live=True))
        yield


@contextmanager
def _part() -> Iterator[None]:
    with st.container(border=True):
        try:
            yield
        except Failure as failure:
            st.html(empty(failure.what, failure.remedy))


def _source(view: View, tables: Sequence[str]) -> str:
    try:
        return view.source(*tables)
    except Failure:  # the panel itself says which table is missing, and what to type
        return ", ".join(tables)


def chart(made: Figure, says: str, frame: pl.DataFrame) -> None:
    """A chart, with `says` for who cannot see it; where there is nothing to draw, a sentence."""
    if frame.is_empty():
        st.html(empty("Nothing in this selection.", ""))
        return
    st.vega_lite_chart(as_utc(made.rows), made.spec, width="stretch", theme="streamlit", alt=says)
    withheld = int(frame["is_withheld"].sum()) if "is_withheld" in frame.columns else 0
    if withheld:
        st.html(remark(f"{withheld:,} of {len(frame):,} points are withheld: too few vehicles."))


def as_utc(rows: pl.DataFrame) -> pl.DataFrame:
    """Moments without their zone, which is UTC: Streamlit then shows them as they are, wherever the browser is."""
    return rows.with_columns(pl.col(pl.Datetime(time_zone="*")).dt.convert_time_zone("UTC").dt.replace_time_zone(None))


def listing(caption: str, columns: Sequence[Column], frame: pl.DataFrame, name: str = "") -> None:
    """Rows as a table, and all of them as CSV where it has a `name`."""
    if frame.is_empty():
        st.html(empty("No rows.", ""))
        return
    st.html(table(caption, columns, frame.to_dicts()))
    if name:
        st.download_button(
            f"{name}.csv",
            partial(csv, frame),
            f"{name}.csv",
            "text/csv",
            key=f"csv-{name}",
            help=caption,
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )


def choose(label: str, options: Sequence[str], key: str, says: Callable[[str], str] = str, preferred: str = "") -> str:
    """One of some names, "" where there is none; the choice is in the page's address, so that a link shows the same."""
    if not options:
        return ""
    index = list(options).index(preferred) if preferred in options else 0
    return st.selectbox(label, list(options), index=index, key=key, format_func=says, bind="query-params")


def span() -> int:
    """How many days back from the newest one."""
    return int(choose("Days", list(SPANS), "days", SPANS.__getitem__, "28"))


def aside() -> Any:
    """Room for one choice: as wide as three of them side by side are."""
    return st.container(width=ASIDE)


def values(view: View, query: str, **parameters: Any) -> list[str]:
    """The first column of an answer, as names."""
    return [str(value) for value in view.ask(query, **parameters).to_series().to_list() if value is not None]


def everything(name: str) -> Callable[[str], str]:
    """How a choice is told where `all` is the total: all models, C1E."""
    return lambda value: f"All {name}" if value == ALL else value


def since(view: View, at: datetime | None) -> str:
    """How long ago something was."""
    from dashboards.numbers import NONE, age

    return NONE if at is None else f"{age(view.began - at)} ago"
