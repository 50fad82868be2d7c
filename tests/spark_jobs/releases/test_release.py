"""A layer is released whole, at the versions that its gate passed, or not at all."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from fleetlake.console import Early, Failure
from fleetlake.names import table_path
from fleetlake.releases import Release, current_path, published
from spark_jobs.releases import plan as plans
from spark_jobs.releases.log import Log, made, tell
from spark_jobs.releases.plan import Refused, plan, release
from spark_jobs.releases.rollback import rollback
from spark_jobs.releases.waive import waive
from tests.spark_jobs.releases.fabricated import NAMES, gated, grown, replaced, silver


def versions(lake: str) -> list[int]:
    return [published(lake).pin(name).version for name in NAMES]


def pin_runs(release: Release) -> set[int]:
    return {pin.gate_run for pin in release.pins.values()}


def refused(lake: str, layer: str = "silver", **how: object) -> list[str]:
    with pytest.raises(Refused) as raised:
        release(lake, layer, **how)
    return [each.what for each in raised.value.plan.refusals]


def test_what_the_gate_passed_is_pinned_and_later_commits_do_not_matter(lake: str):
    run = gated(lake, silver(lake, rows=3))
    silver(lake)
    made = release(lake, "silver", note="first").release
    assert versions(lake) == [0, 0, 0]
    seen = published(lake).releases["silver"]
    assert (seen.number, seen.note, seen.pins) == (1, "first", made.pins)
    assert {(pin.rows, pin.gate_run, pin.contract_version) for pin in seen.pins.values()} == {(3, run, "1.0.0")}


def test_a_release_is_one_commit(lake: str):
    for _ in range(2):
        gated(lake, silver(lake))
        release(lake, "silver")
    log = DeltaTable(table_path(lake, "ops.releases"))
    assert log.version() == 2
    assert log.transaction_version("releases") == 2


def test_the_same_gate_run_is_released_once_and_the_readers_are_told_again(lake: str):
    gated(lake, silver(lake))
    release(lake, "silver")
    Path(current_path(lake)).unlink()
    again = release(lake, "silver")
    assert again.is_out
    assert published(lake).number == 1
    assert Path(current_path(lake)).exists()


def test_what_a_later_gate_run_finds_unchanged_is_not_released_again(lake: str):
    looked = silver(lake)
    for _ in range(3):
        gated(lake, looked)
        again = release(lake, "silver")
    assert again.is_out
    assert [(each.number, pin_runs(each)) for each in Log.open(lake).history] == [(1, {1})]
    gated(lake, looked | {"silver.charging": grown(lake, "silver.charging")})
    assert not release(lake, "silver").is_out
    assert published(lake).number == 2


def test_the_same_versions_by_another_contract_or_of_another_silver_are_another_release(lake: str):
    looked = silver(lake)
    gated(lake, looked)
    release(lake, "silver")
    gated(lake, looked, contract_version="1.1.0")
    assert not release(lake, "silver").is_out
    gold = {"gold.usage": grown(lake, "gold.usage")}
    for source, is_out in ((1, False), (1, True), (2, False)):
        gated(lake, gold)
        assert release(lake, "gold", built_from=source).is_out is is_out


def test_a_layer_without_a_table_has_nothing_to_release_yet(lake: str):
    with pytest.raises(Early, match="silver has no table yet"):
        release(lake, "silver")


def test_nothing_is_released_that_no_gate_looked_at(lake: str):
    looked = silver(lake)
    assert refused(lake) == ["no gate has looked at silver"]
    gated(lake, {name: looked[name] for name in NAMES[:2]})
    assert refused(lake) == ["gate run 1 did not look at silver.navigation"]


def test_a_gate_of_another_layer_lets_nothing_pass(lake: str):
    silver(lake)
    gated(lake, {"bronze.charging": grown(lake, "bronze.charging")})
    assert refused(lake) == ["no gate has looked at silver"]


def test_a_table_that_vanished_stops_the_release(lake: str):
    looked = silver(lake)
    gated(lake, looked)
    release(lake, "silver")
    shutil.rmtree(table_path(lake, "silver.consents"))
    gated(lake, {name: version for name, version in looked.items() if name != "silver.consents"})
    assert refused(lake)[0].startswith("silver.consents v0 is gone")


@pytest.mark.parametrize("outcome", ["failed", "error"])
def test_a_critical_expectation_that_does_not_pass_keeps_the_old_release(lake: str, outcome: str):
    gated(lake, silver(lake))
    release(lake, "silver")
    worse = [{"table_name": name, "outcome": outcome, "failing": 3} for name in NAMES[:2]]
    gated(lake, silver(lake), worse)
    assert [what.partition(" v")[0] for what in refused(lake)] == list(NAMES[:2])
    assert versions(lake) == [0, 0, 0]


def test_a_warning_is_shown_and_stops_nothing(lake: str):
    gated(lake, silver(lake), [{"table_name": "silver.charging", "severity": "warning"}])
    release(lake, "silver")
    assert versions(lake) == [0, 0, 0]


def test_a_newer_gate_on_a_single_table_that_fails_stops_the_layer(lake: str):
    looked = silver(lake)
    gated(lake, looked)
    gated(lake, {"silver.charging": looked["silver.charging"]}, [{"table_name": "silver.charging"}])
    assert "did not pass freshness in gate run 2" in refused(lake)[0]


def test_many_looks_at_single_tables_do_not_hide_the_run_that_decides(lake: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plans, "LOOKS", (1, 2))
    looked = silver(lake)
    gated(lake, looked)
    for _ in range(3):
        gated(lake, {"silver.charging": looked["silver.charging"]})
    release(lake, "silver")
    assert versions(lake) == [0, 0, 0]


def test_a_waived_failure_is_released_until_the_waiver_ends(lake: str):
    gated(lake, silver(lake), [{"table_name": "silver.charging"}])
    refused(lake)
    waive(lake, "silver.charging/freshness", "ann", datetime.now(UTC) + timedelta(seconds=0.5), "a strike in the harbour")
    assert [one.name for one in release(lake, "silver").waived] == ["silver.charging/freshness"]
    gated(lake, silver(lake), [{"table_name": "silver.charging"}])
    while published(lake).waivers:
        pass
    assert "did not pass freshness" in refused(lake)[0]


def test_an_older_version_is_not_released_over_a_newer_one(lake: str):
    old = silver(lake)
    gated(lake, silver(lake))
    release(lake, "silver")
    gated(lake, old)
    assert refused(lake)[0] == "silver.charging: gate run 2 looked at v0, and readers see v1 already"


def test_a_version_whose_files_are_gone_is_not_released(lake: str):
    looked = silver(lake)
    gated(lake, looked)
    replaced(lake, "silver.charging", pl.DataFrame({"id": [7]}))
    DeltaTable(table_path(lake, "silver.charging")).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert "silver.charging v0 has lost 1 files" in refused(lake)[0]


def test_a_version_that_the_log_does_not_have_is_not_released(lake: str):
    gated(lake, silver(lake) | {"silver.charging": 7})
    assert "silver.charging v7 is gone" in refused(lake)[0]


def test_a_layer_that_was_rolled_back_is_held_until_it_is_resumed(lake: str):
    for _ in range(2):
        gated(lake, silver(lake))
        release(lake, "silver")
    log = Log.open(lake)
    log.commit(rollback(log, "silver", note="seat heating"))
    assert refused(lake, resume=True) == ["gate run 2 is older than the rollback that holds silver"]
    gated(lake, silver(lake))
    assert refused(lake) == ["silver is held: release 3 rolled it back to 1: seat heating"]
    assert versions(lake) == [0, 0, 0]
    assert release(lake, "silver", resume=True).release.kind == "resume"
    assert versions(lake) == [2, 2, 2]
    log = Log.open(lake)
    log.commit(rollback(log, "silver", to=1))
    gated(lake, dict.fromkeys(NAMES, 0))
    assert not release(lake, "silver", resume=True).is_out
    assert not published(lake).releases["silver"].is_held, "the same versions, but no longer held"
    gated(lake, silver(lake))
    assert refused(lake, resume=True) == ["silver is not held"]


def test_gold_that_was_built_from_a_withdrawn_silver_is_not_released(lake: str):
    for _ in range(2):
        gated(lake, silver(lake))
        release(lake, "silver")
    log = Log.open(lake)
    log.commit(rollback(log, "silver"))
    gated(lake, {"gold.usage": grown(lake, "gold.usage")})
    assert refused(lake, "gold", built_from=2) == ["gold was built from release 2 of silver, which was withdrawn since"]
    assert refused(lake, "gold", built_from=9) == ["gold was not built from release 9"]
    assert release(lake, "gold", built_from=3).release.built_from == 3


def test_of_two_releasers_one_wins_and_the_other_says_so(lake: str):
    gated(lake, silver(lake))
    first, second = Log.open(lake), Log.open(lake)
    first.commit([plan(first, "silver").release])
    with pytest.raises(Failure, match="somebody else released at the same moment"):
        second.commit([plan(second, "silver").release])
    assert published(lake).number == 1


def test_a_releaser_that_is_overtaken_after_its_commit_has_still_released(lake: str, monkeypatch: pytest.MonkeyPatch):
    gated(lake, silver(lake))
    slow = Log.open(lake)
    planned = plan(slow, "silver").release
    advance = type(slow._table)._advance
    calls: list[int] = []

    def overtaken(table: object) -> None:
        if not calls:
            calls.append(1)
            gated(lake, silver(lake))
            release(lake, "silver")
        advance(table)

    monkeypatch.setattr(type(slow._table), "_advance", overtaken)
    slow.commit([planned])
    assert [each.number for each in Log.open(lake).history] == [1, 2]
    assert versions(lake) == [1, 1, 1]


def test_a_slow_teller_does_not_leave_an_old_file(lake: str, monkeypatch: pytest.MonkeyPatch):
    gated(lake, silver(lake))
    release(lake, "silver")
    gated(lake, silver(lake))
    log = Log.open(lake)
    came: list[int] = []
    read = tell.__globals__["from_tables"]

    def late(*where: object) -> object:
        state = read(*where)
        if not came:
            came.append(1)
            log.commit([plan(log, "silver").release])
        return state

    monkeypatch.setitem(tell.__globals__, "from_tables", late)
    tell(lake)
    assert '"number": 2' in Path(current_path(lake)).read_text()


def test_a_dry_run_writes_nothing(lake: str):
    gated(lake, silver(lake))
    assert plan(Log.open(lake, dry=True), "silver").release.number == 1
    assert not Path(table_path(lake, "ops.releases")).exists()
    assert not Path(lake, "releases").exists()


def test_what_a_dead_writer_left_is_swept_when_it_is_old(lake: str):
    gated(lake, silver(lake))
    release(lake, "silver")
    old, young = Path(f"{current_path(lake)}.old"), Path(f"{current_path(lake)}.young")
    for left in (old, young):
        left.write_text("{")
    long_ago = (datetime.now(UTC) - timedelta(hours=2)).timestamp()

    os.utime(old, (long_ago, long_ago))
    tell(lake)
    assert sorted(Path(lake, "releases").iterdir()) == [Path(current_path(lake)), young]


def test_what_is_no_layer_is_refused(lake: str):
    with pytest.raises(Failure, match="'slver' is no layer\nthe layers are bronze, silver"):
        release(lake, "slver")


def test_who_releases_has_a_name_even_without_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("getpass.getuser", lambda: (_ for _ in ()).throw(KeyError("uid 1234")))
    assert made(1, "silver", "release", []).actor.isdigit()
