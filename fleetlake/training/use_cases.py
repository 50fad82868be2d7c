"""Who may train what, for which purpose, on which features, for how much and until when: use_cases.yml beside this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fleetlake.console import Failure
from fleetlake.features import registry
from fleetlake.releases.model import near

FILE = Path(__file__).with_name("use_cases.yml")
Column = tuple[str, str]  # layer.table, column


@dataclass(frozen=True)
class UseCase:
    """A reason to train a model. `labels`: the columns of released tables that labels are made of. `margin`: by which share of its baseline's value a
    model has to be better. `application`: who pays, as the tag of that name on a bill."""

    name: str
    owner: str
    purpose: str
    model: str
    application: str
    training_consents: tuple[str, ...]
    scoring_consents: tuple[str, ...]
    features: tuple[str, ...]
    labels: tuple[Column, ...]
    tolerance_days: int
    margin: float
    max_minutes: float
    max_cost_eur: float
    expires_on: date

    @property
    def tolerance(self) -> timedelta:
        """How old a value may be to count."""
        return timedelta(days=self.tolerance_days)

    @property
    def columns(self) -> frozenset[Column]:
        """All that it reads."""
        known = registry()
        return frozenset({*self.labels, *((known[name].table, known[name].column) for name in self.features if name in known)})

    @property
    def consents(self) -> dict[str, list[str]]:
        """What customers must have allowed for a vehicle to be trained on, and for it to be scored."""
        known = registry()
        read = {known[name].consent for name in self.features if name in known} - {None}
        both = {"training": self.training_consents, "scoring": self.scoring_consents}
        return {step: sorted({*asked, *(each for each in read if each)}) for step, asked in both.items()}

    @property
    def missing(self) -> list[str]:
        """Features that it reads and that there are no more."""
        return [name for name in self.features if name not in registry()]

    def wrong(self, today: date) -> list[str]:
        """Why it may not train any more, in words."""
        gone = ", ".join(self.missing)
        return [f"the use case {self.name} expired on {self.expires_on}: ask {self.owner}"] * (today > self.expires_on) + [
            f"the use case {self.name} reads features that there are not: {gone}"
        ] * bool(gone)

    def refuse(self, today: date) -> None:
        """Raises Failure for one that has expired, or reads what there is not."""
        if wrong := self.wrong(today):
            raise Failure("; ".join(wrong), f"correct {FILE.name}; fleet use-cases shows all")


@cache
def use_cases() -> Mapping[str, UseCase]:
    """By name, in the order of the file; raises ValueError for a file that says something else than a use case."""
    return {name: _read(name, told) for name, told in yaml.safe_load(FILE.read_text(encoding="utf-8")).items()}


def use_case(name: str) -> UseCase:
    """Raises Failure, with near names, for one that there is not."""
    known = use_cases()
    if name not in known:
        raise Failure(f"there is no use case {name!r}", f"there are {', '.join(near(name, list(known)) or known)}: fleet use-cases")
    return known[name]


def reading(columns: Iterable[Column]) -> list[UseCase]:
    """The use cases that read one of these columns: they break without it."""
    wanted = set(columns)
    return [each for each in use_cases().values() if each.columns & wanted]


def _read(name: str, told: Mapping[str, Any]) -> UseCase:
    plain = {key: told[key] for key in ("owner", "purpose", "model", "application", "tolerance_days", "margin", "expires_on")}
    labels = tuple((table, column) for table, columns in told["labels"].items() for column in columns)
    if surplus := set(told) - {*plain, "labels", "consents", "features", "budget"}:
        raise ValueError(f"{FILE.name}: {name} says {', '.join(sorted(surplus))}, which nobody reads")
    return UseCase(
        name,
        **plain,
        training_consents=tuple(told["consents"]["training"]),
        scoring_consents=tuple(told["consents"]["scoring"]),
        features=tuple(told["features"]),
        labels=labels,
        max_minutes=told["budget"]["minutes"],
        max_cost_eur=told["budget"]["cost_eur"],
    )
