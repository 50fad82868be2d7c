"""Signals are those of the COVESA Vehicle Signal Specification 6.0, whose release file is not part of the project."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from expectations.contract import HOME, Column, contract

VSS = HOME.parents[2] / "shared" / "data" / "vss" / "vss_release_6.0.json"
WORDS = {
    "boolean": {"boolean"},
    "string": {"string"},
    "double": {"float", "double"},
    "int": {"uint8", "int8"},
    "bigint": {"uint32", "int32"},
}

PROMOTED = [column for column in contract("silver.vehicle_signals").own_columns if column.signal]


def leaves(node: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if "children" not in node:
        yield path, node
    for name, child in node.get("children", {}).items():
        yield from leaves(child, f"{path}.{name}")


@pytest.fixture(scope="module")
def specified() -> dict[str, dict[str, Any]]:
    if not VSS.exists():
        pytest.skip(f"the VSS 6.0 release is not at {VSS}")
    return dict(leaves(json.loads(VSS.read_text())["Vehicle"], "Vehicle"))


@pytest.fixture(scope="module")
def signals() -> list[dict[str, str]]:
    with Path(HOME.parent / "signals.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_numbers_and_paths_of_signals_are_unique_and_start_at_one(signals: list[dict[str, str]]):
    assert [int(signal["number"]) for signal in signals] == list(range(1, len(signals) + 1))
    assert len({signal["path"] for signal in signals}) == len(signals) > 100


def test_a_signal_has_one_place_a_column_or_a_number(signals: list[dict[str, str]]):
    assert PROMOTED
    assert not {column.signal for column in PROMOTED} & {signal["path"] for signal in signals}


def test_signals_are_as_the_specification_has_them(signals: list[dict[str, str]], specified: dict[str, dict[str, Any]]):
    for signal in signals:
        leaf = specified[signal["path"]]
        facts = {
            "datatype": leaf["datatype"],
            **{name: str(leaf.get(name, "")) for name in ("unit", "min", "max")},
            "allowed": " ".join(leaf.get("allowed", ())),
        }
        assert {name: signal[name] for name in facts} == facts, signal["path"]


@pytest.mark.parametrize("column", PROMOTED, ids=lambda column: column.name)
def test_a_promoted_signal_has_the_type_unit_range_and_words_of_the_specification(column: Column, specified: dict[str, dict[str, Any]]):
    leaf = specified[column.signal or ""]
    assert leaf["datatype"] in WORDS[column.physical_type]
    assert column.unit == leaf.get("unit")
    assert column.enum == (tuple(leaf["allowed"]) if "allowed" in leaf else None)
    assert column.minimum == leaf.get("min", 0 if leaf["datatype"].startswith("uint") else column.minimum)
    assert column.maximum == leaf.get("max", 2**32 - 1 if leaf["datatype"] == "uint32" else column.maximum)
