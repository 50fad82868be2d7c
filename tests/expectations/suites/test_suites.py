"""Suites follow from contracts, and say what to do when something fails."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from expectations.contract import contract, contracts
from expectations.suites import references, suite
from expectations.suites.expectation import Expectation
from fleetlake.simulator.catalogue import FEATURES, PURPOSES, SOFTWARE


def ids(table: str) -> set[str]:
    return {asked.id for asked in suite(contract(table))}


def test_a_silver_suite_holds_what_its_contract_says_and_what_no_contract_can():
    assert {"columns", "session_id.required", "soc_end.range", "step.words", "session_id.pattern", "charging_never_discharges"} <= ids(
        "silver.charging"
    )
    assert {"key.unique", "ids.reused", "freshness", "volume", "late.share", "lost.share", "quarantined.share"} <= ids("silver.charging")
    assert {"conservation.rows", "conservation.runs", "vehicle_key.known"} <= ids("silver.charging")


def test_bronze_is_asked_for_nothing_that_senders_get_wrong():
    assert {id for id in ids("bronze.charging") if not id.endswith(".required")} == {
        "columns",
        "key.unique",
        "conservation.rows",
        "freshness",
    }


def test_every_expectation_says_what_is_expected_and_what_to_do():
    asked = [each for table in contracts() for each in suite(table)]
    assert len(asked) > 400
    assert all(len(each.says) > 10 and len(each.remedy) > 20 for each in asked)


def test_an_unknown_feature_stops_uses_of_it_and_only_warns_of_equipment():
    severities = {
        table: {each.id: each.severity for each in suite(contract(table))}["feature_id.known"]
        for table in ("silver.feature_usage", references.REGISTER)
    }
    assert severities == {"silver.feature_usage": "critical", references.REGISTER: "warning"}


def test_two_expectations_of_one_id_are_refused():
    table = contract("silver.charging")
    with pytest.raises(ValueError, match="charging_never_discharges"):
        suite(replace(table, checks=table.checks * 2))


def test_the_catalogue_has_the_features_that_the_simulator_sells():
    with references.CATALOGUE.open() as file:
        header, *lines = (line.strip().split(",") for line in file)
    rows = {row["feature_id"]: row for row in (dict(zip(header, line, strict=True)) for line in lines)}
    assert set(rows) == {feature.code for feature in FEATURES} == set(references.features())
    for feature in FEATURES:
        row = rows[feature.code]
        assert row["minimum_software"] == SOFTWARE[feature.needs_software]
        assert row["is_subscription"] == str(feature.is_subscription).lower()
        assert row["consent_purpose"] in ("", *PURPOSES)


def test_suites_are_made_without_great_expectations():
    code = "import sys; from expectations.suites import suite; from expectations.contract import contracts; [suite(each) for each in contracts()]"
    said = subprocess.run(
        [sys.executable, "-c", f"{code}; print('great_expectations' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"


def test_no_topic_asks_anything_of_a_table_that_has_no_grain_of_events():
    assert {each.id for each in suite(contract("ops.ledger")) if each.frame not in ("rows", "columns", "twins")} == set()


def test_a_finite_number_between_two_bounds_is_asked_for_once():
    found = {each.id for each in suite(contract("silver.vehicle_signals")) if re.fullmatch(r"latitude\..*", each.id)}
    assert found == {"latitude.range"}


def test_the_boolean_of_a_condition_is_no_column_of_the_table():
    for table in contracts():
        held = {column.name for column in table.columns}
        assert not [each.id for each in suite(table) if isinstance(each, Expectation) and each.kind == "holds" and each.column in held]
