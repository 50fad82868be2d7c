import json

import pytest

from fleetlake.adapters.bmw import equipment, events, signals
from fleetlake.adapters.documents import Unreadable
from fleetlake.adapters.events import Skipped

VIN = "WBA00000000DEMO99"


def state(**changes) -> dict:
    return {
        "lastUpdatedAt": "2025-01-04T14:57:06.383Z",
        "lastFetched": "2025-01-04T15:00:00Z",
        "currentMileage": 1121,
        "range": 340,
        "isLeftSteering": True,
        "electricChargingState": {
            "chargingStatus": "CHARGING",
            "chargingLevelPercent": 70,
            "chargingTarget": 80,
            "range": 340,
            "remainingChargingMinutes": 10,
        },
        "doorsState": {"combinedSecurityState": "LOCKED", "leftFront": "OPEN", "rightFront": "CLOSED"},
        "location": {"address": {"formatted": "Somewhere 1"}, "coordinates": {"latitude": 48.177334, "longitude": 11.556274}},
    } | changes


@pytest.fixture
def read(tmp_path, key):
    def read(answer, name=f"maker_state_{VIN}.json"):
        path = tmp_path / name
        path.write_text(json.dumps(answer))
        return list(events(path, key))

    return read


def test_a_state_is_a_report_and_its_capabilities_are_equipment(read, key, breaches):
    report, equipped, entitled = read(
        {
            "state": state(),
            "capabilities": {"isChargingPlanSupported": True, "horn": False, "remoteServices": {"doorLock": {"state": "ACTIVATED"}}},
        }
    )
    assert (report.family, report.subject, report.time) == ("vehicle_signals", key(VIN), "2025-01-04T14:57:06.383Z")
    assert json.loads(equipped.body) == {"kind": "equipped", "feature_id": "charging_plan", "valid_from": "2025-01-04T15:00:00Z"}
    assert json.loads(entitled.body)["kind"] == "entitled"
    assert [breaches(event) for event in (report, equipped, entitled)] == [[], [], []]


def test_signals_are_in_metres_and_seconds_and_the_position_is_coarse():
    columns = signals(state())
    assert (columns["odometer_m"], columns["range_m"], columns["charging_remaining_s"]) == (1_121_000, 340_000, 600)
    assert (columns["latitude"], columns["longitude"]) == (48.18, 11.56)
    assert (columns["is_charging"], columns["is_locked"], columns["is_driver_door_open"]) == (True, True, True)


def test_the_range_of_a_car_with_two_energies_stands_by_energy():
    columns = signals(state(combustionFuelLevel={"range": 476, "remainingFuelPercent": 80}))
    assert columns["range_m"] is None
    assert {signal["path"].split(".")[2]: signal["value"] for signal in columns["signals"]} == {
        "TractionBattery": 340_000,
        "FuelSystem": 476_000,
    }


def test_what_a_car_does_not_say_is_not_said():
    assert set(signals({}).values()) == {None}


def test_a_car_that_never_reported_has_equipment_only(read):
    lost, equipped = read({"state": state(lastUpdatedAt="0001-01-01T00:00:00Z"), "capabilities": {"lock": True}})
    assert lost == Skipped("the car never reported its state", "vehicle_signals")
    assert equipped.family == "vehicle_lifecycle"


def test_capabilities_get_names_of_ours():
    capabilities = {"isDCSContractManagementSupported": True, "speechThirdPartyAlexaSDK": True, "remote360": True, "isX": "yes"}
    assert [feature for _, feature in equipment(capabilities)] == ["dcs_contract_management", "speech_third_party_alexa_sdk", "remote360"]


def test_the_model_comes_from_the_profile_beside_and_the_software_from_the_state(read, tmp_path):
    (tmp_path / f"maker_profile_{VIN}.json").write_text(json.dumps({"driveTrain": "ELECTRIC", "model": "i9"}))
    software = {"iStep": {"seriesCluster": "F020", "year": 13, "month": 11, "iStep": 502}}
    [report] = read({"state": state(vehicleSoftwareVersion=software), "capabilities": {}})
    assert report.extras == {"modelcode": "i9", "swversion": "F020-13-11-502"}


def test_answers_without_a_time_or_a_car_are_skipped_with_the_reason(read):
    assert read({"mappingInfos": []}, "list.json") == [Skipped("a vehicle list: has no time")]
    assert read({"new": 1}, "new.json") == [Skipped("an unknown answer")]


def test_a_state_that_cannot_be_taken_apart_names_the_file(read):
    with pytest.raises(Unreadable, match=r"state_.*, line 1: not a state .* 'lastUpdatedAt'"):
        read({"state": {}, "capabilities": {}})
    with pytest.raises(Unreadable, match="does not say whose it is"):
        read({"state": state(), "capabilities": {}}, "state.json")
