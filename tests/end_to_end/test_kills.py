"""Whatever is killed whenever: a plain start goes on, and nothing is lost, doubled or judged twice."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.end_to_end.kills.aims import LAND, REFINE, Aim
from tests.end_to_end.kills.commands import Fleet
from tests.end_to_end.kills.contracts import NARROWED, VERSION, narrowed
from tests.end_to_end.kills.drill import Drill, truth_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.usefixtures("no_topics", "home")]
SEED = 7
PHASES = {f"{aim.command} {aim.phase}" for aim in (*LAND, *REFINE)}
IN_MAKE_DRILL = 50
UNCUT = 'others = "all"\ntwin_repartitioned = 0'  # topics keep their one partition, so that a start has less to do


@pytest.fixture
def fleet(tmp_path, no_topics, home) -> Fleet:
    """Small batches and small runs, so that a process soon has much to lose."""
    return Fleet.here(tmp_path / "fleet", FLEET_RUN_BYTES="1", FLEET_ITEM_BYTES="20000")


@pytest.fixture
def changed(tmp_path) -> Path:
    """Contracts that refuse what ours accept."""
    return narrowed(tmp_path / "contracts")


@pytest.mark.timeout(600)
def test_six_kills_change_nothing(fleet, changed, tmp_path):
    drill = Drill(fleet, SEED, changed)
    fleet.run("topics", "create", "--partitions", 1)
    (tmp_path / "uncut.toml").write_text(UNCUT)
    truth = simulate(fleet, tmp_path / "truth", SEED, faults=tmp_path / "uncut.toml")
    for aim in LAND[:2]:
        assert drill.strike(aim)
        drill.forget_checkpoints()
    drill.finish("land")
    _, intent, between, close = REFINE
    assert drill.strike(intent)
    for aim in (between, between, close):  # all go on with the run of the first, word for word, and need no JVM for it
        assert drill.strike(aim, is_changed=True)
    assert drill.finish_without_a_worker("refine")
    assert drill.histogram() == {"land between": 1, "land files": 1, "refine between": 2, "refine close": 1, "refine intent": 1}
    require_truth(fleet, truth)


@pytest.mark.drill
@pytest.mark.timeout(3 * 3600)
def test_fifty_kills_change_nothing(fleet, changed, tmp_path):
    drill = Drill(fleet, SEED, changed)
    fleet.run("topics", "create", "--partitions", 2)
    truths: list[Path] = []
    lost_workers: set[str] = set()
    while len(drill.counted) < IN_MAKE_DRILL:
        assert len(truths) < IN_MAKE_DRILL, f"the kills strike nothing: {drill.kills}"
        seed = SEED + len(truths)
        truths.append(simulate(fleet, tmp_path / f"truth-{seed}", seed, vehicles=40))
        for command, aims in (("land", LAND), ("refine", REFINE)):
            drill.strike_all(command, [*aims, *aims[1:], Aim(command, "anywhere", 0.5)], upto=IN_MAKE_DRILL)
            drill.forget_checkpoints()
            if command in lost_workers:
                drill.finish(command)
            elif drill.finish_without_a_worker(command):
                lost_workers.add(command)
        require_truth(fleet, truth_of(truths, tmp_path / f"truth-until-{seed}"))
    print(f"{len(drill.counted)} kills: {drill.histogram()}, {sum(kill.is_changed for kill in drill.counted)} under changed contracts")
    assert drill.histogram().keys() >= PHASES
    assert lost_workers == {"land", "refine"}
    assert any(kill.is_changed for kill in drill.counted)


def test_the_changed_contracts_are_what_a_command_reads(fleet, changed):
    for name, (column, maximum) in NARROWED.items():
        said = json.loads(fleet.run("describe", name.replace("/", "."), "--json", FLEET_CONTRACTS=str(changed)))
        [found] = [each for each in said["columns"] if each["name"] == column]
        assert (said["version"], found["maximum"]) == (VERSION, maximum)


def simulate(fleet: Fleet, folder: Path, seed: int, faults: Path | str = "all", vehicles: int = 10) -> Path:
    """Sends a small fleet's events; the folder of the truth about them."""
    fleet.run("simulate", "--vehicles", vehicles, "--days", 2, "--seed", seed, "--faults", faults, "--truth", folder)
    return folder


def require_truth(fleet: Fleet, truth: Path) -> None:
    """The auditor finds nothing, every count is that of the simulator, and no verdict is of the changed contracts."""
    fleet.run("audit", "--full")
    fleet.run("report", "--truth", truth)
    judged_by = pl.read_delta(str(fleet.lake / "silver" / "quarantine"))["contract_version"].unique().to_list()
    assert judged_by
    assert VERSION not in judged_by
