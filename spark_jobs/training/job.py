"""A training, from the budget's yes to the booking."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl

from fleetlake.features.manifest import Manifest
from fleetlake.settings import settings
from fleetlake.training import store
from fleetlake.training.budget import Machine, Watch
from fleetlake.training.card import card, markdown
from fleetlake.training.learning import Plan, Trained, train
from spark_jobs.training import bill, log
from spark_jobs.training.wanted import Expected, Wanted

Told = Callable[[str, int, int], None]  # what is done, how much of it, out of how much
CENT = Decimal("1e-9")  # trainings on a laptop cost less than one


@dataclass
class Training:
    """One training run. `facts` fills with its row of ops.ml_runs while it goes on."""

    lake: str
    wanted: Wanted
    expected: Expected
    machine: Machine
    told: Told = lambda text, done, whole: None
    id: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dt%H%M%S}-{uuid4().hex[:6]}")
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where model, card and manifest are kept."""
        return store.folder_of(self.wanted.use.name, self.id)

    def run(self) -> dict[str, Any]:
        """Trains, and books what that took whatever comes of it; the row of ops.ml_runs. Raises Failure for what the budget does not pay for: then nothing ran."""
        budget = self.wanted.budget
        budget.refuse(self.expected.estimate, self.machine, self.expected.largest_rows)
        self.facts, watch = self._begun(), Watch(budget, self.machine)
        try:
            self._gather()
            self.facts["gather_seconds"] = watch.seconds
            trained = self._learn(watch)
            self._describe(trained, watch)
        finally:
            row = self._book(watch)
        return row

    def _begun(self) -> dict[str, Any]:
        wanted, estimate = self.wanted, self.expected.estimate
        asked = {"use_case": wanted.use.name, "release": wanted.release, "is_shuffled": wanted.is_shuffled}
        allowed = {"max_minutes": wanted.budget.minutes, "max_cost_eur": wanted.budget.eur, "cores": self.machine.cores}
        foreseen = {"estimated_seconds": estimate.seconds, "estimated_cost_eur": estimate.eur, "features": self.expected.size.features}
        started = {"training_run": self.id, "started_at": datetime.now(UTC), "resumed_from": wanted.resumed or None}
        return asked | allowed | foreseen | started | {"outcome": "failed", "gather_seconds": 0.0, "fit_seconds": 0.0}

    def _gather(self) -> None:
        """The training set in the run's folder: made now, or taken over from the run that was stopped."""
        self.told("gathering features", 0, 0)
        use, path = self.wanted.use, self.folder / store.SET
        if self.wanted.resumed:
            self.folder.mkdir(parents=True)
            (store.folder_of(use.name, self.wanted.resumed) / store.SET).rename(path)
            manifest = Manifest.read(path / store.MANIFEST)
        else:
            manifest = self.wanted.set.write(path)
        self.facts |= {"rows": manifest.rows, "manifest": manifest.checksum}

    def _learn(self, watch: Watch) -> Trained:
        wanted, began = self.wanted, time.monotonic()
        plan = Plan(wanted.use.features, wanted.rounds, self.machine.cores, wanted.horizon_days, wanted.weeks, wanted.is_shuffled)
        begun = store.load(store.folder_of(wanted.use.name, wanted.resumed)).fitted.booster if wanted.resumed else None
        frame = pl.read_parquet(self.folder / store.SET / "part-*.parquet")
        trained = train(wanted.task, frame, plan, watch.over, lambda done: self.told("growing trees", done, wanted.rounds), begun)
        self.facts["fit_seconds"] = time.monotonic() - began
        return trained

    def _describe(self, trained: Trained, watch: Watch) -> None:
        """Keeps the model, or the checkpoint of one whose training was stopped."""
        names = ("training_run", "use_case", "manifest", "release", "is_shuffled")
        kept = {name: self.facts[name] for name in names} | {"plan": _plain(self.wanted)}
        self.facts |= log.figures(trained, self.wanted.use.margin)
        self.facts |= {
            "model": store.keep(self.folder, trained.fitted, trained.encoding, kept),
            "outcome": "stopped" if trained.fitted.stopped else "done",
        }
        spent = {"model": self.facts["model"], "seconds": round(watch.seconds, 3), "cost_eur": round(watch.eur, 9)}
        described = card(self.wanted.task, self.wanted.use, trained, kept | spent)
        store.describe(self.folder, described, markdown(described))
        if not trained.fitted.stopped:
            store.release_set(self.folder)

    def _book(self, watch: Watch) -> dict[str, Any]:
        seconds = watch.seconds
        cost = Decimal(self.machine.eur(seconds)).quantize(CENT)
        row = log.write(self.lake, self.facts | {"ended_at": datetime.now(UTC), "seconds": seconds, "cost_eur": cost})
        if settings().bills_itself:
            bill.send(settings().inbox_root, log.runs(self.lake), bill.month_of(row["started_at"]))
        return row


def _plain(wanted: Wanted) -> dict[str, Any]:
    """What a training needs to go on."""
    names = ("release", "rounds", "horizon_days", "weeks", "since", "is_shuffled")
    return {name: value for name, value in asdict(wanted).items() if name in names}
