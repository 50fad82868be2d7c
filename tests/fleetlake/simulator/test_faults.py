import json
from collections import Counter

import orjson
import polars as pl
import pytest
from google.protobuf.message import DecodeError

from fleetlake.simulator.faults.ways import WAYS
from fleetlake.simulator.plan import FAULTS
from fleetlake.wire import message_class

REASONS = (
    "too_large",
    "missing_envelope",
    "unknown_schema",
    "malformed",
    "wrong_type",
    "missing_field",
    "out_of_range",
    "not_allowed",
    "bad_time",
    "conflict",
)
SILENT = {"lost", "lost_tail", "lost_boot", "hot_key"}  # nothing that is sent shows them
TWINS = ["vehicle_key", "event_id", pl.col("occurred_at").dt.date().alias("occurred_on")]


def test_every_reason_and_every_fault_occurs(faulty):
    assert set(faulty.labels["expected"]) == {"silver", "duplicate", *REASONS}
    assert set(faulty.labels["fault"].drop_nulls()) == set(FAULTS) - SILENT
    assert set(faulty.lost["fault"]) == {"lost", "lost_tail", "lost_boot"}


def test_a_calm_fleet_has_no_fault(calm):
    assert set(calm.labels["expected"]) == {"silver"}
    assert calm.labels["fault"].null_count() == len(calm.labels)
    assert calm.lost.is_empty()


def test_rates_are_kept_roughly(faulty):
    originals = faulty.labels.filter(~pl.col("is_resend") & pl.col("expected").ne("duplicate"))
    for fault in ("resend", "malformed", "wrong_type", "out_of_order", "late"):
        share = (originals["fault"] == fault).sum() / len(originals)
        assert share == pytest.approx(faulty.plan.rate(fault), rel=0.35), fault


def test_of_accepted_twins_the_first_is_kept_and_the_body_decides_on_the_others(faulty):
    accepted = faulty.labels.filter(pl.col("expected").is_in(["silver", "duplicate", "conflict"]))
    first = accepted.sort("received_at", "partition", "nth").with_columns(
        kept=pl.col("body").first().over(TWINS), place=pl.int_range(pl.len()).over(TWINS)
    )
    verdict = (
        pl.when(pl.col("place") == 0)
        .then(pl.lit("silver"))
        .when(pl.col("body") == pl.col("kept"))
        .then(pl.lit("duplicate"))
        .otherwise(pl.lit("conflict"))
    )
    judged = first.with_columns(verdict=verdict)
    assert judged.filter(pl.col("verdict") != pl.col("expected")).select("family", "fault", "expected", "verdict").is_empty()
    assert (judged["verdict"] == "duplicate").sum() > 100
    assert (judged["verdict"] == "conflict").sum() > 30


def test_which_twin_is_kept_does_not_depend_on_how_partitions_are_read(faulty):
    """Copies that differ in more than their time of reception stand in one partition."""
    copies = faulty.labels.filter(pl.col("expected").is_in(["silver", "duplicate", "conflict"])).group_by(TWINS)
    spread = copies.agg(pl.col("partition", "body", "is_late", "is_resend").n_unique()).filter(pl.col("partition") > 1)
    assert len(spread) > 30
    assert spread.filter((pl.col("body") > 1) | (pl.col("is_late") > 1) | (pl.col("is_resend") > 1)).is_empty()


def test_an_id_used_again_is_another_event_of_another_day(faulty):
    silver = faulty.labels.filter(pl.col("expected") == "silver")
    days = silver.group_by("family", "vehicle_key", "event_id").agg(days=pl.col("occurred_at").dt.date().n_unique())
    again = (days["days"] - 1).sum()
    assert again == faulty.labels["is_id_reused"].sum() > 5
    assert days["days"].sum() == len(silver)


def test_partitions_are_more_after_the_change(faulty):
    is_after = pl.col("received_ms") >= faulty.plan.change_ms
    before, after = faulty.labels.filter(~is_after), faulty.labels.filter(is_after)
    assert set(before["partition"]) == set(range(4))
    assert set(after["partition"]) == set(range(6))


def test_resends_come_for_up_to_thirty_days(faulty):
    ages = faulty.labels.filter((pl.col("fault") == "resend") & (pl.col("expected") == "duplicate"))
    days = (ages["received_at"] - ages["occurred_at"]).dt.total_days()
    assert 20 < days.max() <= 30
    assert 0.8 < ages["is_resend"].mean() < 1


def test_late_means_more_than_two_hours(faulty):
    age = pl.col("received_at") - pl.col("occurred_at")
    assert faulty.labels.filter(pl.col("is_late") != (age > pl.duration(hours=2))).is_empty()
    late = faulty.labels.filter("is_late")
    assert {"late", "garage", "outage"} <= set(late["fault"].drop_nulls())


def test_clocks_are_wrong_as_labelled(faulty):
    ahead = faulty.labels.with_columns(minutes=(pl.col("occurred_at") - pl.col("received_at")).dt.total_minutes())
    assert ahead.filter(pl.col("fault") == "clock_ahead")["minutes"].is_between(0, 59).all()
    assert (ahead.filter(pl.col("fault") == "clock_far_ahead")["minutes"] > 60).all()
    assert (faulty.labels.filter(pl.col("fault") == "clock_1970")["occurred_at"].dt.year() == 1970).all()


def test_gaps_in_silver_and_quarantine_show_exactly_the_loss_that_is_visible(faulty):
    heard = faulty.labels.filter(
        pl.col("ce_subject").is_not_null() & pl.col("ce_bootid").is_not_null() & pl.col("ce_sequence").str.contains("^[0-9]+$")
    )
    boots = heard.group_by("family", "ce_subject", "ce_bootid").agg(
        top=pl.col("ce_sequence").cast(pl.Int64).max(), heard=pl.col("ce_sequence").n_unique()
    )
    by_gap = boots.group_by("family").agg(lost=(1 + pl.col("top") - pl.col("heard")).sum()).filter(pl.col("lost") > 0)
    visible = faulty.lost.filter("is_visible").group_by("family").len()
    assert dict(by_gap.iter_rows()) == dict(visible.iter_rows())
    assert sum(visible["len"]) > 50


def test_the_tail_of_a_boot_and_a_whole_boot_leave_no_gap(faulty):
    assert not faulty.lost.filter(pl.col("fault").is_in(["lost_tail", "lost_boot"]))["is_visible"].any()
    assert not faulty.lost.filter(pl.col("family") == "api_requests")["is_visible"].any()


def test_one_vehicle_sends_half_of_all_events_of_the_hot_family(faulty):
    of = faulty.records[faulty.plan.hot_family]["vehicle_key"].value_counts()
    assert of["count"].max() == pytest.approx(of["count"].sum() / 2, rel=0.1)


def test_an_outage_cuts_off_one_region_and_ends_together(faulty):
    cut = faulty.labels.filter(pl.col("fault") == "outage")
    assert cut["family"].n_unique() > 3
    spread = cut.group_by(pl.col("received_at").dt.date()).agg(
        minutes=(pl.col("received_at").max() - pl.col("received_at").min()).dt.total_minutes()
    )
    assert spread["minutes"].max() <= 10


def test_bodies_are_malformed_and_all_others_are_not(faulty):
    is_json = faulty.plan.format == "json"
    for family, frame in faulty.records.items():
        for body, expected, way in frame.select("body", "expected", "way").iter_rows():
            if expected not in ("malformed", "too_large") and is_json:
                assert isinstance(json.loads(body) if "1e400" in (way or "") else orjson.loads(body), dict)
            elif expected not in ("malformed", "too_large"):
                message_class(family).FromString(body)
            elif way in ("malformed/truncated", "malformed/NaN", "malformed/not UTF-8", "malformed/truncated varint", "malformed/field 0"):
                with pytest.raises((orjson.JSONDecodeError, DecodeError)):
                    orjson.loads(body) if is_json else message_class(family).FromString(body)


def test_bodies_of_too_large_records_are_longer_than_allowed_and_no_others(faulty):
    sizes = faulty.labels.with_columns(size=pl.col("body").bin.size().fill_null(0))
    assert (sizes.filter(pl.col("expected") == "too_large")["size"] > faulty.plan.max_body_bytes).all()
    assert (sizes.filter(pl.col("expected") != "too_large")["size"] <= faulty.plan.max_body_bytes).all()


def test_unknown_fields_are_labelled_with_what_must_be_kept(faulty):
    odd = faulty.labels.filter(pl.col("fault").is_in(["unknown_field", "schema_minor"]))
    assert len(odd) > 50
    assert odd["unknown_fields"].null_count() == 0
    others = faulty.labels.filter(~pl.col("fault").is_in(["unknown_field", "schema_minor"]).fill_null(False))
    assert others["unknown_fields"].null_count() == len(others)
    for body, kept in odd.filter(pl.col("way") == "unknown_field/boolean").select("body", "unknown_fields").iter_rows():
        assert json.loads(kept).items() <= json.loads(body).items()


def test_all_ways_of_a_reason_are_taken_in_turn(faulty):
    taken = Counter(way.split("/")[0] for way in set(faulty.labels["way"].drop_nulls()))
    assert set(taken) == set(WAYS)
    assert taken["missing_envelope"] > 15
    assert taken["malformed"] > 7
    assert taken["wrong_type"] > 15
