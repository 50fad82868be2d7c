"""The Protobuf form of the families is what the contracts say, and is refused when it is not."""

import shutil
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

from expectations.contract import HOME, contracts
from expectations.protobuf import message_name, proto_text
from fleetlake import wire
from fleetlake.console import Failure

WIRE = Path(wire.__file__).parent


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what the build made, for a test to spoil."""
    for name in ("events.proto", "signals.csv"):
        shutil.copy(WIRE / name, tmp_path)
    monkeypatch.setattr(wire, "HERE", tmp_path)
    for cached in (wire._classes, wire.signal_numbers):
        cached.cache_clear()
    invalidate_caches()
    yield tmp_path
    for cached in (wire._classes, wire.signal_numbers):
        cached.cache_clear()


def test_events_proto_is_what_the_contracts_say():
    assert (WIRE / "events.proto").read_text() == proto_text(contracts())


def test_the_table_of_signals_is_the_one_of_the_contracts():
    assert (WIRE / "signals.csv").read_bytes() == (HOME.parent / "signals.csv").read_bytes()


def test_signal_numbers_and_paths_are_each_others_inverse():
    assert {number: path for path, number in wire.signal_numbers().items()} == wire.signal_paths() != {}


@pytest.mark.parametrize(("family", "name"), [("charging", "Charging"), ("ota_updates", "OtaUpdates")])
def test_a_message_is_called_like_its_family(family: str, name: str):
    assert message_name(family) == wire.message_class(family).DESCRIPTOR.name == name


def test_a_field_that_was_not_sent_differs_from_zero():
    sent = wire.message_class("charging")(energy_wh=0)
    assert sent.HasField("energy_wh")
    assert not sent.HasField("soc_end")
    assert sent.SerializeToString() == b"\x18\x00"


def test_a_family_without_a_message_is_refused_with_what_to_do():
    with pytest.raises(Failure, match="diagnostics") as refused:
        wire.message_class("diagnostics")
    assert "make setup" in refused.value.remedy


def test_classes_compiled_from_another_text_are_refused(elsewhere: Path):
    (elsewhere / "events.proto").write_text("// another")
    with pytest.raises(Failure, match="compiled from another"):
        wire.message_class("charging")


def test_a_missing_table_of_signals_is_refused(elsewhere: Path):
    (elsewhere / "signals.csv").unlink()
    with pytest.raises(Failure, match=r"signals\.csv is missing"):
        wire.signal_numbers()


def test_missing_classes_are_refused(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(wire, "import_module", absent)
    with pytest.raises(Failure, match=r"events_pb2\.py is missing"):
        wire.message_class("charging")
