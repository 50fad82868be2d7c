"""What `fleet status` says of tables."""

import pytest

from fleetlake.overview import age, last_gates, overview, quarantined_shares
from fleetlake.releases.model import Pin
from spark_jobs.refine.job import refine
from spark_jobs.releases.log import Log, made
from tests.spark_jobs.refine.events import InProcess, bronze, land_rows, record


def result(**changes):
    return {"gate_run": 1, "table_name": "silver.charging", "outcome": "passed", "severity": "critical"} | changes


def entry(**changes):
    return {"table": "silver.charging", "kind": "refine", "silver": 6, "duplicates": 1, "quarantined": 1} | changes


def test_the_newest_gate_run_of_a_table_speaks():
    assert last_gates([result(outcome="failed"), result(gate_run=2)]) == {"silver.charging": "2: passed"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"outcome": "failed"}, "1 stop the release"),
        ({"outcome": "error", "severity": "warning"}, "1 stop the release"),
        ({"outcome": "failed", "severity": "warning"}, "passed, 1 warnings"),
    ],
)
def test_a_gate_says_what_stops_and_what_only_warns(found, said):
    assert last_gates([result(), result(**found)]) == {"silver.charging": f"1: {said}"}


def test_the_share_refused_is_of_what_refine_decided():
    assert quarantined_shares([entry(), entry(), entry(kind="replay", silver=9, quarantined=0), entry(kind="land", quarantined=None)]) == {
        "silver.charging": 0.125
    }


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (89, "89 s"), (90, "1 min"), (5_400, "1 h"), (172_800, "2 d")])
def test_an_age_is_said_in_one_unit(seconds, said):
    assert age(seconds) == said


def test_every_table_of_the_lake_is_there_with_its_files(lake):
    land_rows(lake, bronze(record(0), record(1, body=b"{")))
    assert list(refine(InProcess(), lake))
    rows = {row["table"]: row for row in overview(lake)}
    assert {"bronze.consents", "silver.consents", "silver.quarantine", "ops.ledger"} <= rows.keys()
    assert (rows["silver.consents"]["quarantined"], rows["silver.consents"]["files"], rows["silver.consents"]["small"]) == ("50.00%", 1, 1)
    assert rows["silver.consents"]["released"] is None
    assert rows["silver.consents"]["oldest pin"] is None


def test_the_oldest_version_that_maintenance_keeps_is_named(lake):
    for version in (3, 5, 6, 8):
        log = Log.open(lake)
        log.commit([made(log.next, "silver", "release", [Pin("silver.consents", version, 1, 1, "1.0.0")])])
    land_rows(lake, bronze(record(0)))
    assert list(refine(InProcess(), lake))
    assert next(row["oldest pin"] for row in overview(lake) if row["table"] == "silver.consents") == 3
