"""Gradient-boosted trees by LightGBM, one round after the other, for as long as a budget lasts."""

import importlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fleetlake.training.budget import Rates, Size
from fleetlake.training.examples import Array, Examples

if TYPE_CHECKING:
    from types import ModuleType

    import lightgbm

Settings = Mapping[str, Any]  # LightGBM's parameters
REPEATABLE = {"seed": 1, "deterministic": True, "force_row_wise": True, "verbose": -1}
PROBE = Size(rows=50_000, features=40, trees=20)  # large enough that what each tree costs by itself does not show


def library() -> "ModuleType":
    """LightGBM, whose threads sleep while they wait for each other: where others use the cores, too, threads that spin make it fifty times slower."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when the library is loaded
    return importlib.import_module("lightgbm")


@dataclass(frozen=True)
class Fitted:
    """Trees, and why they are fewer than were asked for; nothing where they are not."""

    booster: "lightgbm.Booster"
    stopped: str = ""

    @property
    def rounds(self) -> int:
        """That were finished."""
        return self.booster.current_iteration()

    def predict(self, inputs: Array) -> Array:
        """A value per example; for classes a row of probabilities."""
        return np.asarray(self.booster.predict(inputs))


def fit(
    learnt: Examples,
    how: Settings,
    rounds: int,
    cores: int,
    over: Callable[[], str] = lambda: "",
    told: Callable[[int], None] = lambda round_: None,
    begun: "lightgbm.Booster | None" = None,
) -> Fitted:
    """Grows `rounds` rounds of trees, and ends early, with those that it has, when `over` gives a reason.

    `begun`: goes on behind the rounds of an earlier one. The same examples, settings and cores give the same trees.
    """
    lightgbm = library()
    data = lightgbm.Dataset(learnt.inputs, learnt.target, feature_name=list(learnt.names), free_raw_data=False)
    reasons: list[str] = []

    def watch(state: Any) -> None:
        told(state.iteration + 1)
        if reason := over():
            reasons.append(reason)
            raise lightgbm.callback.EarlyStopException(state.iteration, [])

    done = begun.current_iteration() if begun else 0
    booster = lightgbm.train(
        {**REPEATABLE, "num_threads": cores, **how}, data, rounds - done, init_model=begun, callbacks=[watch], keep_training_booster=True
    )
    return Fitted(booster, reasons[0] if reasons and booster.current_iteration() < rounds else "")


def probe(cores: int, gather_s: float) -> Rates:
    """How fast this machine learns, measured now on random numbers. `gather_s` is as in Rates; sorting values into bins comes on top of it."""
    rng, nothing = np.random.default_rng(0), np.zeros(PROBE.rows, np.int64)
    inputs = rng.random((PROBE.rows, PROBE.features), np.float32)
    made = Examples(inputs, tuple(f"x{number}" for number in range(PROBE.features)), rng.random(PROBE.rows), nothing, nothing)
    ends, began = list[float](), time.monotonic()
    fit(made, {"objective": "regression", "num_leaves": 15}, PROBE.trees, cores, told=lambda done: ends.append(time.monotonic()))
    a_tree = (ends[-1] - ends[0]) / (len(ends) - 1)
    bins = max(ends[0] - began - a_tree, 0.0) / PROBE.values * 1e6
    return Rates(gather_s + bins, a_tree / PROBE.values * 1e9, f"a probe of {PROBE.rows:,} random examples")
