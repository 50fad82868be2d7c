"""Where the real samples are, and what the contracts say of an event that an adapter made."""

import csv
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import expectations
from expectations.contract import Column, Contract, contract
from fleetlake.adapters.events import Event, VehicleKey, vehicle_keys

ROOT = Path(__file__).parents[3]
JSON_TYPES = {"string": str, "timestamp": str, "boolean": bool, "int": int, "bigint": int, "double": int | float}


@pytest.fixture
def key() -> VehicleKey:
    return vehicle_keys(b"a secret of this test")


@pytest.fixture
def samples() -> Path:
    """The folder of real data; without it the test is skipped."""
    folder = Path(os.environ.get("FLEET_SAMPLES", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real samples at {folder}: set FLEET_SAMPLES to have them read")
    return folder


@pytest.fixture
def breaches() -> Callable[[Event], list[str]]:
    """What an event breaks of its family's contract."""
    return _breaches


def _breaches(event: Event) -> list[str]:
    promised, body = contract(f"silver.{event.family}"), json.loads(event.body)
    unknown = set(body) - {column.name for column in promised.own_columns}
    found = [f"unknown column {name}" for name in sorted(unknown)]
    found += [f"{column.name}: {body.get(column.name)!r}" for column in promised.own_columns if not _holds(column, body.get(column.name))]
    return found or _broken_checks(promised, body)


def _holds(column: Column, value: Any) -> bool:
    if value is None:
        return not column.required
    if column.name == "signals":
        return all(signal["path"] in _paths() and isinstance(signal["value"], int | float) for signal in value)
    if not isinstance(value, JSON_TYPES[column.physical_type]) or (isinstance(value, bool) and column.physical_type != "boolean"):
        return False
    return (
        (column.minimum is None or value >= column.minimum)
        and (column.maximum is None or value <= column.maximum)
        and (column.enum is None or value in column.enum)
        and (column.pattern is None or re.search(column.pattern, value) is not None)
    )


def _paths() -> set[str]:
    with (Path(expectations.__file__).parent / "signals.csv").open() as file:
        return {row["path"] for row in csv.DictReader(file)}


def _broken_checks(promised: Contract, body: dict[str, Any]) -> list[str]:
    columns = {column.name: body.get(column.name) for column in promised.own_columns if column.name != "signals"}
    row = ", ".join(f"${name} AS {name}" for name in columns)
    return [
        check.name
        for check in promised.checks
        if duckdb.execute(f"SELECT {check.expression} FROM (SELECT {row})", columns).fetchall() == [(False,)]
    ]
