"""Messages of a maker's broker (MySkoda, by MQTT) as its clients record them: steps of operations and service events.

One JSON message after the other, bare (`{"name": "change-soc", "data": {"vin": …}, …}`) or as the client notes it down
(`{"vin": …, "timestamp": …, "operation": {…}}` or `"event": {…}`). A bare operation does not say whose it is nor when it was: skipped.
Ids of requests and traces are hashed; ids of users are left out. A YAML file is what the maker's client wrote of a car: skoda_cars.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fleetlake.adapters import skoda_cars
from fleetlake.adapters.documents import documents, shaped_like
from fleetlake.adapters.events import Event, Skipped, VehicleKey, event_id, json_body

SOURCE = "/adapters/skoda"
STEPS = {"IN_PROGRESS": "delivered", "COMPLETED_SUCCESS": "executed", "COMPLETED_WARNING": "executed", "ERROR": "failed"}
COMMANDS = {
    "lock": "lock",
    "unlock": "unlock",
    "start-active-ventilation": "climate_start",
    "start-air-conditioning": "climate_start",
    "start-auxiliary-heating": "climate_start",
    "stop-active-ventilation": "climate_stop",
    "stop-air-conditioning": "climate_stop",
    "stop-auxiliary-heating": "climate_stop",
    "start-charging": "charge_start",
    "stop-charging": "charge_stop",
    "update-auto-unlock-plug": "charge_settings",
    "update-battery-support": "charge_settings",
    "update-care-mode": "charge_settings",
    "update-charge-limit": "charge_settings",
    "update-charge-mode": "charge_settings",
    "update-charging-current": "charge_settings",
    "update-charging-profiles": "charge_settings",
    "update-minimal-soc": "charge_settings",
    "update-departure-timers": "departure_timer",
    "start-window-heating": "window_heating",
    "stop-window-heating": "window_heating",
    "windows-heating": "window_heating",
    "start-flash": "lights_flash",
    "start-honk": "horn",
    "wakeup": "wake_up",
}
CHARGING = {"change-soc", "charging-completed", "charging-error"}  # service events that say how charging stands; no session is named
BATTERY_RANGE = "Vehicle.Powertrain.TractionBattery.Range"


def events(path: Path, vehicle_key: VehicleKey) -> Iterator[Event | Skipped]:
    """The events of recorded messages, or of a car's answers where the file is YAML. Raises Unreadable."""
    if path.suffix in (".yaml", ".yml"):
        yield from skoda_cars.events(path, vehicle_key)
        return
    for line, message in documents(path):
        with shaped_like(path, line, "a message of this maker"):
            piece = _message(message, vehicle_key)
        yield piece


def _message(message: Mapping[str, Any], vehicle_key: VehicleKey) -> Event | Skipped:
    operation = message.get("operation")
    if operation is None:
        return _service_event(message.get("event", message), vehicle_key)
    if not isinstance(operation, dict):
        return Skipped("a bare operation: says neither whose it is nor when it was", "remote_commands")
    return _operation(operation, vehicle_key(message["vin"]), message["timestamp"])


def _operation(operation: Mapping[str, Any], key: str, time: str) -> Event | Skipped:
    name, status = operation["operation"], operation["status"]
    if name not in COMMANDS:
        return Skipped(f"operation {name!r} is none of our commands", "remote_commands")
    if status not in STEPS:
        return Skipped(f"status {status!r} is none of our steps", "remote_commands")
    command_id, error = event_id(SOURCE, key, operation["requestId"]), operation.get("errorCode") if status == "ERROR" else None
    columns = {"command_id": command_id, "command": COMMANDS[name], "step": STEPS[status], "error_code": error}
    return Event("remote_commands", key, event_id(SOURCE, command_id, status, time), time, SOURCE, json_body(columns))


def _service_event(event: Mapping[str, Any], vehicle_key: VehicleKey) -> Event | Skipped:
    name, data = event["name"], event["data"]
    if name not in CHARGING:
        return Skipped(f"service event {name!r} has no values that a family holds")
    key, time = vehicle_key(data["vin"]), event["timestamp"]
    return Event("vehicle_signals", key, event_id(SOURCE, key, event["traceId"], name, time), time, SOURCE, json_body(charging(data)))


def charging(data: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of vehicle_signals; the event's numbers are text, in percent, km and minutes. Where it names no state, charging ended."""
    is_charging = data.get("state") == "charging"
    soc, minutes, range_km = (None if data.get(name) is None else int(data[name]) for name in ("soc", "timeToFinish", "chargedRange"))
    return {
        "state_of_charge_percent": soc,
        "is_charging": is_charging,
        "charging_remaining_s": minutes * 60 if is_charging and minutes is not None else None,
        "signals": None if range_km is None else [{"path": BATTERY_RANGE, "value": range_km * 1000}],
    }
