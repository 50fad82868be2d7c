"""Which gate run decides, and what speaks against a release. Pure."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetlake.console import Failure
from fleetlake.releases.model import Pin, Release, Waiver
from spark_jobs.releases.rules import Result, backwards, complaint, deciding, sifted, stopping, unchecked, versions

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BOTH = ("silver.a", "silver.b")


def said(gate_run: int, table: str = "silver.a", outcome: str = "passed", **changes: object) -> Result:
    told = {
        "expectation": "freshness",
        "severity": "critical",
        "observed": "3 days",
        "expected": None,
        "failing": None,
        "remedy": "look at land",
    }
    return Result(
        **{"gate_run": gate_run, "at": NOW, "table_name": table, "version": gate_run, "outcome": outcome, "contract_version": "1.0.0"}
        | told
        | changes
    )


def test_the_newest_run_that_looked_at_every_table_decides():
    whole = [said(5), said(5, "silver.b")]
    assert deciding([said(4), said(4, "silver.b"), *whole, said(6)], BOTH) == whole
    assert deciding([said(6)], BOTH) == []


@pytest.mark.parametrize(
    ("results", "names"),
    [
        ([said(5, outcome="failed")], ["silver.a/freshness"]),
        ([said(5, outcome="error")], ["silver.a/freshness"]),
        ([said(5, outcome="failed", severity="warning")], []),
        ([said(4, outcome="failed"), said(5)], []),
        ([said(5), said(6, outcome="failed")], ["silver.a/freshness"]),  # a newer look at one table
        ([said(6, outcome="failed"), said(5), said(7)], []),  # and a newer one yet
        ([said(4, outcome="failed", expectation="gone")], []),  # no longer in the suite
    ],
    ids=["failed", "error", "warning", "older", "newer", "newest passes", "dropped"],
)
def test_the_newest_word_on_each_critical_expectation_counts(results: list[Result], names: list[str]):
    assert [one.name for one in stopping(results, since=5)] == names


def test_a_waiver_is_for_one_expectation_of_one_table():
    waiver = Waiver("silver.a", "freshness", "ann", NOW, NOW, "because")
    failing = [said(5, outcome="failed"), said(5, "silver.b", outcome="failed"), said(5, outcome="failed", expectation="volume")]
    stop, waived = sifted(failing, [waiver])
    assert ([one.name for one in stop], [one.name for one in waived]) == (["silver.b/freshness", "silver.a/volume"], ["silver.a/freshness"])


def test_a_run_that_looked_at_two_versions_of_a_table_pins_none():
    assert {name: one.version for name, one in versions([said(5), said(5, "silver.b", version=9)]).items()} == {
        "silver.a": 5,
        "silver.b": 9,
    }
    with pytest.raises(Failure, match=r"two versions of silver\.a"):
        versions([said(5), said(5, version=9, expectation="volume")])


def test_what_no_gate_looked_at_is_named():
    assert unchecked("silver", [], BOTH).what == "no gate has looked at silver"
    assert unchecked("silver", [said(4, "silver.b"), said(5)], BOTH).what == "gate run 5 did not look at silver.b"


def test_a_complaint_says_what_and_what_to_do():
    told = complaint(said(5, outcome="failed", failing=1234))
    assert told.what == "silver.a v5 did not pass freshness in gate run 5: 1,234 rows (fleet check silver.a --rows shows them)"
    assert told.remedy.startswith("look at land, or waive it: fleet waive silver.a/freshness --owner")
    assert "could not be judged by freshness in gate run 5: 3 days" in complaint(said(5, outcome="error")).what


def released(**versions: int) -> Release:
    pins = {f"silver.{name}": Pin(f"silver.{name}", version, 1, 1, "1.0.0") for name, version in versions.items()}
    return Release(1, "silver", NOW, "release", None, None, "ann", "", "0.1.0", pins)


def test_time_does_not_go_back():
    pins = [Pin("silver.a", 4, 1, 9, "1.0.0"), Pin("silver.b", 5, 1, 9, "1.0.0"), Pin("silver.c", 0, 1, 9, "1.0.0")]
    assert [each.what for each in backwards(pins, released(a=5, b=5))] == ["silver.a: gate run 9 looked at v4, and readers see v5 already"]
    assert backwards(pins, None) == []


runs = st.lists(
    st.builds(
        said,
        st.integers(1, 4),
        st.sampled_from(BOTH),
        st.sampled_from(["passed", "failed", "error"]),
        severity=st.sampled_from(["critical", "warning"]),
    ),
    max_size=12,
    unique_by=lambda one: (one.gate_run, one.table_name),
)


@given(runs, st.sets(st.sampled_from(BOTH)))
def test_nothing_is_released_over_a_failure_that_nobody_waived(results: list[Result], waived: set[str]):
    run = deciding(results, BOTH)
    if not run:
        assert not any({(number, table) for table in BOTH} <= {(one.gate_run, one.table_name) for one in results} for number in range(1, 5))
        return
    stop, _ = sifted(stopping(results, run[0].gate_run), [Waiver(table, "freshness", "ann", NOW, NOW, "because") for table in waived])
    for table in BOTH:
        newest = max((one for one in results if one.table_name == table), key=lambda one: one.gate_run)
        is_bad = newest.severity == "critical" and newest.outcome != "passed" and table not in waived
        assert is_bad == (table in {one.table_name for one in stop})
