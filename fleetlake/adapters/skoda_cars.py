"""What the same maker's client wrote of a car into a YAML file: one report an API endpoint, `raw` the answer as it came.

Used: `info` (capabilities that nothing stands against are equipment; model and software), and as reports of signals `status`, `health`,
`charging`, `driving_range` and `air_conditioning`, each with the time at which the car captured it. Skipped are answers without such
a time (positions too) and those that no family holds. Names, plates, addresses and everything about people are left out.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from fleetlake.adapters.documents import Unreadable, shaped_like
from fleetlake.adapters.events import Event, Skipped, VehicleKey, event_id, json_body

SOURCE = "/adapters/skoda"
BATTERY_RANGE = "Vehicle.Powertrain.TractionBattery.Range"
Report = tuple[str | None, dict[str, Any]]  # when the car captured it, and columns of vehicle_signals

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def events(path: Path, vehicle_key: VehicleKey) -> Iterator[Event | Skipped]:
    """The events of one car's file. Raises Unreadable."""
    with shaped_like(path, 1, "a car's reports as this maker's client writes them"):
        file = _load(path)
        answers = {report["endpoint"]: json.loads(report["raw"]) for report in file["reports"] if report["raw"]}
        pieces = list(_pieces(answers, file["generation_time"], vehicle_key))
    yield from pieces


def _load(path: Path) -> Any:
    try:
        return yaml.load(path.read_text("utf-8"), LOADER)  # noqa: S506 - one of the two safe loaders
    except UnicodeDecodeError as error:
        raise Unreadable(path, 1 + error.object.count(b"\n", 0, error.start), "not UTF-8") from error
    except OSError as error:
        raise Unreadable(path, None, error.strerror or str(error)) from error
    except yaml.MarkedYAMLError as error:
        raise Unreadable(path, error.problem_mark.line + 1 if error.problem_mark else None, f"no YAML: {error.problem}") from error


def _pieces(answers: Mapping[str, Any], written_at: str, vehicle_key: VehicleKey) -> Iterator[Event | Skipped]:
    info = answers["info"]
    key, known = vehicle_key(info["vin"]), {"modelcode": info["specification"].get("model"), "swversion": info.get("softwareVersion")}
    extras = {name: value for name, value in known.items() if value}
    for capability in info["capabilities"]["capabilities"]:
        yield _equipment(capability, key, written_at, extras)
    for endpoint, answer in answers.items():
        if endpoint != "info":
            yield _report(endpoint, answer, key, extras)


def _equipment(capability: Mapping[str, Any], key: str, written_at: str, extras: Mapping[str, str]) -> Event | Skipped:
    if capability["statuses"]:
        return Skipped(f"a capability that is not usable: {', '.join(capability['statuses'])}", "vehicle_lifecycle")
    feature = capability["id"].lower()
    body = json_body({"kind": "equipped", "feature_id": feature, "valid_from": written_at})
    return Event("vehicle_lifecycle", key, event_id(SOURCE, key, written_at, feature), written_at, SOURCE, body, extras)


def _report(endpoint: str, answer: Mapping[str, Any], key: str, extras: Mapping[str, str]) -> Event | Skipped:
    if endpoint not in SIGNALS:
        return Skipped("positions: have no time" if endpoint == "positions" else f"{endpoint}: no family holds it")
    time, columns = SIGNALS[endpoint](answer)
    if not time or all(value is None for value in columns.values()):
        return Skipped(f"{endpoint}: the car reported nothing", "vehicle_signals")
    return Event("vehicle_signals", key, event_id(SOURCE, key, endpoint, time), time, SOURCE, json_body(columns), extras)


def _status(answer: Mapping[str, Any]) -> Report:
    return answer.get("carCapturedTimestamp"), {"is_locked": {"YES": True, "NO": False}.get(answer["overall"]["doorsLocked"])}


def _health(answer: Mapping[str, Any]) -> Report:
    return answer["capturedAt"], {"odometer_m": answer["mileageInKm"] * 1000}


def _charging(answer: Mapping[str, Any]) -> Report:
    status = answer.get("status") or {}
    battery, is_charging = status.get("battery") or {}, status.get("state") == "CHARGING" if status else None
    minutes, range_m = status.get("remainingTimeToFullyChargedInMinutes"), battery.get("remainingCruisingRangeInMeters")
    return answer.get("carCapturedTimestamp"), {
        "state_of_charge_percent": battery.get("stateOfChargeInPercent"),
        "is_charging": is_charging,
        "charge_limit_percent": answer["settings"].get("targetStateOfChargeInPercent"),
        "charging_remaining_s": minutes * 60 if is_charging and minutes is not None else None,
        "signals": None if range_m is None else [{"path": BATTERY_RANGE, "value": range_m}],
    }


def _driving_range(answer: Mapping[str, Any]) -> Report:
    engines = [answer[name] for name in ("primaryEngineRange", "secondaryEngineRange") if name in answer]
    charges = (engine.get("currentSoCInPercent") for engine in engines if engine["engineType"] == "electric")
    fuels = (engine["currentFuelLevelInPercent"] for engine in engines if "currentFuelLevelInPercent" in engine)
    return answer["carCapturedTimestamp"], {
        "range_m": answer["totalRangeInKm"] * 1000,
        "state_of_charge_percent": next(charges, None),
        "fuel_level_percent": next(fuels, None),
    }


def _air_conditioning(answer: Mapping[str, Any]) -> Report:
    outside = answer.get("outsideTemperature") or {}
    celsius = outside.get("temperatureValue") if outside.get("temperatureUnit") == "CELSIUS" else None
    return outside.get("carCapturedTimestamp"), {"outside_temperature_celsius": celsius}


SIGNALS: dict[str, Callable[[Mapping[str, Any]], Report]] = {
    "status": _status,
    "health": _health,
    "charging": _charging,
    "driving_range": _driving_range,
    "air_conditioning": _air_conditioning,
}
