"""A gate looks at complete runs, and at days that changed since readers' release."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from expectations import contract as contracts
from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Failure
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake, clock, tables
from spark_jobs.imports.log import IMPORTS
from spark_jobs.runs import RUNS, opened
from tests.spark_jobs.gate.lakes import DAY, SILVER, WHOLE, Imported, commit, event
from tests.spark_jobs.gate.rows import NOON, sound

TODAY, YESTERDAY = NOON.date(), NOON.date() - DAY


def snapshot(lake: str) -> Snapshot:
    found = Lake(lake).snapshot(SILVER)
    assert found is not None
    return found


def add(lake: str, number: int, at: datetime = NOON, run: int = 1) -> None:
    commit(lake, SILVER, [event(number, at)], {RUNS: run}, [])


def released(lake: str, version: int, **changes: Any) -> None:
    """A release of silver by a gate run of the same number."""
    release = (opened(lake, "ops.releases").position("releases") or 0) + 1
    row = {
        "release": release,
        "at": datetime.now(UTC),
        "layer": "silver",
        "table_name": SILVER,
        "version": version,
        "rows": 1,
        "kind": "release",
    }
    row |= {"gate_run": release, "contract_version": contract(SILVER).version, "code_version": "", "actor": "", "note": ""} | changes
    opened(lake, "ops.releases").append(pa.Table.from_pylist([row], arrow_schema(contract("ops.releases"))), {"releases": release})
    gate_results(lake)


def gate_results(lake: str, **changes: Any) -> None:
    row = {
        "gate_run": 1,
        "at": datetime.now(UTC),
        "layer": "silver",
        "table_name": SILVER,
        "version": 1,
        "expectation": "x",
        "severity": "critical",
    }
    row |= {"outcome": "passed", "remedy": "", "seconds": 0.0, "days": '"all"', "contract_version": "", "code_version": ""} | changes
    opened(lake, "ops.gate_results").append(pa.Table.from_pylist([row], arrow_schema(contract("ops.gate_results"))), {"gates": 1})


def test_without_a_release_all_days_are_looked_at(lake):
    WHOLE.make(lake)
    assert (snapshot(lake).changed, snapshot(lake).looked_at) == (None, "all")


def test_after_a_release_only_days_that_changed_are_looked_at(lake):
    replace(WHOLE, events=(*WHOLE.events, event(10, NOON - DAY))).make(lake)
    released(lake, version := snapshot(lake).table.version)
    assert snapshot(lake).changed == frozenset()
    add(lake, 11)
    found = snapshot(lake)
    assert (found.table.version, found.changed, found.looked_at) == (version + 1, {TODAY}, [str(TODAY)])
    assert set(found.of_days(found.changed)["day"]) == {TODAY}


def test_compaction_changes_no_day_and_a_lost_row_does(lake):
    WHOLE.make(lake)
    add(lake, 11)
    add(lake, 12, NOON - DAY)
    released(lake, snapshot(lake).table.version)
    snapshot(lake).table.delta.optimize.compact()
    assert snapshot(lake).changed == frozenset()
    snapshot(lake).table.delta.delete("event_id = 'e12'")  # a file goes and none comes
    assert snapshot(lake).changed == {YESTERDAY}
    snapshot(lake).table.delta.delete("event_id = 'e3'")
    assert snapshot(lake).changed == {TODAY, YESTERDAY}


def test_a_new_contract_looks_at_all_days(lake):
    WHOLE.make(lake)
    released(lake, snapshot(lake).table.version, contract_version="0.9.0")
    assert snapshot(lake).looked_at == "all"


def test_days_of_a_waived_failure_are_looked_at_again(lake):
    WHOLE.make(lake)
    released(lake, snapshot(lake).table.version)
    gate_results(lake, outcome="failed", days=f'["{YESTERDAY}"]')
    assert snapshot(lake).changed == {YESTERDAY}
    gate_results(lake, outcome="failed", severity="warning")
    assert snapshot(lake).changed == {YESTERDAY}
    gate_results(lake, outcome="error")
    assert snapshot(lake).looked_at == "all"


def test_days_before_the_log_begins_are_all_looked_at(lake, tmp_path):
    WHOLE.make(lake)
    released(lake, snapshot(lake).table.version)
    add(lake, 11)
    found = snapshot(lake)
    next((tmp_path / "home" / "lake" / "silver" / "charging" / "_delta_log").glob(f"*{found.table.version:020d}.json")).unlink()
    assert found.looked_at == "all"


def test_a_run_that_is_not_closed_is_not_looked_at(lake):
    WHOLE.make(lake)
    version = snapshot(lake).table.version
    add(lake, 11, run=2)
    opened(lake, "ops.refine_runs").commit([], {RUNS: 2})
    assert snapshot(lake).table.version == version
    opened(lake, "ops.refine_runs").commit([], {"closed": 2})
    assert snapshot(lake).table.version == version + 1


def test_an_import_that_is_not_closed_is_not_looked_at(lake):
    charges, log = "silver.cost_charges", "ops.imports"
    Imported(charges).make(lake)
    version = Lake(lake).snapshot(charges).table.version
    commit(lake, log, [sound(contract(log), 2)], {IMPORTS: 2}, [])
    commit(lake, charges, [sound(contract(charges), 9)], {IMPORTS: 2}, [])
    assert Lake(lake).snapshot(charges).table.version == version
    opened(lake, log).commit([], {"closed": 2})
    assert Lake(lake).snapshot(charges).table.version == version + 1


def test_one_gate_sees_one_version_of_a_table(lake):
    WHOLE.make(lake)
    seen = Lake(lake)
    before = seen.snapshot(SILVER)
    add(lake, 11)
    assert before is not None
    assert seen.snapshot(SILVER).table.version == before.table.version == snapshot(lake).table.version - 1


def test_a_version_can_be_asked_for_and_one_that_is_gone_is_told(lake):
    WHOLE.make(lake)
    add(lake, 11)
    assert Lake(lake, {SILVER: 1}).snapshot(SILVER).table.version == 1
    with pytest.raises(Failure, match="version 99 cannot be opened"):
        Lake(lake, {SILVER: 99}).snapshot(SILVER)


def test_the_clock_is_the_newest_reception_in_bronze(lake):
    WHOLE.make(lake)
    for family, received in (("consents", NOON + DAY), ("navigation", NOON - DAY)):
        row = sound(contract(f"bronze.{family}"), 0, received_at=received, received_on=received.date())
        commit(lake, f"bronze.{family}", [row], {}, [])
    assert clock(Lake(lake)) == NOON + DAY
    assert datetime.now(UTC) - clock(Lake(f"{lake}-empty")) < timedelta(minutes=1)


def test_what_is_neither_layer_nor_table_is_refused_with_what_there_is(lake):
    WHOLE.make(lake)
    assert tables(lake, "silver") == ["silver.charging", "silver.quarantine", "silver.vehicle_lifecycle"]
    assert tables(lake, "gold") == []
    with pytest.raises(Failure, match=r"silver\.consents does not exist yet"):
        tables(lake, "silver.consents")
    with pytest.raises(Failure, match="has no contract"):
        tables(lake, "silver.nothing")
    assert contracts.families()
