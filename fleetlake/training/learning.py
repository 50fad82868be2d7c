"""From a training set to a model with its figures: pure, but for the learner's own threads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import polars as pl

from fleetlake.training.examples import Examples, split
from fleetlake.training.learners import Fitted, fit
from fleetlake.training.metrics import Comparison, compare
from fleetlake.training.task import Encoding, Task, encoding, settings

if TYPE_CHECKING:
    import lightgbm

Over = Callable[[], str]


@dataclass(frozen=True)
class Plan:
    """How a set is learnt from: its last `weeks` are held out, `rounds` rounds on `cores` cores."""

    features: tuple[str, ...]
    rounds: int
    cores: int
    horizon_days: int = 0
    weeks: int = 1
    is_shuffled: bool = False


@dataclass(frozen=True)
class Trained:
    """A model, and how good it is on what was held out: of each baseline a comparison by each metric, what decides first."""

    fitted: Fitted
    encoding: Encoding
    since: datetime  # from here on everything was held out
    learnt: int
    held_out: int
    vehicles: int  # of those held out
    comparisons: dict[str, list[Comparison]]
    importance: list[tuple[str, float]]  # share of the trees' gain, the largest first

    @property
    def decisive(self) -> Comparison:
        """The first metric beside the first baseline."""
        return next(iter(self.comparisons.values()))[0]


def train(
    task: Task,
    frame: pl.DataFrame,
    plan: Plan,
    over: Over = lambda: "",
    told: Callable[[int], None] = lambda round_: None,
    begun: "lightgbm.Booster | None" = None,
) -> Trained:
    """Learns from a training set and measures. Ends early where `over` gives a reason. Raises Failure for a set that is too short."""
    code = encoding(task, frame, plan.features)
    whole = code.examples(frame)
    since = held_out_since(frame, plan.weeks)
    learnt, held_out = split(whole.shuffled() if plan.is_shuffled else whole, since, task.reach(plan.horizon_days))
    fitted = fit(learnt, settings(task, len(code.classes)), plan.rounds, plan.cores, over, told, begun)
    compared = comparisons(task, fitted, learnt, held_out, len(code.classes))
    return Trained(fitted, code, since, len(learnt), len(held_out), len(set(held_out.vehicle.tolist())), compared, importance(fitted))


def held_out_since(frame: pl.DataFrame, weeks: int) -> datetime:
    """The midnight (UTC) so many weeks before that which follows the last label."""
    last = frame.select(pl.col("at").max()).item()
    return datetime.combine(last.date() + timedelta(days=1), time(), UTC) - timedelta(weeks=weeks)


def comparisons(task: Task, fitted: Fitted, learnt: Examples, held_out: Examples, classes: int) -> dict[str, list[Comparison]]:
    """The model beside each baseline, by each metric, on what was held out."""
    predicted = fitted.predict(held_out.inputs)
    ruled = {name: rule(learnt, held_out, classes) for name, rule in task.baselines.items()}
    return {
        name: [compare(metric, predicted, baseline, held_out.target, held_out.vehicle) for metric in task.metrics]
        for name, baseline in ruled.items()
    }


def importance(fitted: Fitted) -> list[tuple[str, float]]:
    """Each input with its share of what all splits gained."""
    gained = fitted.booster.feature_importance("gain")
    whole = max(float(gained.sum()), 1e-12)
    pairs = zip(fitted.booster.feature_name(), gained.tolist(), strict=True)
    return sorted(((name, each / whole) for name, each in pairs), key=lambda pair: -pair[1])
