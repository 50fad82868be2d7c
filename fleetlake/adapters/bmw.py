"""Answers of a maker's car API (BMW's eadrax, as its app gets them): a car's state is a report of signals, what it can do is equipment.

One JSON answer a file, named `…_<what>_<VIN>.json` as the recorders of this API name them, because a state does not name its car.
Used: states; and of the profile beside a state the model. Lists, profiles, charging settings and answers about remote services say
nothing that has a time and a vehicle: skipped. Addresses, users' ids, names and settings of people are left out; positions are rounded.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fleetlake.adapters.documents import Unreadable, documents, shaped_like
from fleetlake.adapters.events import Event, Skipped, VehicleKey, event_id, json_body

SOURCE = "/adapters/bmw"
NAME = re.compile(r".+_(?P<vin>[A-Z0-9]{17})\.json")
BATTERY_RANGE, FUEL_RANGE = "Vehicle.Powertrain.TractionBattery.Range", "Vehicle.Powertrain.FuelSystem.Range"
PRESSURE = "Vehicle.Chassis.Axle.{}.Tire.Pressure"
WHEELS = {"frontLeft": "Row1.Wheel.Left", "frontRight": "Row1.Wheel.Right", "rearLeft": "Row2.Wheel.Left", "rearRight": "Row2.Wheel.Right"}
LOCKED = {"LOCKED": True, "SECURED": True, "UNLOCKED": False, "SELECTIVE_LOCKED": False, "PARTIALLY_LOCKED": False}
NEVER = "0001-"  # the year of a car that never reported
KINDS = {  # what tells an answer's kind, and why it becomes no event (a state does)
    "mappingInfos": "a vehicle list: has no time",
    "driveTrain": "a profile: has no time; its model goes with the events of the car's state",
    "chargingSettingsDetail": "charging settings: have no time",
    "chargeAndClimateSettings": "charging settings: have no time",
    "eventStatus": "an answer about a remote service: names neither command nor car",
    "eventId": "an answer about a remote service: names neither command nor car",
    "positionData": "an answer about a remote service: has no time",
}


def events(path: Path, vehicle_key: VehicleKey) -> Iterator[Event | Skipped]:
    """The events of one answer: for a state a report of signals and an event for each equipment. Raises Unreadable."""
    for line, answer in documents(path):
        if not isinstance(answer, dict):
            raise Unreadable(path, line, "an answer is a JSON object")
        if "state" in answer and "capabilities" in answer:
            with shaped_like(path, line, "a state as this API answers it"):
                pieces = list(_state(answer, vehicle_key(_vin(path)), _extras(path, answer["state"])))
            yield from pieces
        else:
            yield Skipped(next((reason for name, reason in KINDS.items() if name in answer), "an unknown answer"))


def _vin(path: Path) -> str:
    named = NAME.fullmatch(path.name)
    if not named:
        raise Unreadable(path, None, "the name of a state's file must end in _<VIN>.json: the answer itself does not say whose it is")
    return named["vin"]


def _extras(path: Path, state: Mapping[str, Any]) -> dict[str, str]:
    profiles = sorted(path.parent.glob(f"*profile_{_vin(path)}.json"))
    model = next((profile.get("model") for at in profiles for _, profile in documents(at)), None)
    known = {"modelcode": model, "swversion": _integration_level(state.get("vehicleSoftwareVersion"))}
    return {name: value for name, value in known.items() if value}


def _integration_level(version: Mapping[str, Any] | None) -> str | None:
    """The maker's way to name software: series, year, month and step, as in F020-13-11-502; None where the car does not say."""
    level = (version or {}).get("iStep") or {}
    return f"{level['seriesCluster']}-{level['year']:02}-{level['month']:02}-{level['iStep']}" if level.get("seriesCluster") else None


def _state(answer: Mapping[str, Any], key: str, extras: Mapping[str, str]) -> Iterator[Event | Skipped]:
    state = answer["state"]
    reported, fetched = state["lastUpdatedAt"], state["lastFetched"]
    if reported.startswith(NEVER):
        yield Skipped("the car never reported its state", "vehicle_signals")
    else:
        yield Event("vehicle_signals", key, event_id(SOURCE, key, reported), reported, SOURCE, json_body(signals(state)), extras)
    for kind, feature in dict.fromkeys(equipment(answer["capabilities"])):
        body = json_body({"kind": kind, "feature_id": feature, "valid_from": fetched})
        yield Event("vehicle_lifecycle", key, event_id(SOURCE, key, fetched, kind, feature), fetched, SOURCE, body, extras)


def signals(state: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of vehicle_signals out of a state, whose unit of distance is km; None for what the car did not say."""
    battery, fuel, doors = (state.get(part) or {} for part in ("electricChargingState", "combustionFuelLevel", "doorsState"))
    position = (state.get("location") or {}).get("coordinates") or {}
    is_charging = battery.get("chargingStatus") == "CHARGING" if battery else None
    has_two_energies = battery.get("range") and fuel.get("range")  # then the maker's range is that of one of them only
    return {
        "odometer_m": _metres(state.get("currentMileage")),
        "range_m": None if has_two_energies else _metres(state.get("range")),
        "state_of_charge_percent": battery.get("chargingLevelPercent"),
        "is_charging": is_charging,
        "charge_limit_percent": battery.get("chargingTarget"),
        "charging_remaining_s": battery["remainingChargingMinutes"] * 60 if is_charging and "remainingChargingMinutes" in battery else None,
        "fuel_level_percent": fuel.get("remainingFuelPercent"),
        "is_locked": LOCKED.get(doors.get("combinedSecurityState", "")),
        "is_driver_door_open": _is_open(doors.get("leftFront" if state.get("isLeftSteering") else "rightFront")),
        "latitude": None if "latitude" not in position else round(position["latitude"], 2),
        "longitude": None if "longitude" not in position else round(position["longitude"], 2),
        "signals": _others(state, battery, fuel) or None,
    }


def _metres(km: float | None) -> int | None:
    return None if km is None else round(km * 1000)


def _is_open(door: str | None) -> bool | None:
    return {"OPEN": True, "CLOSED": False}.get(door or "")


def _others(state: Mapping[str, Any], battery: Mapping[str, Any], fuel: Mapping[str, Any]) -> list[dict[str, Any]]:
    tires = state.get("tireState") or {}
    values = {
        BATTERY_RANGE: _metres(battery.get("range")),
        FUEL_RANGE: _metres(fuel.get("range")),
        **{PRESSURE.format(place): tires.get(wheel, {}).get("status", {}).get("currentPressure") for wheel, place in WHEELS.items()},
    }
    return [{"path": path, "value": value} for path, value in values.items() if value is not None]


def equipment(capabilities: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind, feature_id) of what a car can do: capabilities that are true are equipped, remote services that are activated are entitled."""
    services = capabilities.get("remoteServices") or {}
    equipped = [("equipped", _feature(name)) for name, value in capabilities.items() if value is True]
    return equipped + [("entitled", _feature(name)) for name, service in services.items() if service.get("state") == "ACTIVATED"]


def _feature(name: str) -> str:
    """isChargingPlanSupported -> charging_plan."""
    bare = re.sub(r"^is(?=[A-Z])|(?<=[a-z])(Supported|Enabled|Active)$", "", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", bare).lower()
