"""Each expectation has rows that make it fail, and no other: a check that cannot fail is none."""

from collections import Counter
from typing import Any

import pytest

from expectations.contract import Contract, contract, in_files
from expectations.suites import imported, suite
from expectations.suites.once import shown
from spark_jobs.gate.run import check
from tests.spark_jobs.gate.lakes import BRONZE, QUARANTINE, REDS, SILVER, WHOLE, Imported, commit
from tests.spark_jobs.gate.rows import ALSO, about_rows, breaking, sound

TABLES = [*(each for each in in_files() if each.id not in ("bronze.events", "silver.envelope")), contract("bronze.charging")]
MODELS = [contract("gold.feature_usage_daily"), contract("gold.cost_allocation")]  # the others: tests/expectations/test_models.py


def verdicts(report: Any) -> dict[str, str]:
    return {result.asked.id: result.outcome for result in report.results if result.outcome != "passed"}


def test_every_expectation_has_a_red_fixture():
    counted = 0
    for table in TABLES:
        of_rows = {asked.id for asked in about_rows(table) if breaking(table, asked)}
        facts = {asked.id for asked in suite(table)} - of_rows
        assert facts <= set(REDS[SILVER if table.topic else table.id]), table.id
        counted += len(of_rows) + len(facts)
    assert counted > 400, "no suite found"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_a_row_that_breaks_a_promise_fails_it_alone_and_is_named(table: Contract, spark, lake):
    asked = about_rows(table)
    rows = [sound(table, number, **breaking(table, each)) for number, each in enumerate(asked)]
    commit(lake, table.id, [*rows, sound(table, len(asked))], {}, [])
    found = {result.asked.id: result for result in check(lake, table.id, lambda short_lived: spark).results}
    assert len(asked) > 2
    red = dict(zip((each.id for each in asked), rows, strict=True))
    for each in asked:
        keys = [
            {name: red[id][name] for name in shown(table)} for id in (each.id, *(also for also in ALSO.get(each.id, ()) if also in red))
        ]
        assert (found[each.id].outcome, found[each.id].failing) == ("failed", len(keys)), each.id
        assert Counter(map(_hashable, found[each.id].keys)) == Counter(_hashable(key) for key in keys if key), each.id


def _hashable(row: dict[str, Any]) -> frozenset[tuple[str, Any]]:
    """Equal for equal moments, however a time zone is written."""
    return frozenset(row.items())


@pytest.mark.parametrize("table", MODELS, ids=lambda table: table.id)
def test_a_row_that_breaks_a_promise_of_a_model_fails_it(table: Contract, spark, lake):
    asked = about_rows(table)
    rows = [sound(table, number, **breaking(table, each)) for number, each in enumerate(asked)]
    commit(lake, table.id, [*rows, sound(table, len(asked))], {}, [])
    found = {result.asked.id: result for result in check(lake, table.id, lambda short_lived: spark).results}
    assert {each.id: found[each.id].outcome for each in asked} == {each.id: "failed" for each in asked}
    assert all(found[each.id].failing < len(rows) for each in asked)


def test_the_sound_lake_passes(spark, lake):
    WHOLE.make(lake)
    for table in (SILVER, BRONZE, QUARANTINE):
        report = check(lake, table, lambda short_lived: spark)
        assert verdicts(report) == {}
        assert len(report.results) >= 10


@pytest.mark.parametrize("table", imported.TABLES)
def test_a_sound_import_passes(table: str, spark, lake):
    Imported(table).make(lake)
    report = check(lake, table, lambda short_lived: spark)
    assert verdicts(report) == {}
    assert len(report.results) >= 8


@pytest.mark.parametrize(("table", "expectation"), [(table, id) for table, reds in REDS.items() for id in reds])
def test_a_fact_that_is_broken_fails_alone(table: str, expectation: str, spark, lake):
    content = REDS[table][expectation]()
    content.make(lake)
    report = check(lake, table, lambda short_lived: spark, now=content.clock)
    assert verdicts(report) == {expectation: "failed"}
