"""The reader refuses what it does not understand, and says where."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from expectations.contract import HOME, contracts
from expectations.odcs import ATTRIBUTES, read_folder
from fleetlake.console import Failure


def column(**changes: Any) -> dict[str, Any]:
    whole = {
        "name": "code",
        "physicalType": "string",
        "description": "What it is.",
        "customProperties": [{"property": "number", "value": 1}],
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


def numbered(number: object) -> list[dict[str, Any]]:
    return [{"property": "number", "value": number}]


def document(*columns: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "silver.trouble",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "Trouble codes. One row per code."},
        "customProperties": [{"property": "topic", "value": "fleet.trouble"}],
        "schema": [{"name": "trouble", "properties": list(columns or (column(),))}],
    } | changes


def folder(tmp_path: Path, written: dict[str, Any]) -> Path:
    silver = tmp_path / "silver"
    silver.mkdir(exist_ok=True)
    (silver / "envelope.odcs.yaml").write_text((HOME / "silver" / "envelope.odcs.yaml").read_text())
    (silver / "trouble.odcs.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    return tmp_path


def test_a_sound_contract_is_read(tmp_path: Path):
    _, trouble = read_folder(folder(tmp_path, document()))
    assert (trouble.topic, trouble.major, trouble.minor, trouble.grain) == ("fleet.trouble", 1, 0, "One row per code.")
    assert [each.name for each in trouble.own_columns] == ["code"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (column(name=None), "without a name"),
        (column(physicalType=None), "column code: has no physicalType"),
        (column(physicalType="varchar"), "column code: has the unknown physicalType varchar"),
        (column(physicalType="binary"), "column code: is a binary, which no body carries"),
        (column(logicalType="integer"), "column code: is a string and has the logicalType integer"),
        (column(description=None), "column code: has no description"),
        (column(customProperties=None), "column code: has no Protobuf number"),
        (column(customProperties=numbered("1")), "column code: has no Protobuf number"),
        (column(customProperties=numbered(0)), "column code: has the number 0"),
        (column(customProperties=numbered(19_000)), "column code: has the number 19000"),
        (column(requried=True), "column code: has requried, which is not read"),
        (column(logicalTypeOptions={"enum": ["a"]}), "column code: has enum, which is not read"),
        (column(logicalTypeOptions={"minimum": 1}), "column code: has a range, but is a string"),
        (column(physicalType="int", logicalTypeOptions={"minimum": 2, "maximum": 1}), "minimum above its maximum"),
        (column(physicalType="int", logicalTypeOptions={"pattern": "^a$"}), "has words or a pattern, but is a int"),
        (column(logicalTypeOptions={"pattern": "a+"}), "open at an end"),
        (column(logicalTypeOptions={"pattern": "^(a$"}), "has a pattern that is none"),
        (column(quality=[{"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": [True]}}]), "allows [True]"),
        (column(quality=[{"metric": "nullValues", "mustBe": 0}]), "has quality that is not read"),
        (column(classification="personal", tags=["filter"]), "is personal and has the tag filter"),
        (column(name="sw_version"), "sw_version is a column of silver.envelope too"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_column_that_is_not_whole_is_refused_with_its_file_and_name(tmp_path: Path, broken: dict[str, Any], said: str):
    with pytest.raises(Failure, match=r"trouble\.odcs\.yaml") as refused:
        read_folder(folder(tmp_path, document(broken)))
    assert said in refused.value.what
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (document(column(), column(name="other")), "has the number 1, which is that of code"),
        (document(column(), column()), "code is there twice"),
        (document(id="silver.other"), "says id: silver.other"),
        (document(version="1.0"), "has version 1.0"),
        (document(kind="DataProduct"), "is not of kind DataContract"),
        (document(description={"purpose": "Trouble."}), "does not say what a row is"),
        (document(customProperties=[{"property": "topic", "value": "fleet.other"}]), "names the topic fleet.other"),
        (document(customProperties=[{"property": "carries", "value": "bronze.none"}]), "needs the columns of bronze.none"),
        (document(schema=None), "is not a contract"),
        (
            document(schema=[{"name": "t", "properties": [column()], "quality": [{"type": "sql", "query": "…"}]}]),
            "has a check that is not read",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_contract_that_is_not_whole_is_refused(tmp_path: Path, broken: dict[str, Any], said: str):
    with pytest.raises(Failure, match=r"trouble\.odcs\.yaml") as refused:
        read_folder(folder(tmp_path, broken))
    assert said in refused.value.what


def test_a_file_that_is_not_yaml_is_refused_by_name(tmp_path: Path):
    (folder(tmp_path, document()) / "silver" / "trouble.odcs.yaml").write_text("a: [")
    with pytest.raises(Failure, match=r"trouble\.odcs\.yaml is not YAML"):
        read_folder(tmp_path)


def test_a_folder_without_contracts_is_refused(tmp_path: Path):
    with pytest.raises(Failure, match="holds no contract"):
        read_folder(tmp_path)


@given(st.data())
def test_leaving_any_of_name_type_and_description_out_of_any_contract_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    one = data.draw(st.sampled_from([each for each in contracts() if each.topic]))
    written = copy.deepcopy(yaml.safe_load(one.path.read_text()))
    properties = data.draw(st.sampled_from(written["schema"]))["properties"]
    part = data.draw(st.sampled_from(["name", "physicalType", "description"]))
    assert part in ATTRIBUTES
    del data.draw(st.sampled_from(properties))[part]
    place = tmp_path_factory.mktemp("contracts") / "silver" / one.path.name
    place.parent.mkdir()
    place.write_text(yaml.safe_dump(written))
    with pytest.raises(Failure, match=one.path.name):
        read_folder(place.parent)
