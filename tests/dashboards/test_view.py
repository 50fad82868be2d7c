"""One state of the releases for each view of a page."""

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.dashboard_data import Shape, marts, release, written
from dashboards.view import view
from fleetlake.console import Early, Failure

ACTIVE = "select max(active) as active from gold.fleet_daily"


def test_a_view_goes_on_in_its_release_and_the_next_one_sees_the_new_one(gold):
    first = view()
    before = first.ask(ACTIVE).item()
    frame = marts(Shape())["fleet_daily"]
    release(gold, {"gold.fleet_daily": frame.with_columns(active=frame["active"] * 0 + 7)}, built_from=1)
    assert first.ask(ACTIVE).item() == first.ask(f"{ACTIVE} where true").item() == before != 7
    assert view().ask(ACTIVE).item() == 7


def test_an_answer_is_computed_once_for_each_release(gold):
    assert view().ask(ACTIVE) is view().ask(ACTIVE)
    assert view().ask(f"{ACTIVE} where model = $model", model="all") is not view().ask(f"{ACTIVE} where model = $model", model="x")


def test_values_are_no_sql(gold):
    hostile = "all' or true --"
    assert view().ask("select count(*) as rows from gold.fleet_daily where model = $model", model=hostile).item() == 0


def test_a_version_without_a_release_is_not_asked(gold):
    frame = marts(Shape())["fleet_daily"]
    written(gold, "gold.fleet_daily", frame.with_columns(active=frame["active"] * 0 + 7))
    assert view().ask(ACTIVE).item() != 7


def test_vehicle_grain_is_not_asked(gold):
    with pytest.raises(Failure, match="is not released"):
        view().ask("from gold_internal.vehicles")


def test_a_source_says_release_check_and_age(gold):
    seen = view()
    later = type(seen)(seen.state, datetime.now(UTC) + timedelta(hours=3), seen.newest, seen.checked_at)
    assert later.source("gold.fleet_daily").startswith("gold.fleet_daily · release 2 · checked 20")
    assert later.source("gold.fleet_daily").endswith("· 3 h old")


def test_notes_that_nobody_made_yet_are_told_apart_from_no_notes(lake):
    with pytest.raises(Early, match=r"nothing was noted in ops\.ledger yet"):
        view().records("from ops.ledger")
