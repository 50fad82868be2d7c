"""A folder of contracts that refuse much of what ours accept."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from expectations.contract import HOME

NARROWED = {
    "silver/api_requests": ("latency_ms", 0),
    "silver/feature_usage": ("duration_ms", 0),
    "silver/vehicle_signals": ("state_of_charge_percent", 1),
}
VERSION = "1.9.0"


def narrowed(folder: Path) -> Path:
    """A copy of the shipped contracts in which some columns of NARROWED families have another maximum, and those contracts another version."""
    shutil.copytree(HOME, folder)
    for name, (column, maximum) in NARROWED.items():
        path = folder / f"{name}.odcs.yaml"
        contract = yaml.safe_load(path.read_text())
        contract["version"] = VERSION
        _options(contract, column)["maximum"] = maximum
        path.write_text(yaml.safe_dump(contract, sort_keys=False))
    return folder


def _options(contract: dict[str, Any], column: str) -> dict[str, Any]:
    [found] = [each for each in contract["schema"][0]["properties"] if each["name"] == column]
    options: dict[str, Any] = found["logicalTypeOptions"]
    return options
