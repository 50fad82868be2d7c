"""Whether what a mart withholds is what must be withheld, judged from the outside: by the marts' words, the true numbers, and an attacker's algebra.

Nothing of the product's withholding is used: an attacker here solves all equations of a group at once by singular values, over the reals.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from tests.gold.compare import described

TOTAL = "all"
NEARLY = 1e-9
Row = Mapping[str, Any]
Cell = tuple[int, str]


@dataclass(frozen=True)
class Shape:
    """What the description of a mart says: inside what totals and parts belong together, and which values are computed over whom.

    `of`: a count that is part of another one. `sums`: counts of a row that add up to another count of it.
    """

    within: tuple[str, ...]
    slices: tuple[str, ...]
    counts: Mapping[str, tuple[str, ...]]
    of: Mapping[str, str] = field(default_factory=dict)
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


SHAPES = {
    "feature_usage_daily": Shape(
        ("used_on", "feature_id"),
        ("model", "market", "sw_version"),
        {
            "eligible": ("adoption", "penetration"),
            "users": ("uses", "duration_ms", "success_rate"),
            "dav": ("successes", "stickiness"),
            "wav": (),
            "mav": ("active_days", "intensity", "penetration", "stickiness"),
            "adopted": ("adoption",),
            "former_users": (),
            "users_not_eligible": ("uses_not_eligible",),
        },
        of=dict.fromkeys(("users", "dav", "wav", "mav", "adopted"), "eligible"),
    ),
    "feature_retention_weekly": Shape(
        ("week_ended_on", "feature_id"),
        ("cohort",),
        {"vehicles": ("retention",), "active": ("retention",), "new": (), "retained": (), "resurrected": (), "dormant": ()},
        sums={"vehicles": ("active", "dormant"), "active": ("new", "retained", "resurrected")},
    ),
    "command_funnel_daily": Shape(
        ("requested_on",), ("command", "market"), {"vehicles": ("commands", "executed", "failed", "success", "to_executed_p95_ms")}
    ),
    "charging_daily": Shape(("started_on",), ("location_kind", "market"), {"vehicles": ("sessions", "succeeded", "energy_wh", "success")}),
    "navigation_daily": Shape(("planned_on",), ("market",), {"vehicles": ("routes", "arrived", "driven_m", "map_updates")}),
    "assistant_daily": Shape(("asked_on",), ("intent", "market"), {"vehicles": ("interactions", "done", "tokens_in", "by_model")}),
    "api_slo_hourly": Shape(("called_on", "called_at"), ("service", "region"), {"vehicles": ("requests", "good", "sli", "latency_p99_ms")}),
    "battery_health_monthly": Shape(("from_on",), ("model",), {"vehicles": ("state_of_health_mean_percent", "slope_percent_per_10000_km")}),
    "fleet_daily": Shape(
        ("observed_on",),
        ("model", "market"),
        {"active": ("coverage",), "heard_from": ("coverage",), "vehicles": ("events", "late_events", "numbers_lost", "loss_share")},
        of={"heard_from": "active"},
    ),
    "ota_campaigns": Shape(
        ("campaign_id",),
        ("model",),
        {
            "targeted": ("reach",),
            "offered": ("reach",),
            "accepted": (),
            "downloaded": (),
            "installed": ("install_success", "rollback_rate"),
            "succeeded": ("install_success", "to_90_percent_ms"),
            "failed": (),
            "rolled_back": ("rollback_rate",),
        },
    ),
    "ota_regressions": Shape(
        ("begun_on", "campaign_id"),
        ("kpi",),
        {
            "updated_vehicles": ("good_before", "total_after", "change", "effect"),
            "control_vehicles": ("control_good_before", "control_total_after", "control_change", "effect"),
        },
    ),
}


def faults(mart: str, published: pl.DataFrame, true: pl.DataFrame, k: int) -> list[str]:
    """A sentence for each thing that is told of fewer than k vehicles, can be derived, is untrue, or is withheld without need."""
    shape, key = SHAPES[mart], described(mart)["key"]
    both = published.join(true, on=key, how="full", suffix="/true", nulls_equal=True, coalesce=True)
    found = [f"{mart}: {len(published)} rows, and {len(true)} in truth"] if not len(published) == len(true) == len(both) else []
    found += [f"{mart} {row}" for row in _of_rows(shape, both.to_dicts(), list(described(mart)["columns"]), k)]
    for group in both.partition_by(shape.within):
        found += [f"{mart} {group.select(shape.within).row(0)}: {fault}" for fault in _of_group(shape, group.to_dicts(), k)]
    return found


def _of_rows(shape: Shape, rows: Sequence[Row], columns: Sequence[str], k: int) -> Iterator[str]:
    """What single rows tell."""
    values = [name for name in columns if name != "is_withheld" and f"{name}/true" in rows[0]] if rows else []
    for row in rows:
        is_hidden = {name: row[name] is None and row[f"{name}/true"] is not None for name in values}
        if untrue := [name for name in values if row[name] is not None and row[name] != row[f"{name}/true"]]:
            yield f"{row[untrue[0]]!r} is told as {untrue[0]}, and it is {row[f'{untrue[0]}/true']!r}"
        for count, computed in shape.counts.items():
            if _is_small(shape, row, count, k) and not is_hidden[count]:
                yield f"{count} is told of {row[f'{count}/true']}"
            if is_hidden[count] and (told := [name for name in computed if row[name] is not None]):
                yield f"{told[0]} is told, and the number of vehicles that it is computed over is not"
        if row["is_withheld"] != any(is_hidden[count] for count in shape.counts):
            yield f"is_withheld says {row['is_withheld']}"


def _is_small(shape: Shape, row: Row, count: str, k: int) -> bool:
    """Whether a count tells of few: of one to k - 1 vehicles, or that none of so few is in it."""
    whole = shape.of.get(count)
    return 0 < row[f"{count}/true"] < k or bool(whole and row[f"{count}/true"] == 0 < row[f"{whole}/true"] < k)


def _of_group(shape: Shape, rows: Sequence[Row], k: int) -> Iterator[str]:
    """What totals and parts tell together: each count by itself, unless counts of a row add up."""
    for counts in [tuple(shape.counts)] if shape.sums else [(count,) for count in shape.counts]:
        yield from _of_counts(shape, rows, counts, k)


def _of_counts(shape: Shape, rows: Sequence[Row], counts: Sequence[str], k: int) -> Iterator[str]:
    cells = list(product(range(len(rows)), counts))
    hidden = np.array([rows[row][count] is None for row, count in cells])
    if not hidden.any():
        return
    if not any(_is_small(shape, row, count, k) for row in rows for count in counts):
        yield f"{counts} is withheld, and nothing is told of few"
    equations = list(_equations(shape, rows, counts))
    for total, parts in equations:
        unknown = [(row, count) for row, count in parts if rows[row][count] is None]
        rest = sum(rows[row][f"{count}/true"] for row, count in unknown)
        if unknown and rows[total[0]][total[1]] is not None and rest < k:
            yield f"what is withheld of {total[1]} adds up to {rest}"
    matrix = np.zeros((len(equations), len(cells)))
    for number, (total, parts) in enumerate(equations):
        matrix[number, cells.index(total)] = -1
        matrix[number, [cells.index(part) for part in parts]] = 1
    for number in np.flatnonzero(hidden)[_derived(matrix[:, hidden])]:
        row, count = cells[number]
        yield f"{count} of {[rows[row][name] for name in shape.slices]} follows from what is told"


def _equations(shape: Shape, rows: Sequence[Row], counts: Sequence[str]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Each total with its parts, as places of rows and names of counts."""
    for total, parts in _totals(shape, rows):
        yield from (((total, count), [(part, count) for part in parts]) for count in counts)
    for row in range(len(rows)):
        yield from (((row, whole), [(row, part) for part in parts]) for whole, parts in shape.sums.items())


def _totals(shape: Shape, rows: Sequence[Row]) -> Iterator[tuple[int, list[int]]]:
    """Each row, and for each finer way to slice the rows that it is the total of."""
    ways = [frozenset(name for name in shape.slices if row[name] != TOTAL) for row in rows]
    for number, (row, way) in enumerate(zip(rows, ways, strict=True)):
        for finer in {other for other in ways if way < other}:
            parts = [at for at, other in enumerate(rows) if ways[at] == finer and all(other[name] == row[name] for name in way)]
            if parts:
                yield number, parts


def _derived(matrix: np.ndarray) -> np.ndarray:
    """Which unknowns have one solution: those that no solution of the homogeneous equations moves."""
    _, sizes, right = np.linalg.svd(matrix, full_matrices=True)
    free = right[(sizes > NEARLY).sum() :]
    fixed: np.ndarray = (np.abs(free) < NEARLY).all(axis=0)
    return fixed
