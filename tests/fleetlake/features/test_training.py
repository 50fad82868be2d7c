"""A training set holds of each label what was known at its time, of vehicles that allow it, out of one release."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetlake.console import Failure
from fleetlake.features import training_set
from tests.fleetlake.features.lake import KNOWN_AFTER, at, decision, labels, profile, put, yes

TWO_HOURS = KNOWN_AFTER / timedelta(days=1)


def trips(lake: str, *rows: tuple, **how) -> list:
    return training_set(labels(*rows), ["trips_1d"], **how).frame()["trips_1d"].to_list()


def test_each_label_gets_the_newest_day_that_was_known_and_what_is_unknown_is_null(lake):
    put(
        lake,
        [profile("v1", 0, trips_1d=1.0, odometer_km=10.0), profile("v1", 1, trips_1d=2.0), profile("v2", 1, trips_1d=5.0)],
        yes("v1", "v2"),
    )
    asked = labels(("v1", 0.5), ("v1", 1.5), ("v1", 2.5), ("v2", 2.5), ("v2", 1.5))
    found = training_set(asked, ["odometer_km", "trips_1d"]).frame()
    assert found.columns == ["vehicle_key", "at", "label", "odometer_km", "trips_1d"]
    assert found.schema["trips_1d"] == pl.Float32
    assert found.select("label", "odometer_km", "trips_1d").rows() == [
        (0, None, None),
        (1, 10.0, 1.0),
        (2, None, 2.0),
        (4, None, None),
        (3, None, 5.0),
    ]


def test_a_value_that_was_corrected_later_does_not_leak_into_what_was_asked_before(lake):
    put(lake, [profile("v1", 0, trips_1d=1.0), profile("v1", 0, later=3, trips_1d=9.0)], yes("v1"))
    corrected = 1 + 3 + TWO_HOURS
    assert trips(lake, ("v1", corrected - 0.001), ("v1", corrected)) == [1.0, 9.0]


def test_a_label_does_not_see_its_own_day_nor_its_future(lake):
    put(lake, [profile("v1", day, trips_1d=float(day)) for day in range(10)], yes("v1"))
    assert trips(lake, ("v1", 4.0), ("v1", 4.9), ("v1", 5.0), ("v1", 5.0 + TWO_HOURS)) == [2.0, 3.0, 3.0, 4.0]


def test_a_day_that_ended_longer_ago_than_the_tolerance_is_unknown(lake):
    put(lake, [profile("v1", 0, trips_1d=1.0)], yes("v1"))
    late = {"tolerance": timedelta(days=2)}
    assert trips(lake, ("v1", 3.0), ("v1", 3.001), **late) == [1.0, None]
    assert trips(lake, ("v1", 300), tolerance=None) == [1.0]


def test_who_took_the_consent_back_was_never_asked_or_is_asked_for_more_has_no_row(lake):
    decisions = [
        *yes("given", "back", "again"),
        decision("back", "product_improvement", given=False, day=5),
        decision("again", "product_improvement", given=False, day=1),
        decision("again", "product_improvement", given=True, day=2),
        decision("given", "marketing", given=True),
    ]
    put(lake, [profile(vehicle, 0, trips_1d=1.0, events_1d=1.0) for vehicle in ("given", "back", "again", "never")], decisions)
    asked = labels(("given", 2), ("back", 2), ("again", 2), ("never", 2))
    assert training_set(asked, ["trips_1d"]).frame()["vehicle_key"].to_list() == ["again", "given"]
    assert training_set(asked, ["trips_1d"], purposes=["marketing"]).frame()["vehicle_key"].to_list() == ["given"]
    assert training_set(asked, ["events_1d"]).frame()["vehicle_key"].to_list() == ["again", "back", "given", "never"]


def test_of_decisions_of_one_moment_the_last_id_holds_and_those_after_as_of_do_not_count(lake):
    decisions = [
        decision("v1", "product_improvement", given=True, event="e1"),
        decision("v1", "product_improvement", given=False, event="e2"),
        *yes("v2"),
        decision("v2", "product_improvement", given=False, day=400),
    ]
    put(lake, [profile("v1", 0), profile("v2", 0)], decisions)
    now = datetime.now(UTC)
    assert at(400) > now
    assert training_set(labels(("v1", 2), ("v2", 2)), ["trips_1d"], as_of=now).frame()["vehicle_key"].to_list() == ["v2"]
    assert training_set(labels(("v1", 2), ("v2", 2)), ["trips_1d"]).frame().height == 0


def test_all_of_a_set_is_of_the_release_that_it_was_bound_to(lake):
    put(lake, [profile("v1", 0, trips_1d=1.0)], yes("v1"))
    bound = training_set(labels(("v1", 2)), ["trips_1d"])
    put(lake, [profile("v1", 0, trips_1d=8.0)], [decision("v1", "product_improvement", given=False)])
    assert bound.frame()["trips_1d"].to_list() == [1.0]
    assert training_set(labels(("v1", 2)), ["trips_1d"]).frame().height == 0
    assert trips(lake, ("v1", 2), as_of=bound.state.number) == [1.0]


def test_labels_may_be_a_question_whose_rows_of_one_moment_come_in_the_order_of_its_columns(lake):
    put(lake, [profile("v1", 0, trips_1d=1.0), profile("v2", 0, trips_1d=2.0)], yes("v1", "v2"))
    query = """
        select vehicle_key, timestamp '2026-06-02 12:00:00' as at, unnest([9, 4]) as target
        from features.vehicle_profiles order by 1 desc;
    """
    wanted = training_set(query, ["trips_1d"])
    assert wanted.frame().select("vehicle_key", "target", "trips_1d").rows() == [
        ("v1", 4, 1.0),
        ("v1", 9, 1.0),
        ("v2", 4, 2.0),
        ("v2", 9, 2.0),
    ]
    assert set(wanted.versions) == {"features.vehicle_profiles", "silver.consents"}


@pytest.mark.parametrize("kind", [pl.Datetime("ms"), pl.Datetime("ns", "Europe/Berlin"), pl.Date])
def test_times_without_a_zone_are_utc_and_others_are_brought_there(lake, kind):
    put(lake, [profile("v1", 0, trips_1d=1.0)], yes("v1"))
    asked = labels(("v1", 2)).with_columns(pl.col("at").dt.replace_time_zone(None).cast(pl.Datetime("us")))
    asked = asked.with_columns(
        pl.col("at").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin") if "Berlin" in str(kind) else "at"
    )
    found = training_set(asked.with_columns(pl.col("at").cast(kind)).to_arrow(), ["trips_1d"]).frame()
    assert found.select("at", "trips_1d").rows() == [(at(2), 1.0)]


def test_shards_batches_matrix_and_frame_hold_the_same_rows(lake):
    put(
        lake,
        [profile(f"v{number}", day, trips_1d=float(day), odometer_km=None) for number in range(3) for day in range(9)],
        yes("v0", "v1", "v2"),
    )
    asked = labels(*((f"v{number}", day) for day in range(9, -1, -1) for number in (2, 0, 1)))
    wanted = training_set(asked, ["trips_1d", "odometer_km"], days_per_shard=4)
    frame = wanted.frame()
    assert frame["at"].to_list() == [at(day) for first in (0, 4, 8) for _ in range(3) for day in range(first, min(first + 4, 10))]
    batches = list(wanted.batches(rows=5))
    assert [batch.num_rows for batch in batches] == [5, 5, 2, 5, 5, 2, 5, 1]
    assert pl.from_arrow(pa.Table.from_batches(batches)).equals(frame)
    matrix, beside = wanted.numpy()
    assert (matrix.dtype, matrix.shape, matrix.flags.c_contiguous) == (np.float32, (30, 2), True)
    assert np.isnan(matrix[:, 1]).all()
    assert beside.equals(frame.select("vehicle_key", "at", "label"))


def test_a_set_without_labels_is_empty_and_has_its_columns(lake):
    put(lake, [profile("v1", 0)], yes("v1"))
    found = training_set(labels(("v1", 2)).clear(), ["trips_1d"]).frame()
    assert (found.height, found.columns) == (0, ["vehicle_key", "at", "label", "trips_1d"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (pl.DataFrame({"vehicle_key": ["v1"]}), "they need vehicle_key"),
        (pl.DataFrame({"vehicle_key": ["v1"], "at": ["2026-06-01"]}), "they need vehicle_key"),
        (labels(("v1", 1), trips_1d=pl.lit(1)), "called like features: trips_1d"),
        (labels(("v1", 1), (None, 1)), "labels without vehicle_key or at"),
        ("select vehicle_key from silver.consents", "they need vehicle_key"),
        ("select nonsense", "nonsense"),
    ],
)
def test_labels_that_cannot_be_joined_are_refused(lake, asked, said):
    put(lake, [profile("v1", 0)], yes("v1"))
    with pytest.raises(Failure, match=said):
        training_set(asked, ["trips_1d"]).frame()


def test_what_is_not_released_or_lacks_the_column_is_named(lake):
    with pytest.raises(Failure, match=r"features\.vehicle_profiles is not released"):
        training_set(labels(("v1", 1)), ["trips_1d"])
    put(lake, [profile("v1", 0)], yes("v1"))
    with pytest.raises(Failure, match="vehicle_profiles v0 has no column trips_28d"):
        training_set(labels(("v1", 1)), ["trips_28d"]).frame()
    with pytest.raises(Failure, match="less than none"):
        training_set(labels(("v1", 1)), ["trips_1d"], tolerance=timedelta(days=-1))


days = st.integers(0, 12)
known = st.lists(st.tuples(st.sampled_from("abc"), days, st.sampled_from([0, 1, 3, 28])), max_size=25, unique=True)
wanted_at = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 45 * 24)), min_size=1, max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known, wanted_at, st.integers(0, 15), st.sampled_from([1, 3, 28]))
def test_a_set_is_what_a_naive_reading_of_the_tables_gives(tmp_path_factory, rows, moments, tolerance, span):
    from tests.conftest import use_home

    with pytest.MonkeyPatch.context() as patch:
        use_home(patch, tmp_path_factory.mktemp("lake"))
        from fleetlake.settings import settings as of_fleet

        put(of_fleet().lake_root, [profile(*row, trips_1d=float(number)) for number, row in enumerate(rows)], yes(*"abc"))
        asked = labels(*((vehicle, hours / 24) for vehicle, hours in moments))
        found = training_set(asked, ["trips_1d"], tolerance=timedelta(days=tolerance), days_per_shard=span).frame().sort("label")
    wanted = [(label, _naive(rows, vehicle, at(hours / 24), tolerance)) for label, (vehicle, hours) in enumerate(moments) if vehicle != "d"]
    assert found.select("label", "trips_1d").rows() == wanted


def _naive(rows, vehicle: str, when: datetime, tolerance: int) -> float | None:
    seen = [
        (at(day + 1), later, float(number))
        for number, (whose, day, later) in enumerate(rows)
        if whose == vehicle and at(day + 1 + later) + KNOWN_AFTER <= when
    ]
    return max(seen)[2] if seen and when - max(seen)[0] <= timedelta(days=tolerance) else None


def test_a_set_needs_neither_spark_nor_java_nor_pandas():
    code = "import fleetlake.features.training, fleetlake.features.rebuild, sys; print([m for m in ('pyspark', 'pandas', 'spark_jobs') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_features_do_not_slow_the_start_of_what_reads_none():
    code = "import fleetlake.features, sys; print([m for m in ('polars', 'numpy', 'yaml') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"
