"""Sound rows of any table, made from its contract, and for each expectation about rows the change that breaks it and nothing else."""

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import yaml

from expectations.contract import Column, Contract
from expectations.suites import suite
from expectations.suites.expectation import ROWS, Expectation

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORDS = ("a", "/a", "aa", "0" * 32, "EUR")
PLAIN: dict[str, Any] = {
    "string": "a",
    "boolean": False,
    "int": 1,
    "bigint": 1,
    "float": 1.0,
    "double": 1.0,
    "decimal(38,18)": Decimal("1.000000000000000000"),
    "date": NOON.date(),
    "timestamp": NOON,
    "binary": b"a" * 16,
    "map<string,double>": [("a", 1.0)],
    "array<string>": ["a"],
    "array<struct<name:string,value:binary>>": [{"name": "ce_id", "value": b"e"}],
}
SOUND: dict[str, dict[str, Any]] = {  # where columns depend on each other
    "silver.ota_updates": {"to_version": "b", "error_code": None},
    "silver.remote_commands": {"error_code": None},
    "silver.charging": {"stop_reason": None},
    "silver.navigation": {"map_version": None},
    "silver.assistant_interactions": {"tokens_in": 0, "tokens_out": 0},
    "silver.feature_usage": {"feature_id": "seat_heating", "duration_ms": None},
    "silver.vehicle_lifecycle": {"feature_id": "seat_heating"},
    "ml.suggestions": {"feature_id": "seat_heating"},
    "silver.cost_charges": {"charge_period_end": NOON + timedelta(hours=1)},
    "ops.imports": {"delivered": 0},
}
CHECKS: dict[str, dict[str, Any]] = {  # what breaks a cross-field check
    "head_has_no_body": {"method": "HEAD", "response_bytes": 1},
    "tokens_need_a_model": {"model_version": None, "tokens_in": 1},
    "charging_never_discharges": {"energy_wh": 1, "soc_start": 50, "soc_end": 40},
    "only_a_stop_has_a_reason": {"step": "started", "stop_reason": "user"},
    "opened_has_no_duration": {"action": "opened", "duration_ms": 1},
    "route_is_named": {"step": "planned", "route_id": None},
    "map_is_named": {"step": "map_updated", "map_version": None},
    "update_changes_the_version": {"from_version": "b"},
    "silver.ota_updates/error_needs_a_failure": {"step": "offered", "error_code": "a"},
    "silver.remote_commands/error_needs_a_failure": {"step": "requested", "error_code": "a"},
    "feature_is_named": {"kind": "equipped", "feature_id": None},
    "software_is_named": {"kind": "software_changed", "software_version": None},
    "position_is_whole": {"latitude": None},
    "position_is_coarse": {"latitude": 50.123456},
    "charge_period_is_positive": {"charge_period_end": NOON},
    "charge_period_is_short": {"charge_period_end": NOON + timedelta(days=1_101)},
    "amounts_can_be_split": {"billed_cost": Decimal(10) ** 9, "amount_scale": 17},
    "every_row_went_somewhere": {"delivered": 7},
}


WITH: dict[str, dict[str, Any]] = {  # what else must be so that a row breaks one promise only
    "silver.charging/stop_reason.words": {"step": "stopped"},
    "silver.feature_usage/duration_ms.range": {"action": "stopped"},
    "silver.ota_updates/error_code.pattern": {"step": "failed"},
    "silver.remote_commands/error_code.pattern": {"step": "failed"},
    "ops.imports/accepted.range": {"quarantined": 1},
    "ops.imports/quarantined.range": {"accepted": 1},
}
ALSO = {  # an id that is no word is in no catalogue
    "feature_id.known": ("feature_id.pattern",),
    "billing_currency.known": ("billing_currency.pattern",),
    "billing_currency.pattern": ("billing_currency.known",),
}


def sound(contract: Contract, number: int, **changes: Any) -> dict[str, Any]:
    """A row that keeps everything; `number` makes its key another one."""
    row = {column.name: _value(column) for column in contract.columns} | SOUND.get(contract.id, {}) | told(contract).get("example", {})
    numbered: dict[str, Any] = {
        "event_id": f"e{number}",
        "event_hash": number,
        "offset": number,
        "sequence": number,
        "occurred_on": NOON.date(),
    }
    numbered |= {"version": number, "run": number, "audit": number, "gate_run": number, "release": number, "waiver": number}
    numbered |= {
        "import": number,
        "row_number": number,
        "measurement": number,
        "build": number,
        "charge_id": f"c{number}",
        "campaign_id": f"c{number}",
        "suggested_for": NOON + timedelta(hours=number),
    }
    numbered |= {"job_run": f"j{number}", "session": f"s{number}", "training_run": f"t{number}"}
    return row | {name: value for name, value in numbered.items() if name in row and type(value) is type(row[name])} | changes


def breaking(contract: Contract, asked: Expectation) -> dict[str, Any]:
    """The red fixture of an expectation about single rows: what to change in a sound row. Raises KeyError for one that has none."""
    return _breaking(contract, asked) | WITH.get(f"{contract.id}/{asked.id}", {})


def _breaking(contract: Contract, asked: Expectation) -> dict[str, Any]:
    match asked.kind:
        case "required":
            return {asked.column: None}
        case "between":
            return {asked.column: asked.minimum - 1 if asked.minimum is not None else asked.maximum + 1}
        case "among":
            return {asked.column: "no_such_word"}
        case "matches":
            return {asked.column: "a" * 31 + "\n"}  # Java's $ would let the line break pass; 31, since one pattern asks for 32
        case "holds" if asked.id.endswith(".finite"):
            column = contract.column(asked.id.removesuffix(".finite"))
            return {column.name: [("a", math.nan)] if "map" in column.physical_type else math.inf}
        case "holds" if asked.id.endswith("_ordered"):
            first, _, second = asked.expression.split()[:3]
            return {first: contract_value(contract, first), second: contract_value(contract, first) - 1}
        case "holds" if (broken := told(contract).get("holds", {}).get(asked.id)) is not None:
            return dict(broken)
    return CHECKS[asked.id] if asked.id in CHECKS else CHECKS[f"{contract.id}/{asked.id}"]


def contract_value(contract: Contract, name: str) -> Any:
    """What a sound row has there."""
    return sound(contract, 0)[name]


@lru_cache
def told(contract: Contract) -> dict[str, Any]:
    """Of a model: a row that keeps everything, where that is no plain one, and by rule what breaks it, as its yml says them beside the rules."""
    if contract.path.suffix != ".yml":
        return {}
    [model] = [each for each in yaml.safe_load(contract.path.read_text())["models"] if each["name"] == contract.table]
    meta = model["config"]["meta"]
    return {"example": meta.get("example", {}), "holds": {each["name"]: each["broken"] for each in meta.get("holds", ())}}


def about_rows(contract: Contract) -> list[Expectation]:
    """Expectations that a single row breaks."""
    return [asked for asked in suite(contract) if asked.frame == ROWS and asked.share == 1]


def _value(column: Column) -> Any:
    if column.enum is not None:
        return column.enum[0]
    if column.pattern is not None:
        return next(word for word in WORDS if re.fullmatch(column.pattern, word))
    if column.minimum is not None:
        return column.minimum
    if column.physical_type.startswith("decimal"):
        return Decimal(1)
    value = PLAIN[column.physical_type]
    return value if not isinstance(value, date) or isinstance(value, datetime) else NOON.date()
