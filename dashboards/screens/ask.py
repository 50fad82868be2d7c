"""SQL over released tables, with history, charts and files."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import polars as pl
import streamlit as st

from dashboards import numbers
from dashboards.charts import Axis, Figure, bars, lines
from dashboards.elements import Column, Tile, empty, heading, remark, tiles
from dashboards.view import View
from dashboards.widgets import chart, listing
from fleetlake.console import Failure
from fleetlake.readers.queries import offered
from fleetlake.readers.spreadsheet import csv
from fleetlake.releases.model import is_internal

MOST_ROWS, SHOWN, LIMIT_S, REMEMBERED = 100_000, 200, 30.0, 20
FIRST = "select observed_on, events, vehicles\nfrom gold.fleet_daily\nwhere model = 'all' and market = 'all'\norder by observed_on"
KINDS = ("Table only", "Lines", "Bars")


@dataclass(frozen=True)
class Answer:
    """What was asked, of which release, and what came."""

    query: str
    release: int
    asked_at: datetime
    seconds: float
    rows: pl.DataFrame


def show(view: View) -> None:
    """The whole page."""
    with st.container(border=True):
        st.html(heading("Question", "Released tables only; one question sees one release. DuckDB's SQL."))
        with st.form("question", border=False):
            query = st.text_area("SQL", FIRST, height=150, key="sql", bind="query-params")
            is_asked = st.form_submit_button("Ask", type="primary", shortcut="ctrl+enter")
        _tables(view)
    if is_asked:
        _ask(view, query or "")
    found: Answer | None = st.session_state.get("answer")
    if found is not None:
        _answer(view, found)
    _history()


def _ask(view: View, query: str) -> None:
    st.session_state.pop("answer", None)
    began = time.perf_counter()
    try:
        rows = offered(query.rstrip().rstrip(";"), view.state, MOST_ROWS, LIMIT_S)
    except Failure as failure:
        st.html(empty(failure.what, failure.remedy))
        return
    found = Answer(query, view.state.number, datetime.now(UTC), time.perf_counter() - began, rows)
    st.session_state["answer"] = found
    st.session_state["history"] = [found, *(each for each in st.session_state.get("history", []) if each.query != query)][:REMEMBERED]


def _answer(view: View, found: Answer) -> None:
    rows = found.rows
    with st.container(border=True):
        st.html(heading("Answer", f"release {found.release} · asked {numbers.moment(found.asked_at)}"))
        if found.release != view.state.number:
            st.html(remark(f"Release {view.state.number} came out since; ask again to see it."))
        st.html(
            tiles(
                [
                    Tile("Rows", numbers.count(len(rows)), "the first, there are more" if len(rows) == MOST_ROWS else ""),
                    Tile("Columns", str(rows.width)),
                    Tile("Took", numbers.seconds(found.seconds)),
                ]
            )
        )
        _chart(rows)
        listing(f"The first {SHOWN} rows" if len(rows) > SHOWN else "All rows", columns(rows), rows.head(SHOWN))
        left, right = st.columns(2)
        left.download_button("All of it as CSV", lambda: csv(rows), "answer.csv", "text/csv", on_click="ignore")
        right.download_button(
            "All of it as Parquet", lambda: _parquet(rows), "answer.parquet", "application/vnd.apache.parquet", on_click="ignore"
        )


def columns(rows: pl.DataFrame) -> list[Column]:
    """How each column of any answer is told."""
    return [Column(name, name, numbers.exact if kind.is_numeric() else numbers.text) for name, kind in rows.schema.items()]


def _chart(rows: pl.DataFrame) -> None:
    measures = [name for name, kind in rows.schema.items() if kind.is_numeric()]
    if rows.is_empty() or not measures:
        return
    first, second, third, fourth = st.columns(4)
    kind = first.selectbox("Chart", KINDS, key="chart")
    if kind == KINDS[0]:
        return
    across = (
        [name for name, each in rows.schema.items() if each.is_temporal()]
        if kind == "Lines"
        else [name for name in rows.columns if name not in measures]
    )
    if not across:
        st.html(remark("A line needs a column of days or times." if kind == "Lines" else "Bars need a column of names."))
        return
    x, y = second.selectbox("Along", across, key="x"), third.selectbox("Value", measures, key="y")
    by = fourth.selectbox(
        "Colour", ["–", *(name for name in rows.columns if name not in (x, y) and rows.schema[name] == pl.String)], key="by"
    )
    chart(drawn(rows.head(5_000), str(kind), str(x), str(y), "" if by in (None, "–") else str(by)), f"{kind}: {y} along {x}", rows)


def drawn(rows: pl.DataFrame, kind: str, x: str, y: str, by: str) -> Figure:
    """A chart of some columns of an answer; they get names of ours, as a heading may hold anything."""
    named = {"x": rows[x], "y": rows[y].cast(pl.Float64)} | ({"by": rows[by]} if by else {})
    picked = pl.DataFrame([column.alias(name) for name, column in named.items()])
    if kind == "Lines":
        return lines(picked, "x", Axis("y", y, ",.3~s"), "by" if by else "", by)
    return bars(picked.with_columns(pl.col("x").cast(pl.String)), "x", Axis("y", y, ",.3~s"), x, "by" if by else "")


def _tables(view: View) -> None:
    with st.expander("Tables that can be asked"):
        rows = [
            {"table": table, "rows": view.state.pin(table).rows, "version": view.state.pin(table).version}
            for table in view.state.tables
            if not is_internal(table)
        ]
        listing(
            "fleet describe TABLE says what each column means",
            (Column("table", "Table"), Column("rows", "Rows", numbers.count), Column("version", "Version", numbers.count)),
            pl.DataFrame(rows),
        )


def _history() -> None:
    asked: list[Answer] = st.session_state.get("history", [])
    if not asked:
        return
    with st.expander(f"Asked before ({len(asked)})"):
        for index, each in enumerate(asked):
            st.code(each.query, language="sql")
            st.button(
                f"Take it again: {len(each.rows):,} rows of release {each.release}",
                key=f"again-{index}",
                on_click=_take,
                args=(each.query,),
            )


def _take(query: str) -> None:
    st.session_state["sql"] = query


def _parquet(rows: pl.DataFrame) -> bytes:
    file = BytesIO()
    rows.write_parquet(file)
    return file.getvalue()
