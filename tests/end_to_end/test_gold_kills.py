"""A build of gold that is killed again and again: the next one goes on from what is released, and readers never see half of anything."""

import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from fleetlake.simulator.plan import FAULTS, Plan
from tests.end_to_end.gold.content import Content, readable, require_equal, rows_at
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
    seen = readable(str(disturbed.lake), GOLD)
    with undisturbed.started(*BUILD) as running:
        marks = list(_marks(running))
        running.finish()

    struck, random = Struck(), Random(SEED)
    phases = [[number for number, mark in enumerate(marks) if mark.startswith(phase)] for phase in ("model", "commit", "build")]
    while len(struck.kills) < KILLS:
        struck.strike(disturbed, random.choice(random.choice(phases)), random)
        require_equal(readable(str(disturbed.lake), GOLD), seen)
    disturbed.run(*BUILD)
    require_equal(readable(str(disturbed.lake), GOLD), seen)
    require_equal(newest(disturbed), newest(undisturbed))

    passed(str(disturbed.lake), "gold")
    require_equal(readable(str(disturbed.lake), GOLD), newest(undisturbed))
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


def newest(fleet: Fleet) -> Content:
    """What the last build wrote."""
    lake = str(fleet.lake)
    return {name: rows_at(lake, name, None) for name in readable(lake, GOLD)}
