"""What one view of a page reads: one state of the releases, pinned when the view begins, whatever is released meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import streamlit as st

from dashboards.numbers import age, moment
from dashboards.verdicts import GATES, Banner, Verdict, banners, checked, verdicts
from fleetlake.console import Early
from fleetlake.readers.queries import answer
from fleetlake.readers.queries import records as recorded
from fleetlake.readers.state import release
from fleetlake.releases import Published
from fleetlake.settings import settings

KEPT = 2_000  # answers, of all pages and filters; the oldest go first
LIVE_FOR = timedelta(seconds=5)  # notes of gates and jobs are read again after that


@dataclass(frozen=True)
class View:
    """Released tables as of one state, and what gates say of newer ones."""

    state: Published
    began: datetime
    newest: Mapping[str, Verdict] = field(default_factory=dict)
    checked_at: Mapping[int, datetime] = field(default_factory=dict)

    def ask(self, query: str, **parameters: Any) -> pl.DataFrame:
        """The answer in this state; raises Failure where a table is not released. Computed once for each release, whoever asks."""
        return _answered(self.key, query, tuple(sorted(parameters.items())), self.state)

    def records(self, query: str, **parameters: Any) -> pl.DataFrame:
        """What gates, releases and jobs have noted until now, a few seconds old at most; raises Early where nothing was noted yet."""
        return _recorded(self.key, query, tuple(sorted(parameters.items())))

    @property
    def key(self) -> str:
        """What tells this state from all others, of this lake and of another one at its place."""
        releases = "; ".join(f"{each.layer} {each.number} {each.at}" for each in self.state.releases.values())
        return f"{settings().lake_root} {self.state.version}: {releases}"

    def banners(self, layer: str) -> list[Banner]:
        """What is to be said above numbers of a layer."""
        return banners(layer, self.state, self.newest)

    def source(self, *tables: str) -> str:
        """Where numbers of these tables of one layer come from: release, when it was checked, how old it is, and what was waived."""
        origin = self.state.origin(tables[0])
        at = self.checked_at.get(origin.gate_run or 0, origin.at or self.began)
        waived = sorted({f"{each.table}/{each.expectation}" for table in tables for each in self.state.origin(table).waivers})
        said = f"{', '.join(tables)} · release {origin.release} · checked {moment(at)} · {age(self.began - at)} old"
        return f"{said} · waived: {', '.join(waived)}" if waived else said

    def facts(self, layer: str) -> list[tuple[str, str]]:
        """The same of a whole layer, for the head of a page."""
        found = self.state.releases.get(layer)
        if found is None:
            return []
        runs = [self.checked_at[pin.gate_run] for pin in found.pins.values() if pin.gate_run in self.checked_at]
        at = max(runs, default=found.at)
        said = [("Release", f"{found.number} of {layer}"), ("Checked", moment(at)), ("Age", age(self.began - at))]
        return said + ([("Built from", f"release {found.built_from} of silver")] if found.built_from else [])


def view() -> View:
    """A view that begins now."""
    state, began = release(), datetime.now(UTC)
    since = min((pin.gate_run for each in state.releases.values() for pin in each.pins.values()), default=0)
    bare = View(state, began)
    try:
        rows = bare.records(GATES, since=since).to_dicts()
    except Early:  # no gate has run yet
        rows = []
    return View(state, began, verdicts(rows, state.waivers), checked(rows))


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _answered(key: str, query: str, parameters: tuple[tuple[str, Any], ...], _state: Published) -> pl.DataFrame:
    return plain(answer(query, _state, **dict(parameters)))


@st.cache_resource(show_spinner=False, max_entries=KEPT, ttl=LIVE_FOR)
def _recorded(key: str, query: str, parameters: tuple[tuple[str, Any], ...]) -> pl.DataFrame:
    return plain(recorded(query, **dict(parameters)))


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Sums of integers as integers, money as floats: what charts can draw. Pages show few digits; exports have them all."""
    kinds = {name: pl.Int64 if kind.scale == 0 else pl.Float64 for name, kind in frame.schema.items() if isinstance(kind, pl.Decimal)}
    kinds |= {name: pl.Int64 for name, kind in frame.schema.items() if kind in (pl.Int128, pl.UInt64)}
    return frame.cast(kinds) if kinds else frame  # type: ignore[arg-type]  # names to kinds is what it takes
