"""What is to be trained, and what it will take: known before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from fleetlake.console import Failure
from fleetlake.features import training_set
from fleetlake.features.training import TrainingSet
from fleetlake.readers.queries import answered
from fleetlake.releases import published
from fleetlake.training import store
from fleetlake.training.budget import Budget, Estimate, Machine, Rates, Size, estimate, largest, nearest
from fleetlake.training.learners import probe
from fleetlake.training.task import Task
from fleetlake.training.tasks import task
from fleetlake.training.use_cases import UseCase, use_case
from spark_jobs.training import log

REMEDY = "the lake may be too short: a smaller --horizon, an earlier --since; fleet use-cases says which consents are needed"
GATHER_S = 0.1  # for a million values, as long as no training was measured: labels, features and their way through files


@dataclass(frozen=True)
class Wanted:
    """What to train, on what `release` holds. `since`: leave out older labels. `resumed`: the stopped training run to go on from, of which `done` rounds are there."""

    use: UseCase
    task: Task
    budget: Budget
    release: int
    rounds: int
    horizon_days: int
    weeks: int = 1
    since: datetime | None = None
    is_shuffled: bool = False
    resumed: str = ""
    done: int = 0

    @property
    def labels(self) -> str:
        """SQL."""
        labels = self.task.labels(self.horizon_days)
        return labels if self.since is None else f"select * from ({labels}) where \"at\" >= timestamptz '{self.since.isoformat()}'"

    @property
    def set(self) -> TrainingSet:
        """The labels with features as they were known, of vehicles that allow it; nothing is read yet."""
        return training_set(self.labels, self.use.features, self.release, self.use.tolerance, purposes=self.use.training_consents)


def wanted(
    lake: str,
    name: str,
    *,
    minutes: float | None = None,
    eur: float | None = None,
    release: int | None = None,
    rounds: int | None = None,
    horizon_days: int | None = None,
    resume: str = "",
    **others: Any,
) -> Wanted:
    """What a person asks for, with what the use case and the model have agreed for all else. Raises Failure for a use case that may not."""
    use, of = use_case(name), task(name)
    use.refuse(datetime.now(UTC).date())
    budget = Budget(use.max_minutes if minutes is None else minutes, use.max_cost_eur if eur is None else eur)
    if resume:
        return Wanted(use, of, budget, resumed=resume, **_stopped(name, resume))
    newest = published(lake).number if release is None else release
    return Wanted(use, of, budget, newest, rounds or of.rounds, horizon_days or of.horizon_days, **others)


def _stopped(name: str, run: str) -> Mapping[str, Any]:
    """What a stopped training run had been asked for, and how far it came."""
    folder = store.folder_of(name, run)
    told = store.load(folder).told
    if not (folder / store.SET).exists():
        raise Failure(f"{run} was not stopped, or somebody went on from it already", f"fleet train {name} begins anew")
    since = told["plan"]["since"]
    return {**told["plan"], "since": since and datetime.fromisoformat(since), "done": told["rounds"]}


@dataclass(frozen=True)
class Expected:
    """What a training will take, by which rates, and the most examples that its budget pays for, with what binds."""

    size: Size
    rates: Rates
    estimate: Estimate
    largest_rows: int
    binds: str


def expected(lake: str, wanted: Wanted, machine: Machine, *, is_plan: bool = False) -> Expected:
    """Counts the labels, and looks at what trainings of that size took before, else tries how fast this machine is; for the largest set of a plan it tries in
    any case, since small trainings tell little of large ones. Raises Failure where labels are not released, or there are none."""
    rows, classes = counted(wanted)
    if not rows:
        ahead = f" that looks {wanted.horizon_days} days ahead" if wanted.horizon_days else ""
        raise Failure(f"what is released holds no label{ahead}, of a vehicle whose customer allows {wanted.use.name}", REMEDY)
    trees = (wanted.rounds - wanted.done) * (classes if wanted.task.is_choice else 1)
    size = Size(rows, len(wanted.use.features) + len(wanted.task.context), trees)
    known = nearest(size, log.measured(lake, wanted.use.name, machine.cores))
    tried = probe(machine.cores, GATHER_S) if is_plan or known is None else known
    rates = known or tried
    return Expected(size, rates, estimate(size, rates, machine), *largest(size, tried, machine, wanted.budget))


def counted(wanted: Wanted) -> tuple[int, int]:
    """Labels of vehicles that allow it, and how many different targets they have."""
    target = "target" if wanted.task.is_choice else "0 as target"
    query = f"select vehicle_key, {target}, count(*) as rows from ({wanted.labels}) group by all"
    with answered(query, wanted.release, internal=True) as (relation, _):
        labels = relation.pl()
    allowed = wanted.set.vehicles
    kept = labels if allowed is None else labels.filter(pl.col("vehicle_key").is_in(allowed.implode()))
    return int(kept["rows"].sum()), kept["target"].n_unique()
