"""Steps of charging sessions."""

import numpy as np
import polars as pl

from fleetlake.simulator.batteries import PLACES, sessions
from fleetlake.simulator.day import Day, hex_ids, words
from fleetlake.simulator.family import Family

REASONS = ("target_reached", "user", "vehicle_fault", "station_fault")


def events(day: Day) -> pl.DataFrame:
    """plugged, started, stopped, unplugged of each session that begins on the day; energy and end are known when it stopped."""
    found = sessions(day)
    base = pl.DataFrame(
        {"vehicle": found.vehicle, "session_id": hex_ids(day.rng, len(found.vehicle), 16), "target_soc": found.target.astype(np.int32)}
    )
    base = base.with_columns(location_kind=words(PLACES, found.place), soc_start=pl.Series(found.soc_start.astype(np.int32)))
    done = {"energy_wh": pl.Series(found.energy_wh), "soc_end": pl.Series(found.soc_end.astype(np.int32))}
    reason = words(REASONS, found.fate)
    steps = [
        base.with_columns(at=pl.Series(found.plugged), step=pl.lit("plugged"), soc_start=pl.lit(None, pl.Int32)),
        base.with_columns(at=pl.Series(found.started), step=pl.lit("started")),
        base.with_columns(at=pl.Series(found.stopped), step=pl.lit("stopped"), stop_reason=reason, **done),
        base.with_columns(at=pl.Series(found.unplugged), step=pl.lit("unplugged"), **done),
    ]
    order = ["vehicle", "at", "session_id", "step", "energy_wh", "soc_start", "soc_end", "target_soc", "location_kind", "stop_reason"]
    return pl.concat(steps, how="diagonal").select(order)


FAMILY = Family(
    events=events,
    required=("session_id", "step"),
    out_of_range=({"soc_start": 101}, {"energy_wh": -1}, {"target_soc": 1000}),
    not_allowed=(
        {"step": "exploded"},
        {"location_kind": "moon"},
        {"session_id": "no spaces"},
        {"energy_wh": 5, "soc_start": 80, "soc_end": 20},
        {"step": "plugged", "stop_reason": "user"},
    ),
)
