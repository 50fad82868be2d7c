"""Which days gold tells of, out of the logs of the tables that it reads."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

from fleetlake.console import Early
from fleetlake.names import table_path
from spark_jobs.build.days import DAY, Calendar, Range

USES = "silver.feature_usage"
CHARGES, END = "silver.cost_charges", "max.charge_period_end"


def calendar(lake: str, versions: Mapping[str, int], through: date | None, before: Range | None) -> Calendar:
    """From the first day with a use of a feature to the last complete day, which is the one before the newest reception, or `through`.

    Raises Early where there is no such day.
    """
    actions = {name: _actions(lake, name, version) for name, version in versions.items() if name.startswith("silver.")}
    first = _first(actions.get(USES))
    last = through or _last(actions.values())
    if first is None or last is None or last < first:
        raise Early(
            f"{USES} has no complete day yet: its first one is {first}, the last complete one {last}", "build when a day has passed"
        )
    return Calendar(first, last, before)


def charged_until(lake: str, versions: Mapping[str, int], days: Calendar) -> date:
    """The last day that anything is charged for, or the last of the calendar where that is later."""
    ends = _actions(lake, CHARGES, versions[CHARGES]).get_column(END, default=None) if CHARGES in versions else None
    last = None if ends is None else ends.max()
    return max(days.last, (last - timedelta(microseconds=1)).date()) if isinstance(last, datetime) else days.last


def _first(actions: pl.DataFrame | None) -> date | None:
    found = None if actions is None or actions.is_empty() else actions["partition.occurred_on"].min()
    return found if isinstance(found, date) else None


def _last(tables: Iterable[pl.DataFrame]) -> date | None:
    newest = [table["max.received_at"].max() for table in tables if "max.received_at" in table.columns]
    received = [moment.astimezone(UTC) for moment in newest if isinstance(moment, datetime)]
    return max(received).date() - DAY if received else None


def _actions(lake: str, name: str, version: int) -> pl.DataFrame:
    found: Any = DeltaTable(table_path(lake, name), version=version).get_add_actions(flatten=True)
    return pl.DataFrame(pa.table(found))
