"""Steps of software campaigns."""

import numpy as np
import polars as pl

from fleetlake.simulator.campaigns import ERRORS, STEPS, Campaigns
from fleetlake.simulator.day import Day, software_names, words
from fleetlake.simulator.family import Family
from fleetlake.simulator.plan import DAY_MS

FAILING = [STEPS.index("failed"), STEPS.index("rolled_back")]


def events(day: Day) -> pl.DataFrame:
    """Every step that a vehicle takes on the day, of all campaigns."""
    at = day.campaigns.at
    campaign, step, vehicle = np.nonzero((at >= day.start_ms) & (at < day.start_ms + DAY_MS))
    before = day.campaigns.software(day.fleet.base_software, vehicle, at[campaign, 0, vehicle] - 1)
    codes = words(ERRORS, (vehicle + campaign) % len(ERRORS))
    return pl.DataFrame(
        {
            "vehicle": vehicle.astype(np.uint32),
            "at": at[campaign, step, vehicle],
            "campaign_id": words(tuple(Campaigns.name(number) for number in range(len(at))), campaign),
            "from_version": software_names(before),
            "to_version": software_names(day.campaigns.version[campaign]),
            "step": words(STEPS, step),
            "error_code": codes.set(pl.Series(~np.isin(step, FAILING)), None),
        }
    )


FAMILY = Family(
    events=events,
    required=("campaign_id", "to_version", "step"),
    not_allowed=(
        {"step": "hoped"},
        {"from_version": "1.0", "to_version": "1.0"},
        {"step": "offered", "error_code": "E1"},
        {"campaign_id": "spring campaign"},
    ),
)
