"""`fleet up` … `fleet down`: all parts of the platform as real processes, and Airflow's own scheduler running our DAGs, from events to KPIs.

One platform for all of it: to bring it up costs half a minute, and each command on its shared Spark a few seconds.
"""

import shutil
from pathlib import Path

import pytest

from expectations.contract import HOME
from fleetlake.commands.story import BAD, GOOD, mended
from fleetlake.releases import RELEASES, Release, published, rows_of
from fleetlake.services.platform import SERVICES
from fleetlake.services.ports import is_free
from tests.end_to_end.platform import events
from tests.end_to_end.platform.airflow import Airflow, until
from tests.end_to_end.platform.browser import IS_THERE, MISSING, Person
from tests.end_to_end.platform.whole import Platform

WHAT, TODO = "critical: silver.feature_usage/feature_id.known: 5 of", "have its sender corrected and `fleet reprocess` the rows"


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A folder of contracts that can be changed while the platform runs."""
    return shutil.copytree(HOME, tmp_path / "contracts")


@pytest.mark.end_to_end
@pytest.mark.timeout(1_200)  # four to five minutes on two busy cores
def test_what_passes_is_released_up_to_kpis_what_does_not_is_explained_and_nothing_is_left_behind(
    home: Path, contracts: Path, tmp_path: Path, subtests
):
    with Platform.up(home, *events.STREAMS, FLEET_CONTRACTS=str(contracts), **events.OFTEN) as platform:
        events.come(platform, tmp_path)
        platform.start()
        all_parts_are_well_and_within_bounds(platform)
        airflow = platform.airflow
        airflow.pause("maintain", "costs", "watch", "features")  # nothing here is about them, and each would take its part of two cores
        stopped = what_a_gate_stops_is_not_released_and_a_person_reads_why(platform, airflow)
        with subtests.test("a browser shows all DAGs, and of the failed task what is wrong and what to do"):
            if not IS_THERE:
                pytest.skip(MISSING)
            with Person.at(airflow) as person:
                person.sees("/dags", *airflow.dags(), picture=tmp_path / "dags.png")
                person.sees(f"/dags/release_silver/runs/{stopped}/tasks/check_silver", WHAT, TODO, picture=tmp_path / "log.png")
        after_the_fix_the_next_run_releases(platform, airflow, contracts, tmp_path)
        gold_is_built_from_it_and_readers_see_kpis(platform, airflow)
        nothing_is_left_behind(platform)


def all_parts_are_well_and_within_bounds(platform: Platform) -> None:
    assert set(platform.began) == set(SERVICES)
    assert {row["health"] for row in platform.began.values()} == {"healthy", "done"}
    assert sum(row["memory_mb"] or 0 for row in platform.began.values()) < 8_000
    assert len(platform.ports) == 6
    assert not any(is_free(port) for port in platform.ports)
    assert (platform.home / "airflow" / "passwords.json").stat().st_mode & 0o077 == 0


def what_a_gate_stops_is_not_released_and_a_person_reads_why(platform: Platform, airflow: Airflow) -> str:
    [run] = until(lambda: airflow.runs("release_silver"), "the clock started nothing")
    platform.kill("land")  # leaves a JVM behind; nobody needs it now
    stopped = str(run["dag_run_id"])
    assert airflow.ended("release_silver", stopped) == "failed"
    states = airflow.states("release_silver", stopped)
    assert (states["check_silver"], states["release_silver"]) == ("failed", "upstream_failed")
    assert airflow.told("silver") == [], "an event without a release"
    assert published(platform.lake).releases == {}
    said = airflow.log("release_silver", stopped, "check_silver")
    assert WHAT in said
    assert TODO in said
    assert "the command's answer is no" in said, "a gate was asked again"
    now = platform.well_again("land")
    assert ("SIGKILL" in now["land"]["last_error"], now["land"]["restarts"]) == (True, 1)
    assert now["kafka"]["pid"] == platform.began["kafka"]["pid"], "who was well is left alone"
    return stopped


def after_the_fix_the_next_run_releases(platform: Platform, airflow: Airflow, contracts: Path, folder: Path) -> None:
    shutil.copytree(mended(folder / "mended"), contracts, dirs_exist_ok=True)
    assert events.bad_ones_judged_anew(platform) == BAD
    run = airflow.start("release_silver")
    assert airflow.ended("release_silver", run) == "success"
    silver = published(platform.lake).releases["silver"]
    assert airflow.told("silver") == [told(silver, run)]
    assert {row["run_id"] for row in rows_of(platform.lake, RELEASES)[0]} == {f"release_silver/{run}"}
    uses = platform.answer("sql", "select count(*) as uses from silver.feature_usage where event_id like 'planted%'")
    assert uses == [{"uses": GOOD}]


def gold_is_built_from_it_and_readers_see_kpis(platform: Platform, airflow: Airflow) -> None:
    [run] = until(lambda: airflow.runs("build_gold"), "nobody heard of the release")
    assert (run["run_type"], airflow.ended("build_gold", run["dag_run_id"])) == ("asset_triggered", "success")
    state = published(platform.lake)
    gold, silver = state.releases["gold"], state.releases["silver"]
    assert (gold.built_from, gold.note) == (silver.number, f"after release {silver.number} of silver")
    assert [event["release"] for event in airflow.told("gold")] == [gold.number]
    page = platform.answer("kpis", "--day", "2026-06-01")
    assert (page["release"], page["built_from"]) == (gold.number, silver.number)
    assert any(row["dav"] for row in page["use"])


def nothing_is_left_behind(platform: Platform) -> None:
    held = platform.ports
    platform.kill("supervisor", "connect", "api-server")
    stopped = platform.answer("down")
    assert {row["service"] for row in stopped} == {name for name, service in SERVICES.items() if not service.ends} | {"supervisor"}
    assert platform.alive == {}
    assert all(is_free(port) for port in held)
    assert {row["health"] for row in platform.services().values()} == {"stopped"}


def told(release: Release, run: str) -> dict[str, object]:
    """What the event of a release carries."""
    pins = release.pins.values()
    versions, rows = {pin.table: pin.version for pin in pins}, {pin.table: pin.rows for pin in pins}
    return {"release": release.number, "gate_run": max(pin.gate_run for pin in pins), "versions": versions, "rows": rows, "run": run}
