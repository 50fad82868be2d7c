"""What a gate run finds is told: errors too, and only of days that changed."""

import json
import logging
from dataclasses import replace
from datetime import datetime
from html import unescape
from typing import Any

import polars as pl
import pytest
import typer

from expectations.contract import contract
from expectations.suites.losses import LOST
from fleetlake.commands import check as command
from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs import session as sessions
from spark_jobs.gate import docs, failing, frames, results, run
from spark_jobs.gate.judge import Judge
from spark_jobs.gate.run import Report, check
from spark_jobs.gate.verdict import Result
from tests.spark_jobs.gate.lakes import BRONZE, DAY, QUARANTINE, SILVER, WHOLE, commit, event
from tests.spark_jobs.gate.rows import NOON
from tests.spark_jobs.gate.test_versions import released

BAD = {"soc_end": 101, "soc_start": 1}


def found(report: Report, id: str) -> Result:
    return {result.asked.id: result for result in report.results}[id]


def judged(lake: str, spark: Any, what: str = SILVER) -> Report:
    return check(lake, what, lambda short_lived: spark, now=NOON)


class Lasting:
    """The one session of the tests, which a command must not stop."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spark, name)

    def stop(self) -> None:
        """Not this one."""


@pytest.fixture
def typed(lake: str, spark: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`fleet check` without its JVM: everything else is real."""
    monkeypatch.setattr(sessions, "session", lambda *args, **options: Lasting(spark))

    def run(what: str = SILVER, **options: Any) -> int:
        try:
            command.check(what, **({"version": None, "rows": False, "docs": False, "now": "2026-06-01T12:00Z", "as_json": False} | options))
        except typer.Exit as ended:
            return int(ended.exit_code)
        return 0

    return run


def test_a_bad_row_on_a_released_day_is_not_looked_at_again(lake, spark):
    replace(WHOLE, events=(*WHOLE.events, event(10, NOON - DAY, **BAD))).make(lake)
    assert found(judged(lake, spark), "soc_end.range").failing == 1
    released(lake, 1)
    assert found(judged(lake, spark), "soc_end.range").outcome == "passed"
    commit(lake, SILVER, [event(12)], {"runs": 1}, [])
    assert found(judged(lake, spark), "soc_end.range").outcome == "passed"
    commit(lake, SILVER, [event(11, **BAD)], {"runs": 1}, [])
    again = found(judged(lake, spark), "soc_end.range")
    assert (again.failing, [key["event_id"] for key in again.keys]) == (1, ["e11"])


def test_an_id_that_comes_again_the_day_after_is_seen_though_only_that_day_changed(lake, spark):
    replace(WHOLE, events=(*WHOLE.events, event(10, NOON - DAY))).make(lake)
    released(lake, 1)
    commit(lake, SILVER, [event(10)], {"runs": 1}, [])
    assert found(judged(lake, spark), "ids.reused").outcome == "failed"


def test_what_cannot_be_measured_is_an_error_and_stops_though_it_would_only_warn(lake, spark, monkeypatch):
    WHOLE.make(lake)

    def breaks(*of: object) -> pl.DataFrame:
        raise OSError("the disk is gone")

    monkeypatch.setitem(frames.MEASURES, "freshness", breaks)
    report = judged(lake, spark)
    told = found(report, "freshness")
    assert (told.outcome, told.severity, told.asked.severity, told.observed) == (
        "error",
        "critical",
        "warning",
        "OSError: the disk is gone",
    )
    assert not report.ok
    assert [result.asked.id for result in report.results if result.outcome != "passed"] == ["freshness"]


def test_a_file_that_is_gone_is_an_error_of_all_that_look_at_rows(lake, spark, tmp_path):
    WHOLE.make(lake)
    next((tmp_path / "home" / "lake" / "silver" / "charging").glob("*/*.parquet")).unlink()
    report = judged(lake, spark)
    assert found(report, "soc_end.range").outcome == found(report, "key.unique").outcome == "error"
    assert found(report, "columns").outcome == "passed"
    assert not report.ok


def test_keys_that_cannot_be_looked_for_make_a_failure_an_error(lake, spark, monkeypatch):
    replace(WHOLE, events=(*WHOLE.events, event(10, **BAD))).make(lake)
    monkeypatch.setattr(failing, "MEMORY", "no size")
    assert found(judged(lake, spark), "soc_end.range").outcome == "error"


def test_at_most_twenty_keys_are_told_and_all_rows_are_counted(lake, spark):
    replace(WHOLE, events=tuple(event(number, **BAD) for number in range(30))).make(lake)
    told = found(judged(lake, spark), "soc_end.range")
    assert (told.failing, len(told.keys), told.observed) == (30, 20, "30 of 30 rows")


def test_lost_numbers_are_counted_and_refused_ones_came(lake, spark):
    replace(WHOLE, events=tuple(event(number) for number in range(9) if number != 4)).make(lake)
    told = found(judged(lake, spark), "lost.share")
    assert "numbers 10, lost 1, lost_share 0.1" in told.observed
    assert LOST < 0.1


def test_a_layer_is_judged_table_by_table_in_one_gate_run(lake, spark):
    WHOLE.make(lake)
    report = judged(lake, spark, "silver")
    assert list(dict.fromkeys(result.snapshot.name for result in report.results)) == [SILVER, QUARANTINE, "silver.vehicle_lifecycle"]
    assert results.write(lake, report) == 1
    assert results.write(lake, judged(lake, spark, BRONZE)) == 2
    rows = pl.read_delta(table_path(lake, "ops.gate_results"))
    assert rows.group_by("gate_run").len().sort("gate_run").rows() == [(1, len(report.results)), (2, 10)]


def test_results_say_what_was_found_and_no_personal_value(lake, spark):
    replace(
        WHOLE,
        events=(*WHOLE.events, event(8, offset=90, vehicle_key="secret"), event(8, offset=91, vehicle_key="secret")),
        registered=("v",),
    ).make(lake)
    report = judged(lake, spark)
    results.write(lake, report)
    rows = pl.read_delta(table_path(lake, "ops.gate_results"))
    assert "secret" not in str(rows.to_dicts())
    (row,) = rows.filter(pl.col("expectation") == "key.unique").to_dicts()
    assert (row["table_name"], row["version"], row["severity"], row["outcome"], row["failing"]) == (SILVER, 1, "critical", "failed", 2)
    assert json.loads(row["failing_keys"]) == [{"event_id": "e8", "occurred_on": "2026-06-01"}]
    assert json.loads(row["days"]) == "all"
    (row,) = rows.filter(pl.col("expectation") == "vehicle_key.known").to_dicts()
    assert json.loads(row["failing_keys"]) == [{"event_id": "e8", "occurred_on": "2026-06-01"}]


def test_two_gates_that_end_together_get_two_numbers(lake, spark, monkeypatch):
    WHOLE.make(lake)
    report, opened, raced = judged(lake, spark), results.opened, []

    def late(root: str, name: str) -> Any:
        mine = opened(root, name)
        if not raced:
            raced.append(True)
            results.write(root, report)
        return mine

    monkeypatch.setattr(results, "opened", late)
    assert results.write(lake, report) == 2
    assert pl.read_delta(table_path(lake, "ops.gate_results"))["gate_run"].unique().sort().to_list() == [1, 2]


def test_data_docs_are_escaped_and_hold_no_personal_value_and_nothing_from_elsewhere(lake, spark, tmp_path):
    hostile = "<script>alert(1)</script>"
    replace(WHOLE, events=(*WHOLE.events, event(10, event_id=hostile, vehicle_key="secret", **BAD))).make(lake)
    index = docs.build(judged(lake, spark), tmp_path / "docs")
    pages = {page.name: page.read_text() for page in index.parent.iterdir()}
    assert set(pages) == {"index.html", f"{SILVER}.html"}
    assert hostile not in "".join(pages.values())
    assert json.dumps(hostile) in unescape(pages["index.html"])
    assert "secret" not in "".join(pages.values())
    assert not [tag for page in pages.values() for tag in docs.re.findall(docs.ELSEWHERE, page)]
    assert "soc_end" in pages[f"{SILVER}.html"]


def test_a_word_of_a_contract_cannot_be_markup_in_data_docs(lake, spark, tmp_path, monkeypatch):
    WHOLE.make(lake)

    hostile = "<img src=x onerror=alert(1)>"
    asked = [replace(each, values=(*each.values, hostile)) if each.id == "step.words" else each for each in run.suite(contract(SILVER))]
    monkeypatch.setattr(run, "suite", lambda of: asked)
    page = (docs.build(judged(lake, spark), tmp_path / "docs").parent / f"{SILVER}.html").read_text()
    assert hostile not in page
    assert hostile in unescape(page)


def test_the_command_ends_with_status_1_names_remedies_and_shows_keys_when_asked(lake, typed, capsys):
    replace(WHOLE, events=(*WHOLE.events, event(10, **BAD))).make(lake)
    assert typed() == 1
    said = capsys.readouterr()
    assert "critical: silver.charging/soc_end.range: 1 of 10 rows" in said.err
    assert "fleet reprocess" in said.err
    assert "e10" not in said.err
    assert "silver.charging" in said.out
    typed(rows=True)
    assert '{"event_id": "e10", "occurred_on": "2026-06-01"}' in capsys.readouterr().err


def test_the_command_ends_well_where_only_warnings_are_left(lake, typed, capsys):
    replace(WHOLE, registered=("somebody",)).make(lake)
    assert typed(as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["gate_run"], said["ok"], datetime.fromisoformat(said["clock"])) == (1, True, NOON)
    assert [row["expectation"] for row in said["results"] if row["outcome"] == "failed"] == ["vehicle_key.known"]


def test_a_version_is_of_a_table_and_a_time_is_a_time(lake, typed):
    WHOLE.make(lake)
    for wrong, what in (
        ({"what": "silver", "version": 1}, "is of one table"),
        ({"now": "noon"}, "is no moment"),
        ({"what": "gold"}, "no table yet"),
    ):
        with pytest.raises(Failure, match=what):
            typed(**wrong)


def test_a_jvm_that_starts_fast_is_asked_for_where_little_changed(lake, spark, monkeypatch):

    WHOLE.make(lake)
    asked: list[bool] = []

    def start(short_lived: bool) -> Any:
        asked.append(short_lived)
        return spark

    check(lake, SILVER, start, now=NOON)
    monkeypatch.setattr(run, "SMALL_BYTES", 1000)
    check(lake, SILVER, start, now=NOON)
    released(lake, 1)
    check(lake, SILVER, start, now=NOON)
    assert asked == [True, False, True]


def test_great_expectations_tells_people_nothing_of_its_folders(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        Judge()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("great_expectations")] == []
