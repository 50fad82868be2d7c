"""Whether feature values are what history says: vehicles are drawn, all that is served of them is computed again from released events, and compared.

The second computation (consistency.sql, by DuckDB) counts the events of each window one by one; the model adds up days. They share no step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from fleetlake.console import Failure
from fleetlake.features.declared import registry
from fleetlake.features.tables import pinned, scanned
from fleetlake.readers.queries import engine
from fleetlake.releases import AsOf, Published, published, rows_of
from fleetlake.settings import settings

LAYER, TABLE, REPLAYS = "features", "features.vehicle_profiles", "ops.replays"
KEY = ["vehicle_key", "day", "known_at"]
SQL = Path(__file__).with_name("consistency.sql")
FAMILIES = ("vehicle_signals", "charging", "remote_commands", "feature_usage", "ota_updates", "assistant_interactions")
PARTS = ("of_boots", "of_signals", "of_charging", "of_commands", "of_updates", "of_the_assistant", "of_use")
KNOWN = "e.vehicle_key = m.vehicle_key and e.occurred_on between m.day - 27 and m.day and e.heard_at < m.known_at"
RELATIVE, ABSOLUTE = 1e-5, 1e-3  # of float32, and of means that the model takes over rounded numbers
COUNTS = ("trips", "sessions", "commands", "updates", "requests", "features", "uses")  # units of what is 0 where there is nothing
USES = "_uses_"


@dataclass(frozen=True)
class Compared:
    """How many rows and values were looked at, and what differs: vehicle_key, day, known_at, feature, served, computed."""

    release: int
    vehicles: int
    rows: int
    values: int
    differences: pl.DataFrame


def compare(vehicles: int = 10, seed: int = 0, as_of: AsOf = None) -> Compared:
    """Computes all rows of so many vehicles again, drawn by the seed. Raises Failure where the table is not released, or has no row."""
    lake = settings().lake_root
    state = published(lake, as_of)
    table = scanned(lake, pinned(state, [TABLE])[TABLE])
    drawn = _drawn(table, vehicles, seed)
    if not drawn:
        raise Failure(f"{TABLE} of release {state.number} has no row", "fleet build features, when events have come")
    served = table.filter(pl.col("vehicle_key").is_in(drawn)).collect()
    computed = _computed(lake, state, _query(lake, state.releases[LAYER].at, drawn, _span(table)))
    return Compared(state.number, len(drawn), served.height, served.height * len(registry()), differing(served, computed))


def differing(served: pl.DataFrame, computed: pl.DataFrame) -> pl.DataFrame:
    """A row per value that is not what it should be; a row that is on one side only has null on the other, in `events_28d`, which is never null."""
    sides = [
        side.select(*KEY, *registry()).unpivot(index=KEY, variable_name="feature", value_name=name)
        for side, name in ((served, "served"), (computed, "computed"))
    ]
    both = sides[0].join(sides[1], on=[*KEY, "feature"], how="full", coalesce=True)
    distance = (pl.col("served") - pl.col("computed")).abs()
    is_same = (distance <= ABSOLUTE + RELATIVE * pl.col("computed").abs()) | pl.all_horizontal(pl.col("served", "computed").is_null())
    return both.filter(~is_same.fill_null(value=False)).sort(*KEY, "feature")


def _drawn(table: pl.LazyFrame, vehicles: int, seed: int) -> list[str]:
    known = table.select(pl.col("vehicle_key").unique().sort()).collect()["vehicle_key"]
    return sorted(known.sample(min(vehicles, len(known)), seed=seed))


def _span(table: pl.LazyFrame) -> Mapping[str, Any]:
    told = {
        "first": pl.col("day").min(),
        "last": pl.col("known_on").max(),
        "known_after": (pl.col("known_at") - pl.col("known_on").cast(pl.Datetime("us", "UTC"))).min(),
    }
    found: dict[str, Any] = table.select(**told).collect().row(0, named=True)
    return found | {"known_after": int((found["known_after"] - timedelta(days=1)).total_seconds() // 60)}


def _computed(lake: str, state: Published, query: str) -> pl.DataFrame:
    """The answer over the silver that the table was built from."""
    own = state.releases.get(LAYER)
    silver = published(lake, own.built_from) if own and own.built_from else state
    with engine(lake).asked(query, silver, internal=True) as answer:
        return answer.pl().with_columns(pl.col(list(registry())).cast(pl.Float32))


def _query(lake: str, before: datetime | None, drawn: Sequence[str], span: Mapping[str, Any]) -> str:
    told = {
        "replays": _replays(lake, before),
        "families": ",\n".join(f"{family} as ({_family(family)})" for family in FAMILIES),
        "every_event": " union all ".join(f"select vehicle_key, occurred_on, heard_at, is_late from {family}" for family in FAMILIES),
        "known": KNOWN,
        "uses": ",\n        ".join(_uses(name) for name in registry() if USES in name),
        "features": ", ".join(dict.fromkeys(_text(name.partition(USES)[0]) for name in registry() if USES in name)),
        "columns": ", ".join(_column(name, each.unit) for name, each in registry().items()),
        "joins": "\n".join(f"left join {part} using (vehicle_key, day, known_on)" for part in PARTS),
        "vehicles": f"[{', '.join(map(_text, drawn))}]",  # last, since what is put in above names them
    }
    query = SQL.read_text(encoding="utf-8")
    for name, value in (told | {name: str(value) for name, value in span.items()}).items():
        query = query.replace(f"{{{name}}}", value)
    return query


def _family(name: str) -> str:
    at = "greatest(e.received_at, r.replayed_at) as heard_at"
    return f'select e.*, {at} from silver.{name} e left join replayed r using (topic_id, partition, "offset") where list_contains({{vehicles}}, e.vehicle_key)'


def _uses(name: str) -> str:
    feature, _, days = name.partition(USES)
    attempt = "(e.occurred_on, coalesce(e.correlation_id, e.event_id))"
    return f"count(distinct {attempt}) filter (where e.feature_id = {_text(feature)} and e.occurred_on > m.day - {days.removesuffix('d')}) as {name}"


def _column(name: str, unit: str) -> str:
    is_count = unit in COUNTS or name.startswith(("charged_kwh", "driving_hours"))
    return f"coalesce({name}, 0) as {name}" if is_count else name


def _replays(lake: str, before: datetime | None) -> str:
    """The replays that had been made when the table was released, as a relation."""
    rows = [row for row in rows_of(lake, REPLAYS)[0] if (before is None or row["at"] <= before) and row["accepted"] and not row["dry_run"]]
    empty = "(null::text, null::bigint, null::text, null::timestamptz, null::timestamptz)"
    values = ", ".join(
        f"({_text(row['family'])}, {row['run']}, {_text(row['reason'])}, {_text(row['since'])}, {_text(row['at'])})" for row in rows
    )
    return f"(select * from (values {', '.join(filter(None, (empty, values)))}) as told(family, run, reason, since, ended_at) where family is not null)"


def _text(value: object) -> str:
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"
