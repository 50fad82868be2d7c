"""What the simulator must know of a family, and where the families are found: one module each in `families`."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl

from fleetlake.simulator import families
from fleetlake.simulator.day import Day

Break = Mapping[str, Any]  # column -> the value that breaks the contract


@dataclass(frozen=True)
class Family:
    """A generator and the ways to break its events.

    `events(day)` returns one row per event: `vehicle` (uint32, its number), `at` (int64, ms since 1970), then the family's own columns, typed.
    `bulky(draws)` makes columns that are too large to keep a day of, from one random uint64 per event: the same draw gives the same columns.
    """

    events: Callable[[Day], pl.DataFrame]
    required: tuple[str, ...]  # each of them missing breaks the contract
    out_of_range: tuple[Break, ...] = ()
    not_allowed: tuple[Break, ...] = ()
    has_boots: bool = True  # back ends have neither boot nor sequence
    fills_up: bool = False  # makes what is left of the events per vehicle and day, after all others
    bulky: Callable[[np.ndarray, int], pl.DataFrame] | None = None


@cache
def registry() -> dict[str, Family]:
    """Every module of `fleetlake.simulator.families` by name: a new family is a new module there; those that fill up come last."""
    names = sorted(module.name for module in pkgutil.iter_modules(families.__path__))
    found: dict[str, Family] = {name: import_module(f"{families.__name__}.{name}").FAMILY for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1].fills_up))
