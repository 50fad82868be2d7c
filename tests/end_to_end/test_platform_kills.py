"""What runs in Airflow is killed in the middle, or done twice: readers get one release, of the rows that nothing had disturbed.

Two lakes with the same events: on one, Airflow's runs are disturbed; on the other a person types the same commands and nobody dies. One platform
for all of it, since to bring it up costs half a minute, and most of the rest is Airflow's patience with who was killed.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from fleetlake.console import Busy
from fleetlake.releases import RELEASES, published, rows_of
from fleetlake.releases.history import releases
from tests.end_to_end.gold.content import Content, readable, require_equal
from tests.end_to_end.gold.lake import GOLD
from tests.end_to_end.kills.interrupted import pending
from tests.end_to_end.platform import events
from tests.end_to_end.platform.airflow import WAITING, Airflow, until
from tests.end_to_end.platform.whole import Platform

pytestmark = [pytest.mark.drill, pytest.mark.end_to_end]
LAYERS = ("silver", *GOLD)
OF_THE_LAKE = {"gold.cost_waste"}  # tells of its files and of who read them, which two lakes do not share
BY_HAND = "maintain silver", "check bronze", "release bronze", "check silver", "release silver", "build gold", "check gold", "release gold"
OTHERS = ("costs", "features", "maintain", "watch")  # would take cores, and are not what is killed
SINCE = f"{events.FIRST:%Y-%m-%d}"
AT_WORK_S = 2  # so long a command has been talking to Spark when it is struck, and it goes on for several times as long
PERSONS = 2
Place = tuple[str, str, str]  # DAG, run, task


@pytest.mark.timeout(2_400)
def test_whoever_is_killed_and_whatever_runs_twice_readers_see_one_release_of_what_an_undisturbed_run_releases(home: Path, tmp_path: Path):
    with Platform.up(home, *events.STREAMS, **events.OFTEN) as platform:
        events.simulated(platform)
        expected = undisturbed(platform, str(tmp_path / "undisturbed"))
        platform.start()
        airflow = with_few_dags(platform)
        silver_is_released_though_scheduler_and_spark_die_while_it_is_checked(platform, airflow)
        gold_is_released_though_a_worker_dies_and_its_build_goes_on_without_it(platform, airflow)
        require_equal(read(platform.lake), expected)
        require_releases(platform, bronze=1, silver=1, gold=1, gold_internal=1)
        gold_is_built_once_though_it_is_asked_for_twice_and_spark_dies(platform, airflow)
        require_equal(read(platform.lake), expected)
        require_releases(platform, bronze=1, silver=1, gold=2, gold_internal=2)
        gold_is_rolled_back_when_a_person_approves_and_not_before(platform, airflow)
        require_equal(read(platform.lake), expected)


def undisturbed(platform: Platform, lake: str) -> Content:
    """What readers see of a copy of the lake when all commands were typed one after the other."""
    until(lambda: pending(Path(platform.lake)) is None, "a run of refine does not end")
    shutil.copytree(platform.lake, lake)
    for command in BY_HAND:
        platform.answer(*command.split(), FLEET_LAKE=lake)
    content = read(lake)
    rows = [frame.height for frame in content.values()]
    print(f"undisturbed: {len(rows)} tables, {sum(map(bool, rows))} of them with rows, {sum(rows):,} in all", flush=True)
    assert sum(map(bool, rows)) > 35
    return content


def read(lake: str) -> Content:
    """What readers see that comes of events."""
    return {name: rows for name, rows in readable(lake, LAYERS).items() if name not in OF_THE_LAKE}


def with_few_dags(platform: Platform) -> Airflow:
    """Airflow, where only those start by themselves that are to be disturbed."""
    airflow = platform.airflow
    until(lambda: airflow.dags() >= {*OTHERS}, "not all DAGs are parsed")
    airflow.pause(*OTHERS)
    return airflow


def silver_is_released_though_scheduler_and_spark_die_while_it_is_checked(platform: Platform, airflow: Airflow) -> None:
    [first] = until(lambda: airflow.runs("release_silver"), "the clock started nothing")
    run = str(first["dag_run_id"])
    for service in ("scheduler", "connect"):
        killed(
            platform, airflow, ("release_silver", run, "check_silver"), "check silver --rows", lambda _, name=service: platform.kill(name)
        )
        platform.well_again(service)
    released_by_others_too(platform, airflow, ("release_silver", run, "release_silver"), "silver")
    require_success(airflow, "release_silver", run, {"check_silver": 3})
    assert len(airflow.told("silver")) == 1


def gold_is_released_though_a_worker_dies_and_its_build_goes_on_without_it(platform: Platform, airflow: Airflow) -> None:
    [first] = until(lambda: airflow.runs("build_gold"), "nobody heard of the release")
    run = str(first["dag_run_id"])
    killed(platform, airflow, ("build_gold", run, "build"), "build gold", lambda build: platform.worker_of(build).kill())
    released_by_others_too(platform, airflow, ("build_gold", run, "release_gold"), "gold")
    require_success(airflow, "build_gold", run, {"build": 2})
    assert len(airflow.told("gold")) == 1


def gold_is_built_once_though_it_is_asked_for_twice_and_spark_dies(platform: Platform, airflow: Airflow) -> None:
    run = airflow.start("build_gold", since=SINCE)
    place, command = ("build_gold", run, "build"), f"build gold --since {SINCE}"
    first = at_work(platform, airflow, place, command)
    status, _ = platform.fleet(*command.split(), FLEET_RUN_ID=f"build_gold/{run}")
    assert (status, first.is_running()) == (Busy.status, True)
    killed(platform, airflow, place, command, lambda _: platform.kill("connect"))
    platform.well_again("connect")
    require_success(airflow, "build_gold", run, {"build": 2})
    assert len(airflow.told("gold")) == 2


def gold_is_rolled_back_when_a_person_approves_and_not_before(platform: Platform, airflow: Airflow) -> None:
    newest = published(platform.lake).releases["gold"]
    run = airflow.start("rollback", layer="gold", with_gold=False)
    airflow.reached("rollback", run, "approve", WAITING)
    assert published(platform.lake).releases["gold"] == newest
    assert "Roll gold back?" in airflow.answer("rollback", run, "Approve")
    require_success(airflow, "rollback", run, {"rollback": 1})
    gold = published(platform.lake).releases["gold"]
    assert gold.is_held
    assert gold.effective < newest.number < gold.number


def killed(platform: Platform, airflow: Airflow, place: Place, command: str, kill: Callable[[psutil.Process], None]) -> None:
    """Something that a task needs is killed in the middle of it; `kill` hears of the process that does the task's work."""
    process = at_work(platform, airflow, place, command)
    kill(process)
    print(f"{place[0]}: a kill {time.time() - process.create_time():.1f} s after fleet {command} began", flush=True)


def at_work(platform: Platform, airflow: Airflow, place: Place, command: str) -> psutil.Process:
    """The process of a task's command, in the middle of its work."""
    airflow.reached(*place)
    process = platform.typing(command)
    until(lambda: platform.is_on_spark(process), f"fleet {command} uses no Spark")
    time.sleep(AT_WORK_S)
    assert process.is_running(), f"fleet {command} has ended already"
    return process


def released_by_others_too(platform: Platform, airflow: Airflow, place: Place, layer: str) -> None:
    """The command of a task is typed by some others at the moment at which Airflow starts it; who comes later says so, or finds it done."""
    airflow.reached(*place, ("scheduled", "queued", "running"))
    run = f"{place[0]}/{place[1]}"
    with ThreadPoolExecutor(PERSONS) as persons:
        typed = [persons.submit(platform.fleet, "release", layer, FLEET_RUN_ID=run) for _ in range(PERSONS)]
    ends = Counter(each.result()[0] for each in typed)
    print(f"release {layer}, typed by {PERSONS} more: {dict(ends)}", flush=True)
    assert ends.keys() <= {0, Busy.status}


def require_success(airflow: Airflow, dag: str, run: str, least: Mapping[str, int]) -> None:
    """The run ends well, and these tasks were tried so often at least."""
    assert airflow.ended(dag, run) == "success"
    tries = {name: task["try_number"] for name, task in airflow.tasks(dag, run).items()}
    print(f"{dag}: tries {tries}", flush=True)
    assert {name: tries[name] for name in least if tries[name] < least[name]} == {}


def require_releases(platform: Platform, **numbers: int) -> None:
    """So many releases of each layer were ever made."""
    assert Counter(each.layer for each in releases(rows_of(platform.lake, RELEASES)[0])) == numbers
