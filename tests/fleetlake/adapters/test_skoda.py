import json

import pytest
import yaml

from fleetlake.adapters.documents import Unreadable
from fleetlake.adapters.events import Skipped
from fleetlake.adapters.skoda import events

VIN, USER, TRACE = "TMBJB9NY6RF999999", "50f8b18c-d444-422c-998f-2b599f4f0ec7", "c94de7d5a966c79c7666328b005b55ee"
TIME = "2025-09-11T21:06:26Z"


def operation(**changes) -> dict:
    step = {"version": 1, "operation": "start-air-conditioning", "status": "IN_PROGRESS", "traceId": TRACE, "requestId": "r1"} | changes
    return {"vin": VIN, "user_id": USER, "timestamp": TIME, "type": "operation-request", "operation": step}


def service_event(name="change-soc", **data) -> dict:
    return {"version": 1, "traceId": TRACE, "timestamp": TIME, "producer": "HUB", "name": name, "data": {"userId": USER, "vin": VIN} | data}


@pytest.fixture
def read(tmp_path, key):
    def read(*messages):
        path = tmp_path / "messages.json"
        path.write_text("\n".join(json.dumps(message, indent=1) for message in messages))
        return list(events(path, key))

    return read


def test_the_steps_of_an_operation_are_steps_of_one_command(read, key, breaches):
    found = read(operation(), operation(status="ERROR", errorCode="timeout"), operation(status="COMPLETED_SUCCESS", errorCode="stale"))
    bodies = [json.loads(event.body) for event in found]
    assert [(body["command"], body["step"], body.get("error_code")) for body in bodies] == [
        ("climate_start", "delivered", None),
        ("climate_start", "failed", "timeout"),
        ("climate_start", "executed", None),
    ]
    assert len({body["command_id"] for body in bodies}) == 1
    assert {event.subject for event in found} == {key(VIN)}
    assert [breaches(event) for event in found] == [[], [], []]


@pytest.mark.parametrize(
    ("message", "skipped"),
    [
        (operation()["operation"], Skipped("a bare operation: says neither whose it is nor when it was", "remote_commands")),
        (operation(operation="apply-backup"), Skipped("operation 'apply-backup' is none of our commands", "remote_commands")),
        (operation(status="QUEUED"), Skipped("status 'QUEUED' is none of our steps", "remote_commands")),
        (service_event("departure-ready"), Skipped("service event 'departure-ready' has no values that a family holds")),
    ],
)
def test_messages_that_no_family_holds_are_skipped_with_the_reason(read, message, skipped):
    assert read(message) == [skipped]


def test_a_change_of_charge_is_a_report_of_signals(read, breaches):
    [event] = read(service_event(state="charging", soc="50", chargedRange="195", timeToFinish="440"))
    battery_range = {"path": "Vehicle.Powertrain.TractionBattery.Range", "value": 195_000}
    assert json.loads(event.body) == {
        "state_of_charge_percent": 50,
        "is_charging": True,
        "charging_remaining_s": 26_400,
        "signals": [battery_range],
    }
    assert breaches(event) == []


def test_an_error_in_charging_says_that_charging_ended(read):
    [bare], [noted] = read(service_event("charging-error", errorCode="STOPPED_DEVICE")), read({"event": service_event("charging-error")})
    assert json.loads(bare.body) == {"is_charging": False}
    assert noted.id == bare.id


def test_ids_of_users_and_traces_stay_behind(read):
    text = repr(read(service_event(state="charging", soc="50"), operation()))
    assert not [personal for personal in (VIN, USER, TRACE) if personal in text]


def test_a_message_of_another_shape_names_its_line(read):
    with pytest.raises(Unreadable, match=r"messages\.json, line 12: not a message of this maker: KeyError at 'name'"):
        read(service_event(), {"data": {}})


def car(tmp_path, **answers):
    info = {
        "vin": VIN,
        "licensePlate": "HH AA 1234",
        "softwareVersion": "5.4",
        "specification": {"model": "Enyaq"},
        "capabilities": {"capabilities": [{"id": "ACCESS", "statuses": []}, {"id": "DESTINATIONS", "statuses": ["LICENSE_EXPIRED"]}]},
    }
    reports = [{"endpoint": endpoint, "raw": json.dumps(raw) if raw else None} for endpoint, raw in ({"info": info} | answers).items()]
    path = tmp_path / "car.yaml"
    path.write_text(yaml.safe_dump({"generation_time": TIME, "reports": reports}))
    return path


def test_a_car_s_file_gives_its_equipment_and_its_state(tmp_path, key, breaches):
    ranges = {
        "totalRangeInKm": 291,
        "primaryEngineRange": {"engineType": "gasoline", "currentSoCInPercent": 41, "currentFuelLevelInPercent": 41},
        "secondaryEngineRange": {"engineType": "electric", "currentSoCInPercent": 76},
    }
    path = car(
        tmp_path, health={"capturedAt": TIME, "mileageInKm": 63}, driving_range={"carCapturedTimestamp": TIME} | ranges, charging=None
    )
    equipped, expired, health, driving_range = events(path, key)
    assert json.loads(equipped.body) == {"kind": "equipped", "feature_id": "access", "valid_from": TIME}
    assert expired == Skipped("a capability that is not usable: LICENSE_EXPIRED", "vehicle_lifecycle")
    assert json.loads(health.body) == {"odometer_m": 63_000}
    assert json.loads(driving_range.body) == {"range_m": 291_000, "state_of_charge_percent": 76, "fuel_level_percent": 41}
    assert health.extras == {"modelcode": "Enyaq", "swversion": "5.4"}
    assert [breaches(event) for event in (equipped, health, driving_range)] == [[], [], []]


def test_answers_of_a_car_without_values_or_time_are_skipped(tmp_path, key):
    unknown, silent = {"overall": {"doorsLocked": "UNKNOWN"}}, {"outsideTemperature": None}
    *_, status, air, positions = events(car(tmp_path, status=unknown, air_conditioning=silent, positions={"positions": []}), key)
    assert [status.reason, air.reason, positions.reason] == [
        "status: the car reported nothing",
        "air_conditioning: the car reported nothing",
        "positions: have no time",
    ]


def test_a_car_s_file_that_is_no_yaml_names_its_line(tmp_path, key):
    path = tmp_path / "car.yaml"
    path.write_text("reports:\n - {a: 1\n")
    with pytest.raises(Unreadable, match=r"car\.yaml, line 3: no YAML"):
        list(events(path, key))
