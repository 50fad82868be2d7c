"""features.yml declares features that a person can find, and says of each what a model's owner has to know."""

import pytest
import yaml
from typer.testing import CliRunner

from expectations.contract import contract
from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.features import registry
from fleetlake.features.declared import chosen

CONSENTS = contract("silver.consents").column("purpose").enum


def test_there_are_forty_features_or_more_in_groups_with_owner_purpose_and_tests():
    found = registry()
    assert len(found) >= 40
    assert {each.group for each in found.values()} >= {
        "driving",
        "charging and battery",
        "use",
        "commands",
        "connectivity",
        "software",
        "assistant",
    }
    for each in found.values():
        assert all((each.unit, each.description.endswith("."), "@" in each.owner, each.purpose, each.tests)), each.name
        assert each.window in (1, 7, 28), each.name


def test_a_consent_is_one_that_customers_are_asked_for():
    wanted = {each.consent for each in registry().values() if each.consent}
    assert len(wanted) > 1
    assert CONSENTS
    assert wanted <= set(CONSENTS)


def test_a_name_that_ends_in_days_looks_back_on_as_many():
    named = [each for each in registry().values() if each.name.rpartition("_")[2] in ("1d", "7d", "28d")]
    assert len(named) > 40
    assert all(each.name.endswith(f"_{each.window}d") for each in named)


def test_each_feature_of_the_catalogue_has_its_uses_in_three_windows():
    rows = (contract("gold.features").path.parents[3] / "seeds" / "feature_catalogue.csv").read_text().splitlines()[1:]
    assert len(rows) > 10
    for row in rows:
        name = row.partition(",")[0]
        assert [registry()[f"{name}_uses_{days}d"].window for days in (1, 7, 28)] == [1, 7, 28]


def test_a_table_s_contract_says_the_same_of_its_columns_and_has_no_others():
    for table in {each.table for each in registry().values()}:
        declared = [(each.column, each.unit, each.description) for each in registry().values() if each.table == table]
        promised = [(each.name, each.unit, each.description) for each in contract(table).columns if each.physical_type == "float"]
        assert declared == promised, table
        assert [each.name for each in contract(table).columns if each.physical_type != "float"] == [
            "vehicle_key",
            "day",
            "known_at",
            "known_on",
        ]


def test_the_tests_that_features_name_are_there():
    for each in registry().values():
        tests = {test["name"] for test in yaml.safe_load(contract(each.table).path.read_text())["unit_tests"]}
        assert set(each.tests) <= tests, each.name


def test_features_are_chosen_in_the_order_asked_for():
    assert [each.column for each in chosen(["trips_7d", "trips_1d"])] == ["trips_7d", "trips_1d"]


@pytest.mark.parametrize(
    ("names", "said"),
    [(["trip_1d"], "near it are trips_1d"), (["trips_1d", "trips_1d"], "asked for twice"), ([], "no feature is asked for")],
)
def test_what_cannot_be_chosen_is_refused_with_a_remedy(names, said):
    with pytest.raises(Failure, match=said):
        chosen(names)


def test_the_list_and_a_feature_are_shown():
    run = CliRunner()
    listed = run.invoke(application(("features",)), ["features", "list", "assistant", "--json"], catch_exceptions=False)
    assert '"name": "assistant_requests_7d"' in listed.stdout
    assert "trips_1d" not in listed.stdout
    told = run.invoke(application(("features",)), ["features", "describe", "trips_1d", "--json"], catch_exceptions=False)
    assert '"dtype": "float32"' in told.stdout


def test_a_group_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(Failure, match="there is no group 'flying'\ngroups are driving"):
        CliRunner().invoke(application(("features",)), ["features", "list", "flying"], catch_exceptions=False, standalone_mode=False)
