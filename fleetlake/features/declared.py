"""All features that models may read, as features.yml beside this declares them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fleetlake.console import Failure
from fleetlake.releases.model import near

FILE = Path(__file__).with_name("features.yml")
DTYPE = "float32"  # of all of them: what learners take as it is


@dataclass(frozen=True)
class Feature:
    """A column of a table with the grain (vehicle_key, day, known_at). `window`: days that it looks back on, the last one included."""

    name: str
    table: str
    group: str
    unit: str
    window: int
    description: str
    owner: str
    purpose: str
    consent: str | None
    tests: tuple[str, ...]

    @property
    def column(self) -> str:
        """A feature is called like its column."""
        return self.name

    @property
    def dtype(self) -> str:
        """A null is a value that is not known."""
        return DTYPE


@cache
def registry() -> Mapping[str, Feature]:
    """By name, in the order of the file; raises ValueError for a name that two features have."""
    features = list(_read(yaml.safe_load(FILE.read_text(encoding="utf-8"))))
    found = {each.name: each for each in features}
    if len(found) < len(features):
        raise ValueError(f"{FILE.name} declares a name twice: {sorted(each.name for each in features)}")
    return found


def chosen(names: Iterable[str]) -> tuple[Feature, ...]:
    """The features of these names, in their order; raises Failure for one that there is not, with near names, for one named twice, and for none."""
    wanted, known = list(names), registry()
    for name in wanted:
        if name not in known:
            alike = near(name, list(known))
            raise Failure(
                f"there is no feature {name!r}",
                f"near it are {', '.join(alike)}" if alike else "fleet features list shows all",
            )
        if wanted.count(name) > 1:
            raise Failure(f"{name} is asked for twice", "name each feature once")
    if not wanted:
        raise Failure("no feature is asked for", "fleet features list shows all")
    return tuple(known[name] for name in wanted)


def _read(document: Mapping[str, Any]) -> Iterator[Feature]:
    for table, groups in document["tables"].items():
        for group, told in groups.items():
            shared = {
                "table": table,
                "group": group,
                "owner": told["owner"],
                "purpose": told["purpose"],
                "consent": told.get("consent"),
                "tests": tuple(told["tests"]),
            }
            for name, own in told["features"].items():
                yield Feature(name, **shared, **own)
