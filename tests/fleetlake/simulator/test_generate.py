import json
from collections import Counter
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fleetlake.simulator import campaigns, fleet
from fleetlake.simulator.catalogue import FEATURES
from fleetlake.simulator.family import registry
from fleetlake.simulator.generate import generate
from fleetlake.simulator.plan import DAY_MS, FAULTS, Plan
from fleetlake.simulator.world import days
from fleetlake.wire import message_class, signal_paths

SMALL = {"vehicles": 30, "days": 2, "rates": FAULTS}


def wire(**changes):
    return pl.concat([part.wire for part in generate(Plan(**{**SMALL, **changes}))])


def test_the_same_plan_gives_the_same_records():
    assert_frame_equal(wire(), wire())


def test_another_seed_gives_other_records():
    assert not set(wire()["ce_id"].drop_nulls()) & set(wire(seed=2)["ce_id"].drop_nulls())


def test_every_family_speaks(calm):
    assert set(calm.records) == set(registry())
    assert len(calm.records) >= 10


def test_a_vehicle_sends_forty_events_a_day(calm):
    assert len(calm.labels) == calm.plan.vehicles * calm.plan.days * calm.plan.density


def test_records_of_a_partition_come_in_the_order_of_reception(faulty):
    sent = faulty.labels.sort("nth")
    assert sent["nth"].to_list() == list(range(len(sent)))
    back = sent.select((pl.col("received_ms").diff() < 0).over("topic", "partition").sum()).item()
    assert back == 0


def test_without_faults_each_boot_counts_from_zero_without_a_gap(calm):
    boots = calm.labels.filter(pl.col("sequence").is_not_null()).group_by("family", "vehicle_key", "boot_id")
    counted = boots.agg(first=pl.col("sequence").min(), last=pl.col("sequence").max(), heard=pl.len())
    assert len(counted) > calm.plan.vehicles
    assert counted.filter((pl.col("first") != 0) | (pl.col("last") != pl.col("heard") - 1)).is_empty()


def test_numbers_of_a_boot_follow_time(calm):
    ordered = calm.labels.filter(pl.col("sequence").is_not_null()).sort("family", "vehicle_key", "boot_id", "sequence")
    back = ordered.select((pl.col("occurred_at").diff().dt.total_milliseconds() < 0).over("family", "vehicle_key", "boot_id").sum()).item()
    assert back == 0


def test_back_ends_have_neither_boot_nor_number(calm):
    assert calm.records["api_requests"].select(pl.col("boot_id", "sequence").is_null().all()).row(0) == (True, True)


def test_people_drive_by_day_and_charge_by_night(calm):
    markets = pl.col("market") == "DE"  # two hours ahead of UTC
    used = calm.records["feature_usage"].filter(markets)["occurred_at"].dt.hour()
    charged = calm.records["charging"].filter(markets & (pl.col("step") == "plugged"))["occurred_at"].dt.hour()
    assert used.is_between(4, 20).mean() > 0.85
    assert charged.is_between(14, 23).mean() > 0.6


def test_software_changes_in_waves():
    plan = Plan(vehicles=500, days=14)
    (steps,) = campaigns.build(plan, fleet.build(plan)).at
    taken = dict(zip(campaigns.STEPS, (steps != campaigns.NEVER).sum(axis=1), strict=True))
    way = [taken[step] for step in ("targeted", "offered", "accepted", "downloaded", "installed", "succeeded", "failed", "rolled_back")]
    assert way == sorted(way, reverse=True)
    assert taken["succeeded"] + taken["failed"] == taken["installed"]
    targeted_on = Counter((steps[0][steps[0] != campaigns.NEVER] - plan.start_ms) // DAY_MS)
    assert sorted(targeted_on) == [0, 1, 2, 4]
    assert targeted_on[0] < targeted_on[1] < targeted_on[2]


def test_features_spread():
    plan = Plan(vehicles=500, days=40)
    vehicles = fleet.build(plan)
    first, *_, last = days(plan, vehicles)
    before, after = (day.usable(vehicles.sold_ms).mean(axis=0) for day in (first, last))
    spreading = [number for number, feature in enumerate(FEATURES) if not feature.needs_software]
    assert (after[spreading] > before[spreading]).all()


def test_the_envelope_names_the_software_that_the_lifecycle_announced(calm):
    changes = calm.records["vehicle_lifecycle"].filter(pl.col("kind") == "software_changed")
    assert len(changes) > 50
    assert (changes["sw_version"] == changes["software_version"]).all()


def restless(family):
    """A family's records of a small fleet in which much changes."""
    parts = generate(Plan(vehicles=60, days=12, density=1, turnover=20))
    return pl.concat([part.records[family] for part in parts if family in part.records])


def test_commands_end_once_some_badly_some_never_and_a_few_after_all():
    steps = restless("remote_commands").group_by("command_id").agg("step")
    finals = steps.select(pl.col("step").list.set_intersection(["executed", "failed", "expired", "cancelled"]).list.sort().list.join(" "))
    ways = dict(finals["step"].value_counts().iter_rows())
    assert set(ways) == {"", "executed", "failed", "expired", "cancelled", "executed expired"}
    assert ways["executed"] > 0.8 * len(steps)
    assert ways["executed expired"] + ways[""] < 0.03 * len(steps)


def test_a_command_may_be_executed_a_day_after_its_request():
    steps = restless("remote_commands").filter(pl.col("step").is_in(["requested", "executed"]))
    took = steps.group_by("command_id").agg(pl.col("occurred_at").max() - pl.col("occurred_at").min())["occurred_at"]
    assert took.max() > timedelta(days=1)


def test_a_fleet_with_turnover_shows_in_days_what_others_show_in_months():
    kinds = restless("vehicle_lifecycle")
    counts = dict(kinds["kind"].value_counts().iter_rows())
    assert min(counts[kind] for kind in ("sold", "scrapped", "entitlement_ended", "software_changed")) > 0
    calm = pl.concat([part.records["vehicle_lifecycle"] for part in generate(Plan(vehicles=60, days=12, density=1))])
    assert counts["entitlement_ended"] > 3 * len(calm.filter(pl.col("kind") == "entitlement_ended"))


def test_subscriptions_end_and_some_go_on_after_a_pause():
    changes = restless("vehicle_lifecycle").filter(pl.col("kind").is_in(["entitled", "entitlement_ended"]))
    order = changes.sort("valid_from").group_by("vehicle_key", "feature_id").agg(pl.col("kind").str.join(" "))["kind"]
    assert {"entitled", "entitled entitlement_ended", "entitled entitlement_ended entitled"} <= set(order)


def test_the_register_hears_of_some_changes_days_late():
    lags = restless("vehicle_lifecycle").filter(pl.col("kind") == "entitlement_ended").select(pl.col("occurred_at") - pl.col("valid_from"))
    assert lags.to_series().min() == timedelta(0)
    assert lags.to_series().max() > timedelta(days=1)


def test_steps_of_one_use_share_a_correlation_and_lone_ones_may_have_none(calm):
    uses = calm.records["feature_usage"]
    assert 0.05 < uses["correlation_id"].is_null().mean() < 0.3
    actions = uses.drop_nulls("correlation_id").group_by("correlation_id").agg(pl.col("action").sort().str.join(" "))["action"]
    assert {"stopped", "opened stopped", "started stopped", "adjusted opened started stopped"} <= set(actions)


@pytest.mark.parametrize("family", sorted(registry()))
def test_a_json_body_says_what_the_columns_say(simulate, family):
    frame = simulate("json", "none").records[family]
    body = json.loads(frame["body"][0])
    assert body, "an empty body proves nothing"
    for column, value in body.items():
        told = frame[column][0]
        assert value == (
            told.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            if column == "valid_from"
            else told
            if not isinstance(told, pl.Series)
            else told.to_list()
        )


@pytest.mark.parametrize("family", sorted(registry()))
def test_a_protobuf_body_says_what_the_columns_say(simulate, family):
    frame = simulate("protobuf", "none").records[family]
    for row in frame[:20].iter_rows(named=True):
        body = message_class(family).FromString(row["body"])
        for field in body.DESCRIPTOR.fields:
            if field.name == "signals":
                told = [{"path": signal_paths()[signal.signal], "value": signal.value} for signal in body.signals]
            else:
                told = getattr(body, field.name) if body.HasField(field.name) else None
            meant = row[field.name]
            assert told == (round(meant.timestamp() * 1e6) if field.name == "valid_from" else meant)


def test_memory_holds_one_slice_of_bodies_at_a_time(monkeypatch):
    whole = wire()
    monkeypatch.setattr("fleetlake.simulator.generate.SLICE_BYTES", 100_000)
    parts = list(generate(Plan(**SMALL)))
    assert len(parts) > 10
    assert_frame_equal(pl.concat([part.wire for part in parts]), whole)
