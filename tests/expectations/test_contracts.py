"""The contracts that are there: whole, standard and of one shape."""

import json
import re
import sqlite3
from importlib.resources import files

import duckdb
import jsonschema
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from expectations.contract import Column, Contract, contract, contracts, families, in_files
from expectations.rules import rules
from expectations.schemas import arrow_schema, body_schema, delta_schema, spark_ddl, statistics_columns
from fleetlake.console import Failure
from fleetlake.names import family_of, topic
from fleetlake.wire import message_class

FAMILIES = {
    *("vehicle_signals", "vehicle_lifecycle", "feature_usage", "remote_commands", "charging"),
    *("navigation", "ota_updates", "assistant_interactions", "api_requests", "consents"),
}
OPS = {"ledger", "refine_runs", "duplicates", "replays", "audits", "gate_results", "releases", "waivers"}
UNITS = {"ms": "_ms", "s": "_s", "m": "_m", "Wh": "_wh", "km/h": "_kmh", "Celsius": "_celsius", "bytes": "_bytes"}
SILVER = [contract(f"silver.{family}") for family in families()]

each_contract = pytest.mark.parametrize("one", contracts(), ids=lambda one: one.id)
each_family = pytest.mark.parametrize("one", SILVER, ids=lambda one: one.table)


def test_the_ten_families_and_the_tables_around_them_have_contracts():
    assert set(families()) >= FAMILIES
    assert {one.table for one in contracts() if one.layer == "ops"} >= OPS
    assert {"bronze.events", "silver.envelope", "silver.quarantine"} <= {one.id for one in contracts()}


@each_family
def test_a_family_has_one_name_for_contract_topic_and_message(one: Contract):
    assert one.topic == topic(one.table)
    assert family_of(one.topic) == one.table
    assert message_class(one.table).DESCRIPTOR.name.lower() == one.table.replace("_", "")


@each_family
def test_the_message_of_a_family_has_its_own_columns_and_numbers(one: Contract):
    fields = {field.name: field.number for field in message_class(one.table).DESCRIPTOR.fields}
    assert fields == {column.name: column.number for column in one.own_columns}


@each_family
def test_own_columns_stand_within_the_envelope(one: Contract):
    names = [column.name for column in one.columns]
    before, after = names[:12], names[-6:]
    assert (
        " ".join(before)
        == "event_id vehicle_key occurred_at occurred_on received_at is_late is_resend boot_id sequence model market sw_version"
    )
    assert after == ["unknown_fields", "event_hash", "body_hash", "topic_id", "partition", "offset"]
    assert names[12:-6] == [column.name for column in one.own_columns] != []


@pytest.mark.parametrize("one", in_files(), ids=lambda one: one.id)
def test_a_contract_is_one_in_the_open_data_contract_standard(one: Contract):
    document = yaml.safe_load(one.path.read_text())
    OpenDataContractStandard(**document)
    jsonschema.validate(document, json.loads((files("open_data_contract_standard") / "schema.json").read_text()))
    assert document["apiVersion"] == "v3.1.0"


@each_contract
def test_column_names_are_snake_case(one: Contract):
    assert one.columns
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column.name) for column in one.columns)


@each_family
def test_names_of_own_columns_say_unit_and_kind(one: Contract):
    for column in one.own_columns:
        assert column.name.endswith(UNITS.get(column.unit or "", "")), f"{column.name} is in {column.unit}"
        assert column.name.startswith(("is_", "has_")) == (column.physical_type == "boolean"), column.name
        if column.physical_type in {"int", "bigint", "double"} and column.name != "status":
            assert column.unit, f"{column.name} has no unit"
            assert column.minimum is not None, f"{column.name} has no range"
            assert column.maximum is not None, f"{column.name} has no range"


def test_any_bronze_table_has_the_columns_of_bronze():
    made_up = contract("bronze.diagnostics")
    assert (made_up.id, made_up.table) == ("bronze.diagnostics", "diagnostics")
    assert made_up.columns == contract("bronze.events").columns


def test_quarantine_keeps_all_of_bronze():
    names = [column.name for column in contract("silver.quarantine").columns]
    assert names == ["family", "reason", "rule", "contract_version", "run", *(column.name for column in contract("bronze.events").columns)]
    assert contract("silver.quarantine").partition_by == ("received_on",)


def test_an_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(Failure, match=r"silver\.charging"):
        contract("silver.chargin")


@each_contract
def test_schemas_agree_on_names_and_on_what_may_be_null(one: Contract):
    arrow, delta = arrow_schema(one), json.loads(delta_schema(one).to_json())["fields"]
    assert arrow.names == [field["name"] for field in delta] == re.findall(r"`(\w+)`", spark_ddl(one))
    assert [field.nullable for field in arrow] == [field["nullable"] for field in delta] == [not column.required for column in one.columns]


def test_an_arrow_schema_has_the_types_of_its_contract():
    signals = arrow_schema(contract("silver.vehicle_signals"))
    assert signals.field("occurred_at").type == pa.timestamp("us", tz="UTC")
    assert signals.field("signals").type == pa.map_(pa.string(), pa.float64())
    headers = arrow_schema(contract("bronze.charging")).field("headers").type
    assert headers == pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))


def test_the_schema_of_a_body_has_a_familys_own_columns_only():
    assert body_schema(contract("silver.consents")).names == ["purpose", "is_given", "scope"]


@each_contract
def test_file_statistics_show_no_personal_value_and_no_partition(one: Contract):
    telling = {"event_id", "vehicle_key", "key", "body", "headers", "event_hash", "body_hash"} | {
        column.name for column in one.columns if column.personal
    }
    assert not telling & set(statistics_columns(one))
    assert not set(one.partition_by) & set(statistics_columns(one))
    if one.layer in {"bronze", "silver"} and "offset" in {column.name for column in one.columns}:
        assert {"partition", "offset"} <= set(statistics_columns(one))


def test_what_points_at_a_person_is_marked():
    assert {column.name for column in contract("bronze.events").columns if column.personal} == {"key", "body", "headers", "vehicle_key"}
    assert {"vehicle_key", "latitude", "longitude"} <= {
        column.name for column in contract("silver.vehicle_signals").columns if column.personal
    }


@each_family
def test_patterns_mean_the_same_to_arrow_and_python(one: Contract):
    for column in one.own_columns:
        for word in ("a", "a_b.c", "1.2", "/a/{b}", "ä", "a\n", "") if column.pattern else ():
            arrow = pc.match_substring_regex(pa.array([word]), column.pattern)[0].as_py()
            assert arrow == bool(re.fullmatch(column.pattern or "", word)), (column.name, word)


def sample(column: Column) -> object:
    return {"string": (column.enum or ("x",))[0], "boolean": True, "timestamp": "2026-01-01"}.get(column.physical_type, 1)


@each_family
@pytest.mark.parametrize("filled", [True, False], ids=["filled", "null"])
def test_checks_say_the_same_in_duckdb_and_sqlite(one: Contract, filled: bool):
    columns = [column for column in one.own_columns if column.physical_type != "map<string,double>"]
    values = [sample(column) if filled else None for column in columns]
    typed = ", ".join(f"cast(? as {column.physical_type}) as {column.name}" for column in columns)
    untyped = ", ".join(f"? as {column.name}" for column in columns)
    for check in one.checks:
        duck = duckdb.execute(f"select {check.expression} from (select {typed})", values).fetchall()
        lite = sqlite3.connect(":memory:").execute(f"select {check.expression} from (select {untyped})", values).fetchall()
        assert duck == [tuple(None if value is None else bool(value) for value in row) for row in lite], check.name


def holds(table: str, name: str, **values: object) -> bool | None:
    """What a check says of a row whose other columns are null."""
    one = contract(table)
    row = {column.name: values.get(column.name) for column in one.own_columns}
    [expression] = [check.expression for check in one.checks if check.name == name]
    found = (
        sqlite3.connect(":memory:")
        .execute(f"select {expression} from (select {', '.join(f':{each} as {each}' for each in row)})", row)
        .fetchone()[0]
    )
    return None if found is None else bool(found)


@pytest.mark.parametrize(
    ("table", "name", "good", "bad"),
    [
        (
            "charging",
            "charging_never_discharges",
            {"energy_wh": 5, "soc_start": 20, "soc_end": 20},
            {"energy_wh": 5, "soc_start": 20, "soc_end": 19},
        ),
        ("charging", "only_a_stop_has_a_reason", {"step": "stopped", "stop_reason": "user"}, {"step": "started", "stop_reason": "user"}),
        ("vehicle_signals", "position_is_whole", {"latitude": 1.0, "longitude": 2.0}, {"latitude": 1.0}),
        ("vehicle_signals", "position_is_coarse", {"latitude": 48.18, "longitude": 11.56}, {"latitude": 48.177, "longitude": 11.56}),
        ("vehicle_lifecycle", "feature_is_named", {"kind": "sold"}, {"kind": "equipped"}),
        ("vehicle_lifecycle", "software_is_named", {"kind": "sold"}, {"kind": "software_changed"}),
        ("feature_usage", "opened_has_no_duration", {"action": "started", "duration_ms": 1}, {"action": "opened", "duration_ms": 1}),
        ("remote_commands", "error_needs_a_failure", {"step": "failed", "error_code": "E1"}, {"step": "executed", "error_code": "E1"}),
        ("navigation", "route_is_named", {"step": "map_updated"}, {"step": "arrived"}),
        ("navigation", "map_is_named", {"step": "arrived"}, {"step": "map_updated"}),
        ("ota_updates", "update_changes_the_version", {"from_version": "1", "to_version": "2"}, {"from_version": "2", "to_version": "2"}),
        ("ota_updates", "error_needs_a_failure", {"step": "rolled_back", "error_code": "E1"}, {"step": "offered", "error_code": "E1"}),
        ("assistant_interactions", "tokens_need_a_model", {"tokens_in": 3, "model_version": "m1"}, {"tokens_in": 3}),
        ("api_requests", "head_has_no_body", {"method": "GET", "response_bytes": 1}, {"method": "HEAD", "response_bytes": 1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_check_tells_a_good_row_from_a_bad_one(table: str, name: str, good: dict[str, object], bad: dict[str, object]):
    assert holds(f"silver.{table}", name, **good) is True
    assert holds(f"silver.{table}", name, **bad) is False


@pytest.mark.parametrize(("steps_per_degree", "skipped", "passing"), [(100, 0, 36_001), (1000, 10, 0)], ids=["coarse", "finer"])
def test_every_coarse_position_passes_and_no_finer_one_does(steps_per_degree: int, skipped: int, passing: int):
    expression = next(check.expression for check in contract("silver.vehicle_signals").checks if check.name == "position_is_coarse")
    steps = f"range({-180 * steps_per_degree}, {180 * steps_per_degree + 1}) as t(n) where {skipped} = 0 or n % {skipped} <> 0"
    positions = f"select 0.0::double as latitude, n / {steps_per_degree}::double as longitude from {steps}"
    assert duckdb.sql(f"select count(*) filter (where {expression}) from ({positions})").fetchone() == (passing,)


@each_family
def test_rules_come_in_the_order_of_judgement(one: Contract):
    found = rules(one)
    order = ["missing_field", "out_of_range", "not_allowed"]
    places = [column.name for column in one.own_columns]
    ranks = [(order.index(rule.reason), places.index(rule.column) if rule.column else len(places)) for rule in found]
    assert found
    assert ranks == sorted(ranks)
    assert len({rule.name for rule in found}) == len(found)


def test_rules_name_what_was_broken():
    found = {rule.name: rule for rule in rules(contract("silver.charging"))}
    assert found["soc_end: maximum 100"].argument == 100
    assert found["step: required"].reason == "missing_field"
    assert found["soc_end: fits int"].argument == (-(2**31), 2**31 - 1)
    assert found["only_a_stop_has_a_reason"].kind == "check"
    assert "signals: finite" in {rule.name for rule in rules(contract("silver.vehicle_signals"))}
