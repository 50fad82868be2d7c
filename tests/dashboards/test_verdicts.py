"""What must be said before any number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dashboards.verdicts import banners, verdicts
from fleetlake.releases.model import Pin, Published, Release, Waiver

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def released(layer, number=2, gate_run=5, **changes):
    table = f"{layer}.charging"
    told = {"at": NOON, "kind": "release", "of_release": None, "built_from": None, "actor": "a", "note": "", "code_version": "0"}
    return Release(number=number, layer=layer, pins={table: Pin(table, 1, 9, gate_run, "1.0.0")}, **told | changes)


def state(*releases, waivers=()):
    return Published(1, -1, {each.layer: each for each in releases}, waivers)


def row(table="gold.charging", gate_run=6, stopping=("volume",), warnings=0):
    return {
        "table_name": table,
        "layer": table.partition(".")[0],
        "gate_run": gate_run,
        "checked_at": NOON,
        "stopping": list(stopping),
        "warnings": warnings,
    }


def test_a_gate_that_failed_after_the_release_is_red():
    [said] = banners("gold", state(released("gold")), verdicts([row()]))
    assert (said.tone, said.remedy) == ("bad", "fleet check gold --rows")
    assert "Gate run 6 of gold failed (gold.charging/volume). You see release 2 of 2026-06-30 12:00 UTC" in said.what


def test_one_that_failed_before_the_release_or_passed_since_is_not_told():
    assert banners("gold", state(released("gold")), verdicts([row(gate_run=4)])) == []
    assert banners("gold", state(released("gold")), verdicts([row(), row(gate_run=7, stopping=())])) == []
    assert banners("gold", state(released("gold")), verdicts([row(stopping=(), warnings=2)])) == []


def test_what_was_waived_does_not_stop():
    waiver = Waiver("gold.charging", "volume", "me", NOON, NOON + timedelta(days=1), "known")
    assert banners("gold", state(released("gold")), verdicts([row()], [waiver])) == []
    assert banners("gold", state(released("gold")), verdicts([row(stopping=("volume", "key.unique"))], [waiver]))


def test_gold_tells_of_silver_and_of_vehicle_grain_too_and_silver_not_of_gold():
    everything = state(released("gold"), released("gold_internal"), released("silver", number=1))
    failed = verdicts([row("silver.charging"), row("gold_internal.charging")])
    assert ["of gold_internal failed" in each.what or "of silver failed" in each.what for each in banners("gold", everything, failed)] == [
        True,
        True,
    ]
    assert banners("silver", everything, verdicts([row()])) == []


def test_many_expectations_are_counted():
    [said] = banners("gold", state(released("gold")), verdicts([row(stopping=list("abcde"))]))
    assert "gold.charging/a, gold.charging/b, gold.charging/c and 2 more" in said.what


def test_a_layer_that_is_held_and_one_whose_base_was_withdrawn_say_so():
    held = released("gold", kind="rollback", of_release=1, note="wrong prices")
    [said] = banners("gold", state(held), {})
    assert (said.tone, "rolled back to release 1 and is held: wrong prices" in said.what) == ("warn", True)
    [said] = banners("gold", state(replace(released("gold"), withdrawn=1)), {})
    assert (said.tone, "built from release 1 of silver, which was withdrawn since" in said.what) == ("bad", True)
