"""A build of gold that is killed again and again: the next one goes on from what is released, and readers never see half of anything."""

import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random

import polars as pl
import pytest
from deltalake import DeltaTable

from fleetlake.names import table_path
from fleetlake.releases import published
from fleetlake.simulator.plan import FAULTS, Plan
from tests.end_to_end.gold.lake import GOLD, passed
from tests.end_to_end.kills.commands import Fleet, Running
from tests.gold.silver import released, simulated
from tests.gold.twice import billed

pytestmark = [pytest.mark.drill, pytest.mark.end_to_end]
PLAN = Plan(vehicles=30, days=12, density=8, rates=FAULTS, turnover=10, seed=3)
LAST = PLAN.start + timedelta(days=PLAN.days)
SEED, KILLS = 7, 12
LONGEST_DELAY_S = 1.0  # a model's query takes about as long
BUILD = ("build", "gold", "--through", LAST)
Content = Mapping[str, pl.DataFrame]


@dataclass
class Struck:
    """Kills by the phase that a build was in: restore, model, commit (of a model's rows), build (its entry in ops.builds)."""

    kills: list[str] = field(default_factory=list)

    def strike(self, fleet: Fleet, number: int, random: Random) -> None:
        """Starts a build and kills it soon after its mark of that number, or after the last one that it says before."""
        with fleet.started(*BUILD) as running:
            marks = list(islice(_marks(running), number + 1))
            time.sleep(random.uniform(0, LONGEST_DELAY_S))
            is_struck = running.is_alive
            running.kill()
        if is_struck:
            self.kills.append(marks[-1])
            print(f"{len(self.kills):3} killed after {marks[-1]!r}, mark {len(marks)}", flush=True)


def _marks(running: Running):
    while marks := running.mark():
        yield from marks


@pytest.mark.timeout(3600)
def test_a_build_that_is_killed_twelve_times_ends_as_if_nothing_had_happened(home, tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_SMALLEST_CELL", "3")
    undisturbed, disturbed = lakes(tmp_path)
    seen = readable(disturbed)
    with undisturbed.started(*BUILD) as running:
        marks = list(_marks(running))
        running.finish()

    struck, random = Struck(), Random(SEED)
    phases = [[number for number, mark in enumerate(marks) if mark.startswith(phase)] for phase in ("model", "commit", "build")]
    while len(struck.kills) < KILLS:
        struck.strike(disturbed, random.choice(random.choice(phases)), random)
        assert_equal(readable(disturbed), seen)
    disturbed.run(*BUILD)
    assert_equal(readable(disturbed), seen)
    assert_equal(newest(disturbed), newest(undisturbed))

    passed(str(disturbed.lake), "gold")
    assert_equal(readable(disturbed), newest(undisturbed))
    print(Counter(mark.split()[0] for mark in struck.kills))
    assert {mark.split()[0] for mark in struck.kills} >= {"restore", "model", "commit"}


def lakes(folder: Path) -> tuple[Fleet, Fleet]:
    """Two lakes with the same released gold, and a newer release of silver with what came ten days late."""
    one, other = (
        Fleet.here(folder / name, FLEET_HOME=str(folder / name), FLEET_LAKE=str(folder / name / "lake")) for name in ("one", "other")
    )
    rows, lake = simulated(PLAN), str(one.lake)
    early = rows.received_before(LAST + timedelta(days=1))
    billed(lake, PLAN, folder)
    released(lake, early)
    one.run(*BUILD)
    passed(lake, "gold")
    released(lake, rows.without(early))
    shutil.copytree(one.lake, other.lake, dirs_exist_ok=True)
    return one, other


def readable(fleet: Fleet) -> Content:
    """What readers see of gold."""
    releases = published(str(fleet.lake)).releases
    return {name: _rows(fleet, name, pin.version) for layer in GOLD for name, pin in releases[layer].pins.items()}


def newest(fleet: Fleet) -> Content:
    """What the last build wrote."""
    return {name: _rows(fleet, name, None) for name in readable(fleet)}


def _rows(fleet: Fleet, name: str, version: int | None) -> pl.DataFrame:
    frame = pl.read_delta(DeltaTable(table_path(str(fleet.lake), name), version=version))
    return frame.sort(pl.struct(sorted(frame.columns)).hash(1))


def assert_equal(one: Content, other: Content) -> None:
    """The same tables with the same rows."""
    assert one.keys() == other.keys()
    assert len(one) > 40
    assert [name for name in one if not one[name].equals(other[name])] == []
